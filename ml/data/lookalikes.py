"""Which letters, signs and characters can be taken for a digit."""

from __future__ import annotations

from ml.labels import NOT_A_DIGIT, UNCLEAR

# No writer's form of these letters looks like a digit. Of all other letters some writers' do.
SEPARABLE_LETTERS = frozenset("AEFHKMNPRUVWXadefhkmnprtuvwx")

# Signs that some people write like a 1.
DIGITLIKE_SIGNS = frozenset("/|\\'`,")

# Greek letters that some people write like a digit, by the names that data sets give them, and a sign like a zero.
DIGITLIKE_NAMES = frozenset(
    ("beta", "circ", "delta", "fi", "gamma", "iota", "ksi", "omikron", "phi", "sigma", "theta", "xi", "zeta")
)

# The characters of Omniglot that look like a digit, by alphabet: Latin o, l, s, z, q, g, y, c, b and i, Greek
# omicron, iota, sigma, delta and zeta, and similar shapes of the other alphabets.
_DIGITLIKE = {
    "Latin": (2, 3, 7, 9, 12, 15, 17, 19, 25, 26),
    "Greek": (4, 6, 9, 15, 18),
    "Korean": (9, 21, 22, 24, 33, 37),
    "Japanese_(katakana)": (22, 24, 27, 37, 43, 46),
    "Early_Aramaic": (2, 3, 4, 6, 10, 11, 12, 14, 16, 17, 20),
    "Tagalog": (3, 16),
    "Balinese": (5,),
    "Sanskrit": (37,),
}


def is_digitlike(character: str) -> bool:
    """Whether readers who do not know its alphabet take this character of Omniglot for a digit.

    `character` is Omniglot's own name, such as "Latin/character15".
    """
    alphabet, _, number = character.partition("/character")
    return int(number) in _DIGITLIKE.get(alphabet, ())


def stroke_label(character: str) -> int:
    """The label of a character of a data set of strokes: 0 to 9, NOT_A_DIGIT or UNCLEAR.

    `character` is one character, some of them with a backslash before, or a name, such as "arrow" or "theta".
    """
    name = character.removeprefix("\\") or character
    if len(name) > 1:
        return UNCLEAR if name in DIGITLIKE_NAMES else NOT_A_DIGIT
    if name in "0123456789":
        return int(name)
    if name.isalpha():
        return NOT_A_DIGIT if name in SEPARABLE_LETTERS else UNCLEAR
    return UNCLEAR if name in DIGITLIKE_SIGNS else NOT_A_DIGIT

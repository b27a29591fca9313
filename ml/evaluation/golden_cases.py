"""Golden cases: styles of digits that readers are known to misread. A reader that reads them must not unlearn it.

They are written in a hurried handwriting. Only drawings that the shipped reader reads right and with high
confidence are kept: if one of them is misread later, it is not because the drawing lies between two digits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from numpy.random import Generator

from ml.ink.strokes import Strokes
from ml.synthesis.handwriting import random_handwriting, write_digit

MIN_CONFIDENCE = 0.95  # confidence of the shipped reader in a golden case
_DRAWINGS_PER_STYLE = 6
_WOBBLE = 0.045  # heights of a digit; twice as much as is usual

# What readers take them for: 0 for 6, 8, 9 or no digit; 1 for 7, 4 or 2; 2 for a; 3 for 5 or 7; 4 for 9 or u;
# 5 for 3, 6 or two components; 6 for b, 0 or 4; 7 for 1, 2, 4 or F; 8 for 6, 9 or 3; 9 for 4, 7, g or 8.
GOLDEN_STYLES: Mapping[int, tuple[str, ...]] = {
    0: ("slashed", "backslashed", "open", "looped", "knotted"),
    1: ("european", "foot", "one_stroke_foot", "long_serif", "curved_serif", "cursive"),
    2: ("looped", "swan", "angular"),
    3: ("flat", "looped", "angular"),
    4: ("open", "open_one_stroke", "bolt", "curved", "cursive"),
    5: ("hat", "snake", "loose_hat", "high_hat", "angular"),
    6: ("straight", "spiral", "open", "cursive"),
    7: ("crossed", "serif", "serif_crossed", "hooked", "low_cross", "cursive_crossed"),
    8: ("open", "crossing", "open_top", "gaping"),
    9: ("stick", "hook", "curled_tail", "open", "swan"),
}

# Drawings that the shipped reader misreads or reads with less confidence than MIN_CONFIDENCE.
_LEFT_OUT = frozenset({"1/curved_serif/4", "1/cursive/3", "2/angular/1", "4/cursive/2", "5/angular/0", "6/open/5"})


def case_names() -> Iterator[str]:
    """The names of the cases, "digit/style/number"."""
    for label, styles in GOLDEN_STYLES.items():
        for style in styles:
            for number in range(_DRAWINGS_PER_STYLE):
                name = f"{label}/{style}/{number}"
                if name not in _LEFT_OUT:
                    yield name


def write_case(label: int, style: str, rng: Generator) -> Strokes:
    """Strokes about 100 px high, in a hurried handwriting. Raises KeyError for an unknown style."""
    handwriting = replace(random_handwriting(rng), wobble=_WOBBLE)
    return [100 * stroke for stroke in write_digit(label, rng=rng, style=style, handwriting=handwriting)]

"""Words, which are no numbers: neighbours on a line of which too many are no digits are refused together.

The networks see one letter at a time, and take o, l, s, z, b, g, q and i for digits. The letters beside them show
what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from ml.decoding.lattice import BestPath, Segment

_LETTER_LIKE = frozenset({0, 1, 2, 5, 6, 8, 9})  # o, l and i, z, s, b, B, g and q
_WORD_GAP = 0.5  # heights of the line between the boxes of neighbours in a word, at most
_LARGE = 0.45  # heights of the line; smaller ink is a mark or a dot, and no letter
_LOW, _LOW_ZERO = (
    0.7,
    0.5,
)  # heights of the highest ink of a word; letters such as s are lower, and digits but 0 are not


def refuse_words(path: BestPath, height: float) -> BestPath:
    """The path with the digits of words as ink that is no digit; the same object where there are none.

    `height` is that of the line.
    """
    refused: set[int] = set()
    for word in _neighbours(path.segments, height):
        if _is_word([path.segments[i] for i in word]):
            refused.update(word)
    if all(path.segments[i].label is None for i in refused):
        return path
    segments = [replace(s, label=None) if i in refused else s for i, s in enumerate(path.segments)]
    return replace(path, segments=tuple(segments), second=(), second_probability=0.0, texts=())


def _neighbours(segments: Sequence[Segment], height: float) -> list[list[int]]:
    """The large ink without wide gaps between it, as indices of segments from left to right."""
    large = [
        i
        for i, segment in enumerate(segments)
        if segment.candidate.box[3] >= _LARGE * height and not segment.separates
    ]
    words = [large[:1]]
    for a, b in pairwise(large):
        x, _, width, _ = segments[a].candidate.box
        if segments[b].candidate.box[0] - x - width > _WORD_GAP * height:
            words.append([])
        words[-1].append(b)
    return words


def _is_word(segments: Sequence[Segment]) -> bool:
    """Whether most of the ink is no digit, or the rest looks like letters too.

    One sign beside digits of one height, such as #12 or 50%, is no word.
    """
    digits = [segment for segment in segments if segment.label is not None]
    letters = len(segments) - len(digits)
    if letters > len(digits):
        return letters > 1
    if not letters or any(digit.label not in _LETTER_LIKE for digit in digits):
        return False
    highest = max(segment.candidate.box[3] for segment in segments)
    are_uneven = any(digit.candidate.box[3] < (_LOW if digit.label else _LOW_ZERO) * highest for digit in digits)
    return letters > 1 or (are_uneven and len(segments) > 2)

"""Words, which are no numbers: neighbours on a line of which too many are no digits are refused together.

The networks see one letter at a time, and take o, l, s, z, b, g, q and i for digits. The letters beside them show
what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import fmean

from ml.decoding.hypotheses import Hypothesis
from ml.decoding.lattice import BestPath, Segment
from ml.ink.strokes import Box

_LETTER_LIKE = frozenset({0, 1, 2, 5, 6, 8, 9})  # o, l and i, z, s, b, B, g and q
_WORD_GAP = 0.5  # heights of the line between the boxes of neighbours in a word, at most
_LARGE = 0.45  # heights of the line; smaller ink is a mark or a dot, and no letter
_LOW, _LOW_ZERO = (
    0.7,
    0.5,
)  # heights of the highest ink of a word; letters such as s are lower, and digits but 0 are not


def refuse_words(path: BestPath, height: float) -> BestPath:
    """The path with the digits of words as ink that is no digit; the same object where there are none.

    `height` is that of the line. Words are as sure as their signs are no digits, and with numbers beside them
    nothing else is said of the line: each number is judged by itself.
    """
    sureness: dict[int, float] = {}  # of the segments in words
    certain = 1.0
    for word in _neighbours(path.segments, height):
        own = [path.segments[i] for i in word]
        if _is_word(own) and any(segment.label is not None for segment in own):
            sure = fmean(segment.probability for segment in own if segment.label is None)
            sureness.update(dict.fromkeys(word, sure))
            certain *= sure
    if not sureness:
        return path
    segments = tuple(
        replace(s, label=None, probability=sureness[i], is_in_word=True) if i in sureness else s
        for i, s in enumerate(path.segments)
    )
    boxes = [path.segments[i].candidate.box for i in sureness]
    texts = tuple((_without_digits_in(boxes, hypothesis), probability) for hypothesis, probability in path.texts)
    return replace(path, segments=segments, probability=certain, second=(), second_probability=0.0, texts=texts)


def _without_digits_in(boxes: Sequence[Box], hypothesis: Hypothesis) -> Hypothesis:
    """The hypothesis with digits whose middles lie in these boxes as ink that is no digit."""
    edges = tuple(
        edge._replace(label=None) if any(x <= edge.middle <= x + width for x, _, width, _ in boxes) else edge
        for edge in hypothesis.edges
    )
    return hypothesis._replace(edges=edges, labels=tuple(e.label for e in edges if e.label is not None))


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

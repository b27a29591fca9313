"""A reading: what was read, how sure that is, and how it is put together from the paths through the lattice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.decoding.calibration import Calibration
from ml.decoding.lattice import BestPath, Segment
from ml.decoding.number_spacing import SpacedLine, split_numbers
from ml.ink.glyph import Glyph
from ml.ink.strokes import Strokes
from ml.segmentation.costs import Costs
from ml.segmentation.page_layout import PageLayout

Floats = NDArray[np.float64]
Paths = Sequence[BestPath]

MAX_CONFIDENCE = 0.999  # nobody is surer than that about handwriting

LARGE_INK = (
    0.5  # heights of the line; smaller ink that is no digit, such as a full stop, is not worth a word or a look
)


@dataclass(frozen=True)
class Digit:
    """One component of writing. `label` is None where it is no digit; `box` is in the units of the drawing."""

    label: int | None
    confidence: float
    probabilities: tuple[float, ...]
    box: tuple[float, float, float, float]
    line: int
    components: tuple[int, ...] = ()  # of the drawing, as the reader cut it


@dataclass(frozen=True)
class Reading:
    """What was read. `confidence` is the probability that this is right; `alternative` is the next best text."""

    state: str  # recognised | unsure | not_a_digit | empty
    text: str
    confidence: float
    digits: tuple[Digit, ...]
    alternative: str | None = None


@dataclass(frozen=True, eq=False)
class ReadGlyph:
    """What is explained: a glyph, its label (None: no digit) and, of a drawing, the strokes it was made from.

    `min_side` is the smallest side of the glyph's square, in units of the strokes (see `ml.ink.glyph`); `low` is what
    its height costs any label but 0, in nats (see `ml.segmentation.candidates`).
    """

    glyph: Glyph
    label: int | None
    strokes: Strokes | None = None
    min_side: float = 0.0
    low_cost: float = 0.0


EMPTY_READING = Reading("empty", "", 0.0, ())


def compose_reading(
    layout: PageLayout,
    paths: Paths,
    probabilities: Floats,
    share: float,
    weights: Costs,
    calibration: Calibration,
) -> Reading:
    """The reading of the likeliest layout: the best path of each line.

    `probabilities` (n, 10) are those of the candidates; `share` is the probability of the layout.
    """
    parted = [
        split_numbers(path.segments, height, weights) for path, height in zip(paths, layout.heights, strict=True)
    ]
    rows = [_line_text(row.numbers) for row in parted]
    text = "\n".join(row for row in rows if row)
    spaced = math.prod(row.chance for row in parted)
    confidence = min(MAX_CONFIDENCE, share * spaced * math.prod(path.share for path in paths))
    by_candidate = dict(zip(layout.candidates, probabilities, strict=True))
    found = tuple(
        _digit(segment, by_candidate[segment.candidate], share)
        for path, height in zip(paths, layout.heights, strict=True)
        for segment in path.segments
        if segment.label is not None or not text or segment.candidate.box[3] >= LARGE_INK * height
    )
    if not text:
        return Reading("not_a_digit", "", confidence, found)
    unread = any(digit.label is None for digit in found)
    sure = confidence >= calibration.sure and not unread
    alternative = _alternative(paths, parted, calibration)
    return Reading("recognised" if sure else "unsure", text, confidence, found, alternative)


def _line_text(numbers: Sequence[Sequence[Segment]]) -> str:
    return " ".join("".join(str(segment.label) for segment in number) for number in numbers)


def _digit(segment: Segment, probabilities: Floats, share: float) -> Digit:
    shares = probabilities / probabilities.sum()
    if segment.label is not None and shares.argmax() != segment.label:
        # The rest of the line says otherwise than the digit alone.
        shares = (1 - segment.share) * shares + segment.share * np.eye(10)[segment.label]
        shares[segment.label] = shares.max()  # no other label is likelier than the one that is read
        shares /= shares.sum()
    candidate = segment.candidate
    confidence = min(MAX_CONFIDENCE, share * segment.share)
    return Digit(
        segment.label, confidence, tuple(shares.tolist()), candidate.box, candidate.line, candidate.components
    )


def _alternative(paths: Paths, rows: Sequence[SpacedLine], calibration: Calibration) -> str | None:
    """The text with the likeliest change of one line, other digits or another space, if it is worth offering."""
    texts = [_line_text(row.numbers) for row in rows]
    changes = [
        (path.second_share / max(path.share, 1e-12), path.second_share, line, _second_text(path, texts[line]))
        for line, path in enumerate(paths)
    ] + [
        (row.other_chance / max(row.chance, 1e-12), row.other_chance, line, _line_text(row.other))
        for line, row in enumerate(rows)
    ]
    _, share, line, changed = max(changes, key=lambda change: change[0])
    if share < calibration.offer:
        return None
    return "\n".join(text for text in [*texts[:line], changed, *texts[line + 1 :]] if text) or None


def _second_text(path: BestPath, like: str) -> str:
    return _spaced("".join(map(str, path.second)), like)


def _spaced(digits: str, like: str) -> str:
    """The digits with the spaces of the text they may replace, where there are equally many of them."""
    if len(digits) != len(like.replace(" ", "")):
        return digits
    left = iter(digits)
    return "".join(character if character == " " else next(left) for character in like)


def reading_as_json(reading: Reading) -> dict[str, Any]:
    """Plain types, as the API answers."""
    digits = [{**asdict(d), "probabilities": list(d.probabilities), "box": list(d.box)} for d in reading.digits]
    for digit in digits:
        del digit["components"]  # how the reader cuts ink is its own affair
    return {**asdict(reading), "digits": digits}

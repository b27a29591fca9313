"""A reading, and how it is composed of the best paths through the lines of a drawing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.decoding.calibration import Calibration
from ml.decoding.lattice import BestPath, Segment
from ml.decoding.number_spacing import Numbers, SpacedLine, split_numbers
from ml.ink.glyph import Glyph
from ml.ink.strokes import Strokes
from ml.segmentation.costs import Costs
from ml.segmentation.page_layout import PageLayout

Floats = NDArray[np.float64]

MAX_CONFIDENCE = 0.999  # no handwriting is surer than that

# Heights of the line. Smaller ink that is no digit, such as a full stop, makes no reading unsure, and the line
# network is not run for it.
LARGE_INK = 0.5


@dataclass(frozen=True)
class Digit:
    """A component, or several, that were read as one. `box` is x, y, width, height in units of the drawing.

    `label` is None for ink that is no digit; `probabilities` are those of the ten labels, given that it is a
    digit. `components` are their numbers in the reader's own segmentation of the drawing.
    """

    label: int | None
    confidence: float
    probabilities: tuple[float, ...]
    box: tuple[float, float, float, float]
    line: int
    components: tuple[int, ...] = ()


@dataclass(frozen=True)
class Reading:
    """What was read. `confidence` is the probability that this is right; `alternative` is the next best text.

    `state` is "recognised", "unsure", "not_a_digit" or "empty".
    """

    state: str
    text: str
    confidence: float
    digits: tuple[Digit, ...]
    alternative: str | None = None


@dataclass(frozen=True, eq=False)
class ReadGlyph:
    """One digit of a reading as the networks saw it: its glyph, its label (None: no digit), its strokes if known.

    `min_side` is the smallest side of the glyph's square, in units of the strokes (see `ml.ink.glyph`). `low_cost`
    is what its height costs any label but 0, in nats (see `ml.segmentation.candidates`).
    """

    glyph: Glyph
    label: int | None
    strokes: Strokes | None = None
    min_side: float = 0.0
    low_cost: float = 0.0


@dataclass(frozen=True, eq=False)
class DecodedLayout:
    """The likeliest layout of a drawing, its probability among all layouts, and the best path of each line.

    `label_probabilities` (n, 10) are those of its candidates.
    """

    layout: PageLayout
    probability: float
    paths: Sequence[BestPath]
    label_probabilities: Floats


EMPTY_READING = Reading("empty", "", 0.0, ())


def compose_reading(decoded: DecodedLayout, costs: Costs, calibration: Calibration) -> Reading:
    """The reading of the best path of each line, and how sure it is."""
    paths, heights = decoded.paths, decoded.layout.heights
    lines = [split_numbers(path.segments, height, costs) for path, height in zip(paths, heights, strict=True)]
    text = "\n".join(filter(None, (_line_text(line.numbers) for line in lines)))
    spacing_probability = math.prod(line.probability for line in lines)
    path_probability = math.prod(path.probability for path in paths)
    confidence = min(MAX_CONFIDENCE, decoded.probability * spacing_probability * path_probability)
    label_probabilities = dict(zip(decoded.layout.candidates, decoded.label_probabilities, strict=True))
    digits = tuple(
        _digit(segment, label_probabilities[segment.candidate], decoded.probability)
        for path, height in zip(paths, heights, strict=True)
        for segment in path.segments
        if segment.label is not None
        or not text
        or (segment.candidate.box[3] >= LARGE_INK * height and not segment.separates)
    )
    if not text:
        return Reading("not_a_digit", "", confidence, digits)
    has_unread_ink = any(digit.label is None for digit in digits)
    state = "recognised" if confidence >= calibration.sure and not has_unread_ink else "unsure"
    return Reading(state, text, confidence, digits, _alternative(paths, lines, calibration))


def _line_text(numbers: Numbers) -> str:
    return " ".join("".join(str(segment.label) for segment in number) for number in numbers)


def _digit(segment: Segment, label_probabilities: Floats, layout_probability: float) -> Digit:
    probabilities = label_probabilities / label_probabilities.sum()
    if segment.label is not None and probabilities.argmax() != segment.label:
        # The rest of the line decided against the likeliest label of the glyph alone. The label that is read
        # becomes at least as likely as any other.
        line_vote = segment.probability * np.eye(10)[segment.label]
        probabilities = (1 - segment.probability) * probabilities + line_vote
        probabilities[segment.label] = probabilities.max()
        probabilities /= probabilities.sum()
    candidate = segment.candidate
    return Digit(
        label=segment.label,
        confidence=min(MAX_CONFIDENCE, layout_probability * segment.probability),
        probabilities=tuple(probabilities.tolist()),
        box=candidate.box,
        line=candidate.line,
        components=candidate.components,
    )


def _alternative(paths: Sequence[BestPath], lines: Sequence[SpacedLine], calibration: Calibration) -> str | None:
    """The text with the likeliest change of one line, other digits or another space, if it is worth offering."""
    texts = [_line_text(line.numbers) for line in lines]
    changes = []  # each with its odds to the text as it is, its probability, and the number of the line
    for number, path in enumerate(paths):
        odds = path.second_probability / max(path.probability, 1e-12)
        changes.append((odds, path.second_probability, number, _with_spaces_of(texts[number], path.second)))
    for number, line in enumerate(lines):
        odds = line.alternative_probability / max(line.probability, 1e-12)
        changes.append((odds, line.alternative_probability, number, _line_text(line.alternative)))
    _, probability, number, changed = max(changes, key=lambda change: change[0])
    if probability < calibration.offer:
        return None
    return "\n".join(filter(None, [*texts[:number], changed, *texts[number + 1 :]])) or None


def _with_spaces_of(text: str, labels: Sequence[int]) -> str:
    """The labels with the spaces of the text that they may replace, where both have the same number of digits."""
    if len(labels) != len(text.replace(" ", "")):
        return "".join(map(str, labels))
    digits = iter(labels)
    return "".join(character if character == " " else str(next(digits)) for character in text)


def reading_as_json(reading: Reading) -> dict[str, Any]:
    """Plain types, as the API answers."""
    digits = [{**asdict(d), "probabilities": list(d.probabilities), "box": list(d.box)} for d in reading.digits]
    for digit in digits:
        del digit["components"]  # their numbers mean nothing outside the reader
    return {**asdict(reading), "digits": digits}

"""A reading, and how it is composed of the best paths through the lines of a drawing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.decoding.calibration import Calibration
from ml.decoding.judged_numbers import JudgedNumber, judge_numbers
from ml.decoding.lattice import BestPath, Lattice, Segment
from ml.decoding.number_spacing import Numbers, SpacedLine, split_numbers
from ml.ink.glyph import Glyph
from ml.ink.strokes import Box, Strokes, box_around
from ml.segmentation.costs import Costs
from ml.segmentation.page_layout import PageLayout

Floats = NDArray[np.float64]

MAX_CONFIDENCE = 0.999  # no handwriting is surer than that

_LARGE = 0.5  # heights of the line
_FLAT = 0.2  # heights; a dash or a line under a number is flatter


def is_large_ink(box: Box, height: float) -> bool:
    """Whether ink in a line of this height may be digits: it is half as high, or several low ones that are joined.

    Smaller ink that is no digit, such as a full stop, makes no reading unsure. The line network is not run for it.
    """
    return box[3] >= _LARGE * height or (box[3] >= _FLAT * height and box[2] >= height)


@dataclass(frozen=True)
class Digit:
    """A component, or several, that were read as one. `box` is x, y, width, height in units of the drawing.

    `label` is None for ink that is no digit; `probabilities` are those of the ten labels, given that it is a
    digit. `components` are their numbers in the reader's own segmentation of the drawing. `number` is the index of
    the number that it is part of; None for ink that is no digit.
    """

    label: int | None
    confidence: float
    probabilities: tuple[float, ...]
    box: tuple[float, float, float, float]
    line: int
    components: tuple[int, ...] = ()
    number: int | None = None


@dataclass(frozen=True)
class Number:
    """One number of a reading. `confidence` is the probability that just these digits stand there as one number.

    `state` is "recognised" or "unsure", `digits` are the indices of its digits in the reading, from left to right;
    `box` is x, y, width, height in units of the drawing. `alternative` is its likeliest other text, if that is
    worth offering; with a space if these may be two numbers.
    """

    text: str
    confidence: float
    state: str
    line: int
    box: Box
    digits: tuple[int, ...]
    alternative: str | None = None


@dataclass(frozen=True)
class Reading:
    """What was read. `confidence` is the probability that all of it is right; `alternative` is the next best text.

    `state` is "recognised", "unsure", "not_a_digit" or "empty". A reading is recognised if all its numbers are.
    """

    state: str
    text: str
    confidence: float
    digits: tuple[Digit, ...]
    alternative: str | None = None
    numbers: tuple[Number, ...] = ()


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
    """The likeliest layout of a drawing, its probability among all layouts, and each line with its best path.

    `label_probabilities` (n, 10) are those of its candidates.
    """

    layout: PageLayout
    probability: float
    lattices: Sequence[Lattice]
    paths: Sequence[BestPath]
    label_probabilities: Floats


EMPTY_READING = Reading("empty", "", 0.0, ())


def compose_reading(decoded: DecodedLayout, costs: Costs, calibration: Calibration) -> Reading:
    """The reading of the best path of each line, and how sure it and each of its numbers is."""
    paths, heights = decoded.paths, decoded.layout.heights
    lines = [split_numbers(path.segments, height, costs) for path, height in zip(paths, heights, strict=True)]
    text = "\n".join(filter(None, (_line_text(line.numbers) for line in lines)))
    spacing_probability = math.prod(line.probability for line in lines)
    path_probability = math.prod(path.probability for path in paths)
    confidence = min(MAX_CONFIDENCE, decoded.probability * spacing_probability * path_probability)
    read = [
        segment
        for path, height in zip(paths, heights, strict=True)
        for segment in path.segments
        if segment.label is not None
        or not text
        or (is_large_ink(segment.candidate.box, height) and not segment.separates)
    ]
    judged = [
        number
        for lattice, path, line in zip(decoded.lattices, paths, lines, strict=True)
        for number in judge_numbers(lattice, path, line)
    ]
    numbers = _numbers(judged, read, decoded.probability, calibration)
    confidence = min([confidence, *(number.confidence for number in numbers)])
    number_of = {digit: index for index, number in enumerate(numbers) for digit in number.digits}
    label_probabilities = dict(zip(decoded.layout.candidates, decoded.label_probabilities, strict=True))
    digits = tuple(
        _digit(segment, label_probabilities[segment.candidate], decoded.probability, number_of.get(index))
        for index, segment in enumerate(read)
    )
    if not text:
        return Reading("not_a_digit", "", confidence, digits)
    has_unread_ink = any(digit.label is None for digit in digits)
    is_sure = all(number.state == "recognised" for number in numbers) and not has_unread_ink
    state = "recognised" if is_sure else "unsure"
    return Reading(state, text, confidence, digits, _alternative(paths, lines, calibration), numbers)


def _numbers(
    judged: Sequence[JudgedNumber], read: Sequence[Segment], layout_probability: float, calibration: Calibration
) -> tuple[Number, ...]:
    """The numbers of the segments that were read, in the order of the text.

    A number beside ink that could not be read is unsure: that ink may be one of its digits.
    """
    places = {id(segment): place for place, segment in enumerate(read)}
    numbers = []
    for number in judged:
        confidence = min(MAX_CONFIDENCE, layout_probability * number.probability)
        digits = tuple(places[id(segment)] for segment in number.segments)
        line = number.segments[0].candidate.line
        around = read[max(digits[0] - 1, 0) : digits[-1] + 2]
        has_unread_ink = any(segment.label is None and segment.candidate.line == line for segment in around)
        is_sure = confidence >= calibration.sure and not has_unread_ink
        is_offered = layout_probability * number.alternative_probability >= calibration.offer
        numbers.append(
            Number(
                text=number.text,
                confidence=confidence,
                state="recognised" if is_sure else "unsure",
                line=line,
                box=box_around(segment.candidate.box for segment in number.segments),
                digits=digits,
                alternative=number.alternative if is_offered else None,
            )
        )
    return tuple(numbers)


def _line_text(numbers: Numbers) -> str:
    return " ".join("".join(str(segment.label) for segment in number) for number in numbers)


def _digit(segment: Segment, label_probabilities: Floats, layout_probability: float, number: int | None) -> Digit:
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
        number=number,
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
    numbers = [{**asdict(n), "box": list(n.box), "digits": list(n.digits)} for n in reading.numbers]
    return {**asdict(reading), "digits": digits, "numbers": numbers}

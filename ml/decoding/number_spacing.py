"""Split the digits of a line into numbers, at separators and by the widths of the gaps between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from ml.decoding.lattice import Segment
from ml.segmentation.costs import Costs

Numbers = list[list[Segment]]

_NO_SPACE = 0.2  # heights; in any writing the digits of a number may be as far apart


@dataclass(frozen=True)
class SpacedLine:
    """The digits of a line as numbers, with the probability that its spaces are where they were meant to be.

    `alternative` and its probability are the same with the most doubtful gap decided the other way.
    `gap_probabilities` are those of the gaps between neighbouring digits, each to be a space or none.
    """

    numbers: Numbers
    probability: float = 1.0
    alternative: Numbers = field(default_factory=list)
    alternative_probability: float = 0.0
    gap_probabilities: Sequence[float] = ()


def split_numbers(segments: Sequence[Segment], height: float, costs: Costs) -> SpacedLine:
    """Part the digits at separators, and at gaps that are wide beside the narrower gaps of the line.

    `height` is that of the line.
    """
    digits = [segment for segment in segments if segment.label is not None]
    boxes = [segment.candidate.box for segment in digits]
    gaps = [b[0] - a[0] - a[2] for a, b in pairwise(boxes)]
    if not gaps:
        return SpacedLine([digits] if digits else [])
    separated = _separator_probabilities(segments)
    bare_gaps = [gap for gap, probability in zip(gaps, separated, strict=True) if probability <= 0.5]
    least_space = max(_least_space(bare_gaps, height, costs), 1e-9)
    spaces = [gap > least_space for gap in gaps]
    apart = _middle_width(bare_gaps, least_space, height)
    probabilities = []
    for place, (gap, separator) in enumerate(zip(gaps, separated, strict=True)):
        by_width = _sureness(gap / least_space, costs.space_sure)
        if spaces[place] and apart is not None and gap > apart:
            by_width = max(by_width, _sureness(gap / apart, costs.space_apart))
        is_space = separator + (1 - separator) * (by_width if spaces[place] else 1 - by_width)
        spaces[place] = is_space > 0.5
        probabilities.append(max(is_space, 1 - is_space))
    doubtful = min(range(len(gaps)), key=lambda i: probabilities[i])
    other_spaces = [space != (i == doubtful) for i, space in enumerate(spaces)]
    probability = math.prod(probabilities)
    return SpacedLine(
        _numbers(digits, spaces),
        probability,
        _numbers(digits, other_spaces),
        probability / probabilities[doubtful] - probability,
        probabilities,
    )


def _separator_probabilities(segments: Sequence[Segment]) -> list[float]:
    """For each pair of neighbouring digits the probability that a separator is between them."""
    probabilities: list[float] = []
    separator = 0.0
    for segment in segments:
        if segment.label is None:
            separator = max(separator, segment.separator_probability)
        else:
            probabilities.append(separator)
            separator = 0.0
    return probabilities[1:]


def _sureness(ratio: float, steepness: float) -> float:
    """The probability that a gap is what its width says, a space or none: 0.5 at a ratio of 1, more beyond."""
    odds = max(ratio, 1e-3) ** steepness
    return max(odds, 1.0) / (1.0 + odds) if odds < 1e12 else 1.0


def _middle_width(gaps: Sequence[float], least_space: float, height: float) -> float | None:
    """Between the widest gap that is no space and the narrowest space; None where there are not both.

    Where these are far apart, the spaces are sure, even if they are hardly wider than the least space. Of a gap
    that is nearly a space nothing follows: it may be one all the same.
    """
    spaces = [gap for gap in gaps if gap > least_space]
    if not spaces or len(spaces) == len(gaps):
        return None
    widest = max(gap for gap in gaps if gap <= least_space)
    return math.sqrt(max(widest, _NO_SPACE * height) * min(spaces))


def _least_space(gaps: Sequence[float], height: float, costs: Costs) -> float:
    """The narrowest gap that counts as a space. Digits written far apart, but evenly, are one number."""
    if len(gaps) < 2:
        return costs.space_alone * height
    narrow = sorted(gaps)[: len(gaps) // 2]
    usual = max(float(np.mean(narrow)), costs.space_floor * height)
    return max(costs.space_least * height, costs.space_ratio * usual)


def _numbers(digits: Sequence[Segment], spaces: Sequence[bool]) -> Numbers:
    """The digits with a new number after each space; `spaces` has one value for each pair of neighbours."""
    numbers = [[digits[0]]]
    for space, digit in zip(spaces, digits[1:], strict=True):
        if space:
            numbers.append([])
        numbers[-1].append(digit)
    return numbers

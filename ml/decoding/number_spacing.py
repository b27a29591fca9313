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
    are_separated = _are_separated(segments)
    bare_gaps = [gap for gap, separated in zip(gaps, are_separated, strict=True) if not separated]
    least_space = max(_least_space(bare_gaps, height, costs), 1e-9)
    spaces = [gap > least_space for gap in bare_gaps]
    probabilities = [_sureness(gap / least_space, costs.space_sure) for gap in bare_gaps]
    if any(spaces) and not all(spaces):
        apart = _middle_width(bare_gaps, spaces, height)
        probabilities = [
            max(probability, _sureness(gap / apart, costs.space_apart)) if space and gap > apart else probability
            for gap, space, probability in zip(bare_gaps, spaces, probabilities, strict=True)
        ]
    for place in np.flatnonzero(are_separated).tolist():
        spaces.insert(place, True)
        probabilities.insert(place, 1.0)
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


def _are_separated(segments: Sequence[Segment]) -> list[bool]:
    """For each pair of neighbouring digits whether a separator is between them."""
    separated: list[bool] = []
    follows_separator = False
    for segment in segments:
        if segment.label is not None:
            separated.append(follows_separator)
        follows_separator = segment.separates or (follows_separator and segment.label is None)
    return separated[1:]


def _sureness(ratio: float, steepness: float) -> float:
    """The probability that a gap is what its width says, a space or none: 0.5 at a ratio of 1, more beyond."""
    odds = max(ratio, 1e-3) ** steepness
    return max(odds, 1.0) / (1.0 + odds) if odds < 1e12 else 1.0


def _middle_width(gaps: Sequence[float], spaces: Sequence[bool], height: float) -> float:
    """Between the widest gap that is no space and the narrowest space.

    Where these are far apart, the spaces are sure, even if they are hardly wider than the least space. Of a gap
    that is nearly a space nothing follows: it may be one all the same.
    """
    widest = max(gap for gap, space in zip(gaps, spaces, strict=True) if not space)
    return math.sqrt(max(widest, _NO_SPACE * height) * min(gap for gap, s in zip(gaps, spaces, strict=True) if s))


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

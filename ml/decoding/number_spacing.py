"""Which digits of a line are one number, and where another begins: by the gaps between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from ml.decoding.lattice import Segment
from ml.segmentation.costs import Costs


@dataclass(frozen=True)
class SpacedLine:
    """The digits of a line as numbers, the probability that its spaces are where they were meant to be, and the
    same of what there is when the most doubtful gap is taken for the other thing."""

    numbers: list[list[Segment]]
    chance: float = 1.0
    other: list[list[Segment]] = field(default_factory=list)
    other_chance: float = 0.0


def split_numbers(segments: Sequence[Segment], height: float, weights: Costs) -> SpacedLine:
    """A gap that is wide beside the narrower gaps of the line separates two numbers."""
    digits = [segment for segment in segments if segment.label is not None]
    boxes = [segment.candidate.box for segment in digits]
    gaps = [b[0] - a[0] - a[2] for a, b in pairwise(boxes)]
    if not gaps:
        return SpacedLine([digits] if digits else [])
    least = max(_space(gaps, height, weights), 1e-9)
    spaces = [gap > least for gap in gaps]
    chances = [_spaced(gap / least, weights) for gap in gaps]
    doubtful = min(range(len(gaps)), key=lambda i: chances[i])
    other = [space != (i == doubtful) for i, space in enumerate(spaces)]
    chance = math.prod(chances)
    return SpacedLine(_parted(digits, spaces), chance, _parted(digits, other), chance / chances[doubtful] - chance)


def _parted(digits: Sequence[Segment], spaces: Sequence[bool]) -> list[list[Segment]]:
    found = [[digits[0]]]
    for space, digit in zip(spaces, digits[1:], strict=True):
        if space:
            found.append([])
        found[-1].append(digit)
    return found


def _spaced(gap: float, weights: Costs) -> float:
    """How likely it is that a gap, in least spaces, is what it is taken for: even odds at 1, more beyond."""
    odds = max(gap, 1e-3) ** weights.space_sure
    return max(odds, 1.0) / (1.0 + odds) if odds < 1e12 else 1.0


def _space(gaps: Sequence[float], height: float, weights: Costs) -> float:
    """The least gap that counts as a space. Digits written far apart, but evenly, are one number."""
    if len(gaps) < 2:
        return weights.space_alone * height
    narrow = sorted(gaps)[: len(gaps) // 2]
    usual = max(float(np.mean(narrow)), weights.space_floor * height)
    return max(weights.space_least * height, weights.space_ratio * usual)

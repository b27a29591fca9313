"""A line of components, with the digits around each of them and the gaps beside it, in heights of those digits.

Lines are short: lists take less time here than arrays.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from ml.ink.strokes import Box, box_around
from ml.labels import Floats
from ml.segmentation.components import Components, positions_by_owner
from ml.segmentation.ink_shape import InkShape, bend
from ml.segmentation.separator_odds import Places

_TALL = 0.5  # heights of the line; lower ink says nothing about where digits begin and end
_SHARED = 0.3  # of the narrower of two components of one digit, one above the other
_AROUND = 2  # digits on each side that say how high digits are here
_MANY = 6  # high components tell the slant of a hand as well as more do


@dataclass(frozen=True)
class Surroundings:
    """The digits around some ink: their height, top and foot, and the gaps to the ink on both sides in heights."""

    unit: float
    top: float
    foot: float
    gap_before: float  # inf where it is the first ink of the line
    gap_after: float


class LineOfInk:
    """The components of a line, by their places from left to right; `height` is that of its digits."""

    def __init__(self, components: Components, line: Sequence[int], height: float) -> None:
        self.components, self.line, self.height = components, line, height
        owners = components.owners
        self.groups: list[Places] = [
            tuple(own) for own in positions_by_owner([owners[i] for i in line]).values()
        ]  # the places of each stroke, and of each connected ink
        self._boxes = [(x, y, width, height) for x, y, width, height in components.boxes[list(line)].tolist()]
        self._middles = [x + width / 2 for x, _, width, _ in self._boxes]
        self._shapes: dict[Places, InkShape] = {}
        self._bends: dict[Places, tuple[float, float]] = {}
        self._surroundings: dict[Places, Surroundings] = {}

    @property
    def has_neighbours(self) -> bool:
        """Whether there is ink beside other ink, and not only above it."""
        return len(_stacked(self._boxes)) > 1

    def box(self, places: Places) -> Box:
        """The box around the ink at these places."""
        return self._boxes[places[0]] if len(places) == 1 else box_around([self._boxes[place] for place in places])

    def shape(self, places: Places) -> InkShape:
        """The form of a component, or of all parts of one owner."""
        if places not in self._shapes:
            self._shapes[places] = self.components.shape([self.line[place] for place in places])
        return self._shapes[places]

    def middle_line(self, places: Places) -> Floats:
        """(k, 2) of ink that is one line."""
        middle = self.shape(places).middle
        assert middle is not None
        return middle

    def bend(self, places: Places) -> tuple[float, float]:
        """How far ink is from a straight line, the most and in the mean, in its lengths; inf where it is none."""
        if places not in self._bends:
            middle = self.shape(places).middle
            self._bends[places] = (math.inf, 0.0) if middle is None else bend(middle)
        return self._bends[places]

    def hand_slant(self, without: Places) -> tuple[float, float]:
        """How the high ink slants that is not at these places, and how well that is known, from 0 to 1."""
        slants = [self.shape((place,)).slant for place in self._tall(without)]
        return (median(slants), min(len(slants), _MANY) / _MANY) if slants else (0.0, 0.0)

    def digits_between(self, bars: Sequence[Places]) -> list[int]:
        """How many digits are before, between and after bars at these places; empty where there are none."""
        tall = self._tall([place for places in bars for place in places])
        digits = _stacked([self._boxes[place] for place in tall])
        if not digits:
            return []
        centres = [x + width / 2 for x, _, width, _ in digits]
        middles = sorted(sum(self._middles[place] for place in places) / len(places) for places in bars)
        borders = [0, *(bisect_left(centres, middle) for middle in middles), len(digits)]
        return [after - before for before, after in pairwise(borders)]

    def around(self, places: Places) -> Surroundings:
        """What is around these places."""
        if places not in self._surroundings:
            self._surroundings[places] = self._find_around(places)
        return self._surroundings[places]

    def _tall(self, without: Sequence[int]) -> list[int]:
        least = _TALL * self.height
        return [place for place, box in enumerate(self._boxes) if box[3] >= least and place not in without]

    def _find_around(self, places: Places) -> Surroundings:
        x, _, width, _ = self.box(places)
        middle = x + width / 2
        others = list(self._others(places))
        tall = [box for box in others if box[3] >= _TALL * self.height]
        digits = _stacked(tall or others)
        first_after = bisect_left([left + across / 2 for left, _, across, _ in digits], middle)
        near = digits[max(first_after - 1, 0) : first_after + 1]
        heights = [box[3] for box in digits[max(first_after - _AROUND, 0) : first_after + _AROUND]]
        unit = max(sum(heights) / len(heights), 1e-3 * self.height)
        before, after = -math.inf, math.inf
        for place, (left, _, across, _) in enumerate(self._boxes):
            if place in places:
                continue
            if self._middles[place] < middle:
                before = max(before, left + across)
            else:
                after = min(after, left)
        return Surroundings(
            unit,
            sum(box[1] for box in near) / len(near),
            sum(box[1] + box[3] for box in near) / len(near),
            (x - before) / unit,
            (after - x - width) / unit,
        )

    def _others(self, places: Places) -> Iterator[Box]:
        """The boxes of all groups without these places, and of what is left of a group with some of them."""
        for group in self.groups:
            if any(place in group for place in places):
                yield from (self._boxes[place] for place in group if place not in places)
            else:
                yield self.box(group)


def _stacked(boxes: Sequence[Box]) -> list[Box]:
    """Boxes from left to right, with those above each other as one."""
    joined: list[Box] = []
    for box in sorted(boxes, key=lambda box: box[0]):
        if joined:
            last = joined[-1]
            shared = min(last[0] + last[2], box[0] + box[2]) - box[0]
            if shared > _SHARED * min(last[2], box[2]):
                joined[-1] = box_around([last, box])
                continue
        joined.append(box)
    return joined

"""Which ink of a line separates numbers: slashes, points, commas, dashes, colons, signs of sums, brackets, bars.

The networks see a stroke alone, and a slash alone is a 1. What tells them apart is the rest of the line: how this
hand slants, where its digits begin and end, and the gaps around.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ml.ink.strokes import Box
from ml.labels import Floats
from ml.segmentation.components import Components
from ml.segmentation.ink_shape import STRAIGHT, Cross, cross_of_lines
from ml.segmentation.line_of_ink import LineOfInk
from ml.segmentation.separator_odds import FoundSeparator, Places

# Of the features, as `_Separators._found` lists them: larger ones say no more.
_BOUNDS = np.array(
    [(-1.5, 1.5)] * 5 + [(0.0, 2.5)] * 2 + [(-1.2, 0.8)] * 2 + [(-0.6, 1.5)] * 2 + [(-1.0, 1.0)] * 7
).T

# Heights of the digits around, where no unit is named.
_MARK = 0.45  # a point or a comma is no larger, and a comma that begins low no longer than `_LONG_MARK`
_SURELY_HIGH = 0.9  # of the line; so high is no mark beside any digit
_LONG_MARK, _LOW = 0.65, 0.55  # below the top of the digits beside it
_NARROW_MARK = (
    0.24  # nor is the shorter side of a stroke longer, unless it is nearly straight: small zeros are round
)
_NARROW_SPOT = 0.31  # the same of ink in pictures, which is as broad as the pen
_STRAIGHT_MARK = 0.4  # of its length, is the bend of a nearly straight mark, at most
_OVER_FOOT = 0.2  # a mark that ends higher is a small zero; one above another may be a colon
_LEAST_BAR = 0.45
_DASH = (0.12, 1.5)  # width; a longer dash is a line under or through numbers
_LOWEST_DASH = 0.85  # below the top of the digits beside it; lower is a piece of a line under them
_FLAT = 0.6  # height divided by width of a dash, at most
_UPRIGHT = 0.8  # height divided by width of a bar, at least
_CROSS = 1.1  # width and height of a cross, at most
_MOST_CROSS = 1.43  # the same by the height of the line; digits beside a cross may be higher
_LEAST_CROSS = 0.2
_BENT = 0.12  # of its length; a bracket bends more, a 1 seldom does
_BROAD = 0.3  # of its height, is a bar broad beside its slope; a narrow zero is broader
_ALIKE, _NEARLY_ALIKE = 0.15, 0.25  # between the slopes of two bars of one kind, at most
_MOST_OTHERS = 8  # bars of a line that are looked at beside each
_BRACKET = 0.35  # width divided by height of a bar that bends, at most
_WIDEST_STACK = 0.9  # the gap between the points of a colon, or the dashes of an equals sign, at most
_SHIFTED = 0.3  # of the points of a colon and the dashes of an equals sign, beside each other
_MOST_PENS = 4.0  # widths of the pen; a cut through more ink says no more
_DAYS, _YEARS = {1, 2}, ([2], [4])  # digits of days, months and years
_MOST = 60  # components; a longer line is a scribble


def find_separators(components: Components, line: Sequence[int], height: float) -> list[FoundSeparator]:
    """The components of a line that have the form of a separator; `height` is that of its digits.

    None where there is nothing to separate, strokes of one digit alone, and none in a line that is a scribble.
    """
    owners = components.owners
    if not 1 < len(line) <= _MOST or height <= 0 or owners[line[0]] == owners[line[-1]]:
        return []
    ink = LineOfInk(components, line, height)
    return _Separators(ink).found() if ink.has_neighbours else []


class _Separators:
    """What in a line has the form of a separator."""

    def __init__(self, line: LineOfInk) -> None:
        self._line = line

    def found(self) -> list[FoundSeparator]:
        """All that have the form of one. What is part of a cross or a stack is not one by itself."""
        bars: list[_Bar] = []
        marks: dict[str, list[Places]] = {"dash": [], "mark": []}
        found: list[FoundSeparator] = []
        unlike: list[Places] = []
        for places in self._line.groups:
            kind = self._kind(places)
            if kind == "bar":
                bars.append(self._bar(places))
            elif kind is not None:
                marks[kind].append(places)
            else:
                unlike.append(places)
        if len(self._line.groups) > 2:  # two strokes alone are no separator
            found += self._crossing(sorted([bar.places for bar in bars] + marks["dash"] + marks["mark"]))
            found += self._stacks(marks)
        for places in [] if self._line.components.has_strokes else unlike:
            cross = self._cross(places[0]) if len(places) == 1 else None
            found += [] if cross is None else [self._as_cross(places, cross)]
            for part in zip(places) if len(places) > 1 else ():  # separators may touch digits
                kind = self._kind(part)
                if kind == "bar":
                    bars.append(self._bar(part))
                elif kind is not None:
                    marks[kind].append(part)
        taken = {place for pair in found for place in pair.places}
        marks["mark"] = [places for places in marks["mark"] if self._stands(places)]
        found += [self._as_mark(own, kind) for kind in marks for own in marks[kind] if not taken.intersection(own)]
        bars = [bar for bar in bars if not taken.intersection(bar.places)]
        bars = [bar for bar in bars if self._may_be_at(bar, bars)]
        return found + [self._as_bar(bar, [other for other in bars if other is not bar]) for bar in bars]

    def _kind(self, places: Places) -> str | None:
        """What the ink at these places may be by itself, "bar", "dash" or "mark"; None of any other ink."""
        box = self._line.box(places)
        is_high = box[3] >= max(_SURELY_HIGH * self._line.height, _FLAT * box[2])
        if not _may_separate(box, self._line.height) or (is_high and not self._may_be_straight(places)):
            return None  # most strokes are high and bent, and nothing else is asked of these
        around = self._line.around(places)
        width, height = box[2] / around.unit, box[3] / around.unit
        is_low = box[1] > around.top + _LOW * around.unit
        kind = None if is_low and width <= _MARK and height > width else _kind_of_line(width, height)
        if kind is not None and self._is_straight(places):
            is_over = box[1] + box[3] / 2 < around.top + _LOWEST_DASH * around.unit
            return kind if (is_over if kind == "dash" else self._may_be_bar(places, box)) else None
        longest = _LONG_MARK if is_low else _MARK
        return (
            "mark" if width <= _MARK and height <= longest and self._is_mark(places, min(width, height)) else None
        )

    def _may_be_straight(self, places: Places) -> bool:
        return len(places) > 1 or self._line.components.may_be_straight(self._line.line[places[0]])

    def _is_straight(self, places: Places) -> bool:
        return self._may_be_straight(places) and self._line.bend(places)[0] < STRAIGHT

    def _may_be_bar(self, places: Places, box: Box) -> bool:
        """Whether a nearly straight line is as narrow as a bracket, or as straight and thin as a slash."""
        _, _, width, height = box
        if self._line.bend(places)[0] > _BENT and width > _BRACKET * height:
            return False
        return width - abs(_slope(self._line.middle_line(places))) * height <= _BROAD * height

    def _bar(self, places: Places) -> _Bar:
        bend, side = self._line.bend(places)
        slope = -_slope(self._line.middle_line(places))
        return _Bar(places, slope, self._line.box(places)[3], math.copysign(bend, side))

    def _cross(self, place: int) -> Cross | None:
        """The ink at a place as a cross, if it is of the size of one."""
        around = self._line.around((place,))
        _, _, width, height = self._line.box((place,))
        is_large = max(width, height) < _CROSS * around.unit and min(width, height) > _LEAST_CROSS * around.unit
        return self._line.components.cross(self._line.line[place]) if is_large else None

    def _is_mark(self, places: Places, shorter: float) -> bool:
        """Whether small ink, with this shorter side in heights, may be a point or a comma, and no small zero."""
        narrow = _NARROW_MARK if self._line.components.has_strokes else _NARROW_SPOT
        return shorter <= narrow or self._line.bend(places)[0] < _STRAIGHT_MARK

    def _stands(self, places: Places) -> bool:
        """Whether ink ends near the feet of the digits beside it."""
        around = self._line.around(places)
        _, y, _, height = self._line.box(places)
        return y + height > around.foot - _OVER_FOOT * around.unit

    def _may_be_at(self, bar: _Bar, others: Sequence[_Bar]) -> bool:
        """Whether a bar may separate at its place: at an end of the line only a bracket of a pair does."""
        around = self._line.around(bar.places)
        if max(around.gap_before, around.gap_after) < math.inf:
            return True
        return abs(bar.bend) > _BENT and any(
            other.bend * bar.bend < 0 and abs(other.bend) > _BENT for other in others
        )

    def _crossing(self, lines: Sequence[Places]) -> list[FoundSeparator]:
        """Two neighbouring strokes each that cross."""
        found: list[FoundSeparator] = []
        for a, b in pairwise(lines):
            box_a, box_b = self._line.box(a), self._line.box(b)
            if b[0] - a[-1] > 1 or box_b[0] > box_a[0] + box_a[2]:
                continue
            first, second = self._line.shape(a).middle, self._line.shape(b).middle
            cross = None if first is None or second is None else cross_of_lines(first, second)
            if cross is not None:
                found.append(self._as_cross((*a, *b), cross))
        return found

    def _stacks(self, marks: Mapping[str, Sequence[Places]]) -> list[FoundSeparator]:
        """Two points or two dashes each, one above the other: a colon or an equals sign."""
        stacks = []
        for kind, own in marks.items():
            for first, second in pairwise(own):
                if second[0] - first[-1] > 1:
                    continue
                above, below = sorted(
                    (self._line.box(places) for places in (first, second)), key=lambda box: box[1]
                )
                gap = below[1] - above[1] - above[3]
                shift = abs(above[0] + above[2] / 2 - below[0] - below[2] / 2)
                unit = self._line.around((*first, *second)).unit
                if not 0 <= gap <= _WIDEST_STACK * unit or shift > _SHIFTED * unit:
                    continue
                form = (
                    gap / unit,
                    shift / unit,
                    float(kind == "dash"),
                    *sorted([above[2] / unit, below[2] / unit]),
                )
                stacks.append(self._found((*first, *second), "stack", form))
        return stacks

    def _as_bar(self, bar: _Bar, others: Sequence[_Bar]) -> FoundSeparator:
        """A bar, beside the other bars of the line: 1s are like other 1s, and slashes like other slashes."""
        hand, known = self._line.hand_slant(bar.places)
        unit = self._line.around(bar.places).unit
        alike = [other for other in others if abs(other.slope - bar.slope) <= _ALIKE]
        unlike = [other for other in others if abs(other.slope - bar.slope) > _ALIKE]
        turned = bar.slope - sum(other.slope for other in unlike) / len(unlike) if unlike else 0.0
        taller = (bar.height - sum(other.height for other in others) / len(others)) / unit if others else 0.0
        parts = self._parts_date(bar, others)
        form = (bar.slope - hand, bar.slope, hand, *self._line.bend(bar.places))
        return self._found(bar.places, "bar", form, (turned, taller, min(len(alike), 3) / 3, parts, known))

    def _parts_date(self, bar: _Bar, others: Sequence[_Bar]) -> float:
        """Whether a bar parts the digits of the line as in a date: with one of the others 1, alone 0.5.

        Two bars part day, month and year, one bar day and month, or what is above and below a fraction. All other
        bars count as 1s.
        """
        for other in others[:_MOST_OTHERS]:
            if abs(other.slope - bar.slope) <= _NEARLY_ALIKE:
                parts = self._line.digits_between([bar.places, other.places])
                if set(parts[:2]) <= _DAYS and parts[2:] in _YEARS:
                    return 1.0
        parts = self._line.digits_between([bar.places])
        return 0.5 if parts and set(parts) <= _DAYS else 0.0

    def _as_mark(self, places: Places, kind: str) -> FoundSeparator:
        beside = (0.0,) * 5 if places in self._line.groups else self._beside_part(places[0])
        if kind != "dash":
            return self._found(places, kind, (0.0,) * 5, beside)
        middle = self._line.middle_line(places)
        across, down = middle[-1] - middle[0]
        form = (down / (abs(across) + 1e-9), 0.0, 0.0, *self._line.bend(places))
        return self._found(places, kind, form, beside)

    def _beside_part(self, place: int) -> tuple[float, ...]:
        """Of a part that was cut off: the heights of the parts beside it, and how much ink was cut."""
        group = next(group for group in self._line.groups if place in group)
        unit = self._line.around((place,)).unit
        index = group.index(place)
        cut = [self._line.components.crossed_ink(self._line.line[place]) / _MOST_PENS for place in group[1:]]
        heights = [self._line.box((place,))[3] / unit for place in group]
        at_ends = [0.0, *cut, 0.0]
        around = [0.0, *heights, 0.0]
        return around[index], around[index + 2], at_ends[index], at_ends[index + 1], 0.0

    def _as_cross(self, places: Places, cross: Cross) -> FoundSeparator:
        hand, _ = self._line.hand_slant(places)
        return self._found(places, "cross", (cross.steep - hand, cross.steep, hand, cross.balance, cross.level))

    def _found(
        self, places: Places, kind: str, own: tuple[float, ...], beside: tuple[float, ...] = (0.0,) * 5
    ) -> FoundSeparator:
        """With its features: five of form, four of size and place, four of gaps, five of the line around bars."""
        around = self._line.around(places)
        _, y, width, height = self._line.box(places)
        gaps = around.gap_before, around.gap_after
        size = height / around.unit, width / around.unit
        place = (around.top - y) / around.unit, (y + height - around.foot) / around.unit
        features = np.array([*own, *size, *place, *gaps, *(gap < math.inf for gap in gaps), *beside])
        np.clip(features, *_BOUNDS, out=features)
        is_cut = len(places) == 1 and places not in self._line.groups
        return FoundSeparator(places, f"cut {kind}" if is_cut else kind, features)


@dataclass(frozen=True)
class _Bar:
    """An upright line by its places, its slope in dx by dy upwards, its height, and its bend in its lengths.

    An opening and a closing bracket have bends of different signs.
    """

    places: Places
    slope: float
    height: float
    bend: float


def _kind_of_line(width: float, height: float) -> str | None:
    """What ink of this size, in heights, may be if it is one line."""
    if _DASH[0] <= width <= _DASH[1] and height <= _FLAT * width:
        return "dash"
    return "bar" if height >= _LEAST_BAR and height >= _UPRIGHT * width else None


def _slope(middle: Floats) -> float:
    """Of an upright line (k, 2), in dx by dy downwards."""
    across, down = middle[-1] - middle[0]
    return float(across / (abs(down) + 1e-9))


def _may_separate(box: Box, height: float) -> bool:
    """Whether the size of ink lets it be a separator at all, before its surroundings are looked at."""
    _, _, across, down = box
    is_square = min(across, down) >= _UPRIGHT * max(across, down)
    return not is_square or max(across, down) < _MOST_CROSS * height

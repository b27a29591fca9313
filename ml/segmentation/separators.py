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
from ml.segmentation.components import Boxes, Components, positions_by_owner
from ml.segmentation.ink_shape import Cross, InkShape, cross_of_lines
from ml.segmentation.separator_odds import FoundSeparator, Places

# Heights of the digits around, where no unit is named.
_TALL = 0.5  # of the line; lower ink says nothing about where digits begin and end
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
_CROSS = 1.1  # width and height of a cross, at most
_LEAST_CROSS = 0.2
_BENT = 0.12  # of its length; a bracket bends more, a 1 seldom does
_BROAD = 0.3  # of its height, is a bar broad beside its slope; a narrow zero is broader
_ALIKE = 0.15  # between the slopes of two bars of one kind, at most
_CLOSED = 0.3  # of how far a line runs from its first end, is its other end from that, at most, in a loop
_STRAIGHT = 0.22  # of its length; a bar that bends more is no separator
_BRACKET = 0.35  # width divided by height of a bar that bends, at most
_SHIFTED = 0.3  # of the points of a colon and the dashes of an equals sign, beside each other
_SHARED = 0.3  # of the narrower of two components of one digit, one above the other
_AROUND = 2  # digits on each side that say how high digits are here
_MANY = 6  # high components tell the slant of a hand as well as more do
_DAYS, _YEARS = {1, 2}, {2, 4}  # digits of days, months and years
_FAR = 1.5  # gaps count no more
_MOST = 60  # components; a longer line is a scribble


def find_separators(components: Components, line: Sequence[int], height: float) -> list[FoundSeparator]:
    """The components of a line that have the form of a separator; `height` is that of its digits.

    None where there is nothing to separate: one component, or none as high as a digit beside it.
    """
    owners = components.owners
    if not 1 < len(line) <= _MOST or height <= 0 or owners[line[0]] == owners[line[-1]]:
        return []
    return _LineOfInk(components, line, height).separators()


class _LineOfInk:
    """A line with what is around each of its components."""

    def __init__(self, components: Components, line: Sequence[int], height: float) -> None:
        self._components, self._line, self._height = components, line, height
        self._boxes = components.boxes[list(line)]
        self._left, self._right = self._boxes[:, 0], self._boxes[:, 0] + self._boxes[:, 2]
        self._middle = (self._left + self._right) / 2
        self._is_tall = self._boxes[:, 3] >= _TALL * height
        self._positions = positions_by_owner([components.owners[i] for i in line])
        is_cut = len(self._positions) < len(line)
        self._whole = (
            np.array([self._box(tuple(own)) for own in self._positions.values()]) if is_cut else self._boxes
        )
        self._shapes: dict[Places, InkShape] = {}
        self._surroundings: dict[Places, _Around] = {}

    def separators(self) -> list[FoundSeparator]:
        """All that have the form of one. What is part of a cross or a stack is not one by itself."""
        bars: list[_Bar] = []
        marks: dict[str, list[Places]] = {"dash": [], "mark": []}
        found: list[FoundSeparator] = []
        for own in self._positions.values():
            places = tuple(own)
            kind = self._kind(places)
            if kind == "bar":
                bars.append(self._bar(places))
            elif kind is not None:
                marks[kind].append(places)
            elif len(places) == 1 and not self._components.has_strokes:  # one stroke is no cross
                cross = self._cross(places[0])
                found += [] if cross is None else [self._as_cross(places, cross)]
        if len(self._positions) > 2:  # two strokes alone are no separator
            found += self._crossing(sorted([bar.places for bar in bars] + marks["dash"] + marks["mark"]))
            found += self._stacks(marks)
        taken = {place for pair in found for place in pair.places}
        marks["mark"] = [places for places in marks["mark"] if self._stands(places)]
        found += [self._as_mark(own, kind) for kind in marks for own in marks[kind] if not taken.intersection(own)]
        bars = [bar for bar in bars if not taken.intersection(bar.places)]
        bars = [bar for bar in bars if self._may_be_at(bar, bars)]
        return found + [self._as_bar(bar, [other for other in bars if other is not bar]) for bar in bars]

    def _kind(self, places: Places) -> str | None:
        """What the ink at these places may be by itself, "bar", "dash" or "mark"; None of any other ink."""
        box = self._box(places)
        if not _may_separate(box, self._height) or not self._may_be_bar_or_low(places, box):
            return None
        around = self._around(places)
        width, height = box[2] / around.unit, box[3] / around.unit
        is_low = box[1] > around.top + _LOW * around.unit
        kind = None if is_low and width <= _MARK and height > width else _kind_of_line(width, height)
        middle = None if kind is None else self._shape(places).middle
        if middle is not None and _bend(middle)[0] < _STRAIGHT:
            is_high = box[1] + box[3] / 2 < around.top + _LOWEST_DASH * around.unit
            return kind if (is_high if kind == "dash" else _may_be_bar(box, middle)) else None
        longest = _LONG_MARK if is_low else _MARK
        return (
            "mark" if width <= _MARK and height <= longest and self._is_mark(places, min(width, height)) else None
        )

    def _may_be_bar_or_low(self, places: Places, box: Box) -> bool:
        """Whether a stroke is low, or straight; most strokes are neither, and nothing else is asked of these."""
        if not self._components.has_strokes or box[3] < max(_SURELY_HIGH * self._height, _FLAT * box[2]):
            return True
        middle = self._shape(places).middle
        return middle is not None and _bend(middle)[0] < _STRAIGHT

    def _box(self, places: Places) -> Box:
        return _union(self._boxes[list(places)] if len(places) > 1 else self._boxes[places[0] : places[0] + 1])

    def _bar(self, places: Places) -> _Bar:
        middle = self._middle_line(places)
        bend, side = _bend(middle)
        return _Bar(places, -_slope(middle), self._box(places)[3], math.copysign(bend, side))

    def _cross(self, place: int) -> Cross | None:
        """The ink at a place as a cross, if it is of the size of one."""
        around = self._around((place,))
        width, height = self._boxes[place, 2:] / around.unit
        is_large = max(width, height) < _CROSS and min(width, height) > _LEAST_CROSS
        return self._components.cross(self._line[place]) if is_large else None

    def _is_mark(self, places: Places, shorter: float) -> bool:
        """Whether small ink, with this shorter side in heights, may be a point or a comma, and no small zero."""
        if not self._components.has_strokes:
            return shorter <= _NARROW_SPOT
        middle = self._shape(places).middle
        return shorter <= _NARROW_MARK or (middle is not None and _bend(middle)[0] < _STRAIGHT_MARK)

    def _stands(self, places: Places) -> bool:
        """Whether ink ends near the feet of the digits beside it."""
        around = self._around(places)
        _, y, _, height = self._box(places)
        return y + height > around.foot - _OVER_FOOT * around.unit

    def _may_be_at(self, bar: _Bar, others: Sequence[_Bar]) -> bool:
        """Whether a bar may separate at its place: at an end of the line only a bracket of a pair does."""
        around = self._around(bar.places)
        if max(around.gap_before, around.gap_after) < math.inf:
            return True
        return abs(bar.bend) > _BENT and any(
            other.bend * bar.bend < 0 and abs(other.bend) > _BENT for other in others
        )

    def _crossing(self, lines: Sequence[Places]) -> list[FoundSeparator]:
        """Two neighbouring strokes each that cross."""
        found: list[FoundSeparator] = []
        for a, b in pairwise(lines):
            if b[0] - a[-1] > 1 or self._left[list(b)].min() > self._right[list(a)].max():
                continue
            first, second = self._shape(a).middle, self._shape(b).middle
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
                above, below = sorted((self._box(places) for places in (first, second)), key=lambda box: box[1])
                gap = below[1] - above[1] - above[3]
                shift = abs(above[0] + above[2] / 2 - below[0] - below[2] / 2)
                unit = self._around((*first, *second)).unit
                if gap < 0 or shift > _SHIFTED * unit:
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
        hand, known = self._hand_slant(bar.places)
        unit = self._around(bar.places).unit
        alike = [other for other in others if abs(other.slope - bar.slope) <= _ALIKE]
        unlike = [other for other in others if other not in alike]
        turned = bar.slope - sum(other.slope for other in unlike) / len(unlike) if unlike else 0.0
        taller = (bar.height - sum(other.height for other in others) / len(others)) / unit if others else 0.0
        parts = self._parts_date([bar.places, *(other.places for other in alike)])
        form = (bar.slope - hand, bar.slope, hand, *_bend(self._middle_line(bar.places)))
        return self._found(bar.places, "bar", form, (turned, taller, min(len(alike), 3) / 3, parts, known))

    def _parts_date(self, bars: Sequence[Places]) -> float:
        """Whether bars at these places part the digits of the line as in a date: 1, or 0.5 of two parts only.

        Two bars part day, month and year, one bar day and month, or what is above and below a fraction.
        """
        rest = np.ones(len(self._line), bool)
        rest[[place for places in bars for place in places]] = False
        tall = np.flatnonzero(rest & self._is_tall)
        if len(bars) > 2 or not len(tall):
            return 0.0
        digits = _stacked(self._boxes[tall])
        middles = sorted(float(self._middle[list(places)].mean()) for places in bars)
        before = np.searchsorted(digits[:, 0] + digits[:, 2] / 2, middles)
        parts = np.diff([0, *before.tolist(), len(digits)]).tolist()
        if len(parts) == 2:
            return 0.5 * (set(parts) <= _DAYS)
        return float(set(parts[:2]) <= _DAYS and parts[2] in _YEARS)

    def _as_mark(self, places: Places, kind: str) -> FoundSeparator:
        if kind != "dash":
            return self._found(places, kind, (0.0,) * 5)
        middle = self._middle_line(places)
        across, down = middle[-1] - middle[0]
        return self._found(places, kind, (down / (abs(across) + 1e-9), 0.0, 0.0, *_bend(middle)))

    def _as_cross(self, places: Places, cross: Cross) -> FoundSeparator:
        hand, _ = self._hand_slant(places)
        return self._found(places, "cross", (cross.steep - hand, cross.steep, hand, cross.balance, cross.level))

    def _found(
        self, places: Places, kind: str, own: tuple[float, ...], beside: tuple[float, ...] = (0.0,) * 5
    ) -> FoundSeparator:
        """With its features: five of form, four of size and place, four of gaps, five of the line around bars."""
        around = self._around(places)
        _, y, width, height = self._box(places)
        gaps = (around.gap_before, around.gap_after)
        features = np.array(
            [
                *np.clip(own, -1.5, 1.5),
                min(height / around.unit, 2.5),
                min(width / around.unit, 2.5),
                np.clip((around.top - y) / around.unit, -1.2, 0.8),
                np.clip((y + height - around.foot) / around.unit, -1.2, 0.8),
                *np.clip(gaps, -0.6, _FAR),
                *(float(gap < math.inf) for gap in gaps),
                *np.clip(beside, -1.0, 1.0),
            ]
        )
        return FoundSeparator(places, kind, features)

    def _shape(self, places: Places) -> InkShape:
        if places not in self._shapes:
            self._shapes[places] = self._components.shape([self._line[place] for place in places])
        return self._shapes[places]

    def _middle_line(self, places: Places) -> Floats:
        """Of ink that is one line."""
        middle = self._shape(places).middle
        assert middle is not None
        return middle

    def _hand_slant(self, without: Places) -> tuple[float, float]:
        """How the high ink slants that is not at these places, and how well that is known, from 0 to 1."""
        tall = [place for place in np.flatnonzero(self._is_tall).tolist() if place not in without]
        if not tall:
            return 0.0, 0.0
        return float(np.median([self._shape((place,)).slant for place in tall])), min(len(tall), _MANY) / _MANY

    def _around(self, places: Places) -> _Around:
        """What is around these places."""
        if places in self._surroundings:
            return self._surroundings[places]
        own = self._box(places)
        middle = own[0] + own[2] / 2
        others = np.ones(len(self._line), bool)
        others[list(places)] = False
        whole = self._whole[[not {*places}.intersection(own_places) for own_places in self._positions.values()]]
        tall = whole[whole[:, 3] >= _TALL * self._height]
        digits = _stacked(tall if len(tall) else whole)
        centres = digits[:, 0] + digits[:, 2] / 2
        before, after = digits[centres < middle], digits[centres >= middle]
        near = np.concatenate([before[-1:], after[:1]])
        unit = max(float(np.concatenate([before[-_AROUND:], after[:_AROUND]])[:, 3].mean()), 1e-3 * self._height)
        is_before = others & (self._middle < middle)
        is_after = others & ~is_before
        gap_before = own[0] - self._right[is_before].max() if is_before.any() else math.inf
        gap_after = self._left[is_after].min() - own[0] - own[2] if is_after.any() else math.inf
        foot = float((near[:, 1] + near[:, 3]).mean())
        around = _Around(unit, float(near[:, 1].mean()), foot, gap_before / unit, gap_after / unit)
        self._surroundings[places] = around
        return around


@dataclass(frozen=True)
class _Bar:
    """An upright line by its places, its slope in dx by dy upwards, its height, and its bend in its lengths.

    An opening and a closing bracket have bends of different signs.
    """

    places: Places
    slope: float
    height: float
    bend: float


@dataclass(frozen=True)
class _Around:
    """The digits around some ink: their height, top and foot, and the gaps to the ink on both sides in heights."""

    unit: float
    top: float
    foot: float
    gap_before: float  # inf where it is the first ink of the line
    gap_after: float


def _kind_of_line(width: float, height: float) -> str | None:
    """What ink of this size, in heights, may be if it is one line."""
    if _DASH[0] <= width <= _DASH[1] and height <= _FLAT * width:
        return "dash"
    return "bar" if height >= _LEAST_BAR and height >= 0.8 * width else None


def _may_be_bar(box: Box, middle: Floats) -> bool:
    """Whether a line (k, 2) in a box is as narrow as a bracket, or as straight and thin as a slash."""
    _, _, width, height = box
    is_narrow = _bend(middle)[0] <= _BENT or width <= _BRACKET * height
    return is_narrow and width - abs(_slope(middle)) * height <= _BROAD * height


def _slope(middle: Floats) -> float:
    """Of an upright line (k, 2), in dx by dy downwards."""
    across, down = middle[-1] - middle[0]
    return float(across / (abs(down) + 1e-9))


def _may_separate(box: Box, height: float) -> bool:
    """Whether the size of ink lets it be a separator at all, before its surroundings are looked at."""
    _, _, across, down = box
    return down < 0.8 * across or across < 0.8 * down or max(across, down) < 1.3 * _CROSS * height


def _bend(middle: Floats) -> tuple[float, float]:
    """How far a line (k, 2) is from straight, in its lengths: the most, and to which side in the mean.

    (1, 0) where the ends are beside each other.
    """
    chord = middle[-1] - middle[0]
    offset = middle - middle[0]
    length = float(np.hypot(*chord))
    if length <= _CLOSED * math.sqrt((offset * offset).sum(axis=1).max()):
        return 1.0, 0.0
    away = (offset[:, 0] * chord[1] - offset[:, 1] * chord[0]) / length**2
    return float(np.abs(away).max()), float(away.mean())


def _stacked(boxes: Boxes) -> Boxes:
    """Boxes (n, 4) from left to right, with those above each other as one."""
    joined: list[Floats] = []
    for box in boxes[np.argsort(boxes[:, 0])]:
        if joined:
            last = joined[-1]
            shared = min(last[0] + last[2], box[0] + box[2]) - box[0]
            if shared > _SHARED * min(last[2], box[2]):
                joined[-1] = np.array(_union(np.stack([last, box])))
                continue
        joined.append(box)
    return np.array(joined)


def _union(boxes: Boxes) -> Box:
    """The box around boxes (n, 4)."""
    if len(boxes) == 1:
        x, y, width, height = boxes[0].tolist()
        return x, y, width, height
    left, top = boxes[:, :2].min(axis=0).tolist()
    right, bottom = (boxes[:, :2] + boxes[:, 2:]).max(axis=0).tolist()
    return left, top, right - left, bottom - top

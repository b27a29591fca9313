"""What may be a digit in one line of components: runs of neighbours, and strokes that lie over each other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ml.segmentation.components import Boxes, union_box
from ml.segmentation.costs import Costs
from ml.segmentation.stroke_affinity import Pairs
from ml.segmentation.text_lines import LineOrder

_MOST_ODDS = 8.0  # nats; nothing is surer than that
_HOPELESS = 7.0  # nats for holding strokes together; the network need not be asked
_SEVERAL = 1.5  # heights; a wider line holds more than one digit
_MOST_IN_SIGN = 12  # components that are asked as one thing however large; each pair of them costs time
_FLAT = 0.3  # heights; a lower component is a dash, however wide
_TALL = 0.5  # heights; lower components are marks, and stand on no line
_STEEPEST = 0.3  # of a line of writing
_SLOPING = 4  # components; fewer say nothing of the slope of a line
_MOST_SKIPPING = 60  # components of a line; beyond that it is a scribble, and every way through it costs time


class Components(Protocol):
    """What is known of components that are strokes, components of pictures, or parts of those, besides their boxes."""

    @property
    def has_strokes(self) -> bool:
        """Whether they are strokes; of pictures `linked` and `may_be_ligature` know nothing."""
        ...

    @property
    def owners(self) -> Sequence[int]:
        """Of which stroke or component each component is; the parts of one follow each other."""
        ...

    def affinity_log_odds(self, pairs: Pairs, heights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of pairs (m, 2) of components and the heights (m,) of their lines the log odds that one digit has both."""
        ...

    def crossed_ink(self, component: int) -> float:
        """The ink in widths of the line that the cut before a part crosses; 0 of strokes."""
        ...

    def may_be_ligature(self, component: int) -> bool:
        """Whether it may be no more than the way from one digit to the next."""
        ...


@dataclass(frozen=True)
class Candidate:
    """Pieces of line `line`, taken as one digit."""

    line: int
    places: int  # of its components along the line, a bit for each
    components: LineOrder
    box: tuple[float, float, float, float]
    min_side: float
    cost: float  # of an unusual size and place, in nats,
    low_cost: float  # and more than that as any digit but 0, which alone is often low
    prior_cost: (
        float  # of beginning here, and of holding its components together, whether it is a digit or not, in nats
    )
    negative_cost: float  # of its components as one thing that is no digit
    may_be_ligature: bool  # may be no more than the way from one digit to the next


class CandidateLine:
    """What may be a digit in one line."""

    def __init__(
        self,
        boxes: Boxes,
        number: int,
        line: LineOrder,
        height: float,
        weights: Costs,
        components: Components | None,
    ) -> None:
        self._all = len(boxes)
        self._boxes = boxes[list(line)]
        self._number, self._line, self._height = number, line, height
        self._weights, self._ties = weights, components
        self._sides = np.concatenate(
            [self._boxes[:, :2], self._boxes[:, :2] + self._boxes[:, 2:]], axis=1
        ).tolist()
        self._overlaps = _overlaps(self._boxes, height)
        self._wide = float(union_box(self._boxes)[2])
        self._owners = range(len(line)) if components is None else [components.owners[i] for i in line]
        self._strange = _strange_overlaps(self._boxes, height, self._owners)
        self._parts: dict[int, list[int]] = {}  # of each stroke, its places as they were drawn
        for place, owner in enumerate(self._owners):
            self._parts.setdefault(owner, []).append(place)
        self._cut = len(self._parts) < len(line)
        self._base = (0.0, 0.0) if components is None or components.has_strokes else self._base_line()

    def candidates(self) -> list[Candidate]:
        """Each component alone is always among them, so that there is a path."""
        sets = _runs(self._overlaps, self._weights)
        if self._ties is not None and self._ties.has_strokes:
            sets += self._skipping()
        if self._cut:
            sets = [s for s in dict.fromkeys([*sets, *self._part_runs()]) if self._is_drawn_on(s)]
        sets = [s for s in sets if len(s) == 1 or self._is_stroke(s) or self._fits(s)]
        whole = tuple(range(len(self._line)))
        if self._is_written() and len(whole) <= _MOST_IN_SIGN and whole not in sets:
            sets.append(whole)
        costs = self.link_costs(sets)
        return [self._candidate(s, cost) for s, cost in zip(sets, costs, strict=True) if cost < _HOPELESS]

    def _candidate(self, places: LineOrder, cost: float) -> Candidate:
        components = tuple(self._line[i] for i in places)
        box = self._around(places)
        return Candidate(
            line=self._number,
            places=sum(1 << i for i in places),
            components=components,
            box=box,
            min_side=self._weights.min_side * self._height,
            cost=self._shape_cost(box),
            low_cost=_low_cost(box[3], self._height, self._weights),
            prior_cost=cost + self._before(places),
            negative_cost=self._junk(places, box),
            may_be_ligature=self._cut
            and len(components) == 1
            and self._ties is not None
            and self._ties.may_be_ligature(components[0]),
        )

    def _base_line(self) -> tuple[float, float]:
        """Slope and height at x = 0 of the line on which most of the digits stand."""
        whole = np.array([union_box(self._boxes[places]) for places in self._parts.values()])
        tall = whole[whole[:, 3] >= _TALL * min(self._height, whole[:, 3].max())]
        x, foot = tall[:, 0] + tall[:, 2] / 2, tall[:, 1] + tall[:, 3]
        slope = 0.0
        if len(tall) >= _SLOPING:
            a, b = np.triu_indices(len(tall), 1)
            far = x[b] - x[a] > 0.5 * self._height  # the halves of a broken digit say nothing of a slope
            slopes = (foot[b] - foot[a])[far] / (x[b] - x[a])[far]
            slope = float(np.clip(np.median(slopes), -_STEEPEST, _STEEPEST)) if len(slopes) else 0.0  # Theil 1950
        return slope, float(np.median(foot - slope * x))

    def _shape_cost(self, box: tuple[float, float, float, float]) -> float:
        """Of an unusual size and place in the line."""
        x, y, width, height = box
        cost = _height_cost(height, self._height, self._weights.height_spread, self._weights)
        if self._ties is None or self._is_written():
            return cost
        usual = max(self._height, 1e-9)
        slope, level = self._base
        away = (y + height - level - slope * (x + width / 2)) / usual / self._weights.base_spread
        wide = max(0.0, width / usual - 1.0) / self._weights.wide_spread
        return cost + min(0.5 * away**2, self._weights.base_cap) + 0.5 * wide**2

    def _lost(self, box: tuple[float, float, float, float]) -> float:
        """Beside other digits, ink as high as one is seldom something else."""
        width, height = box[2] / max(self._height, 1e-9), box[3] / max(self._height, 1e-9)
        mark = max(width, height) < self._weights.mark_size or height < _FLAT
        if self._ties is None or mark or self._wide < _SEVERAL * self._height:
            return 0.0
        return self._weights.large_negative * max(width, height, 1.0)

    def _is_tied(self, place: int) -> bool:
        """Whether what is left of a place may be one thing with what is right of it."""
        cut = self._owners[place - 1] == self._owners[place] and not self._is_written()
        return cut or self._overlaps[place] > 0

    def _is_written(self) -> bool:
        return self._ties is not None and self._ties.has_strokes

    def _junk(self, places: LineOrder, box: tuple[float, float, float, float]) -> float:
        """Of taking them as one thing that is no digit; components of a picture must be tied for that."""
        if self._is_written():
            whole = self._weights.whole_negative if len(places) > 1 else 0.0
            return whole if len(places) == self._all else self._weights.negative
        inner = range(places[0] + 1, places[-1] + 1)
        tied = len(inner) < len(places) and all(self._is_tied(place) for place in inner)
        if not tied and not self._is_stroke(places):
            return math.inf
        return (self._weights.negative if self._all > 1 else 0.0) + self._lost(box)

    def _before(self, places: LineOrder) -> float:
        parting = self._parting(places)
        if self._is_written():
            return (self._weights.segment if places[0] else 0.0) + parting
        return parting + (_before(self._strange[places[0]], self._weights) if places[0] else 0.0)

    def _parting(self, places: LineOrder) -> float:
        """The cost of all cuts that begin a part of these places."""
        if self._ties is None or not self._cut:
            return 0.0
        components = {self._line[i] for i in places}
        owners = self._ties.owners
        cuts = [i for i in components if i > 0 and owners[i] == owners[i - 1] and i - 1 not in components]
        if self._ties.has_strokes:
            return self._weights.stroke_cut * len(cuts)
        return sum(
            self._weights.component_cut + self._weights.crossed_ink * self._ties.crossed_ink(i) for i in cuts
        )

    def _skipping(self) -> list[LineOrder]:
        """Places of two that lie over each other, with something between their middles: late hats, crossings."""
        if len(self._boxes) > _MOST_SKIPPING:
            return []
        x, w = self._boxes[:, 0], self._boxes[:, 2]
        found: list[LineOrder] = []
        for start in range(len(x)):
            for other in range(start + 2, min(start + self._weights.longest_run, len(x) - 1) + 1):
                shared = min(x[start] + w[start], x[other] + w[other]) - max(x[start], x[other])
                if shared >= self._weights.skip_overlap * min(w[start], w[other]):
                    found.append((start, other))
        return found

    def _part_runs(self) -> list[LineOrder]:
        """Parts of a stroke that follow each other, up to the whole stroke."""
        return [
            tuple(places[a:b])
            for places in self._parts.values()
            for a in range(len(places))
            for b in range(a + 2, len(places) + 1)
        ]

    def _is_drawn_on(self, places: LineOrder) -> bool:
        """Whether no part of a stroke is left out between two others of it."""
        return all(b - a == 1 or self._owners[a] != self._owners[b] for a, b in pairwise(places))

    def _is_stroke(self, places: LineOrder) -> bool:
        """Whether they are a whole stroke, which may be of any size."""
        return self._cut and self._is_written() and list(places) == self._parts[self._owners[places[0]]]

    def _fits(self, places: LineOrder) -> bool:
        _, _, width, height = self._around(places)
        return width <= self._weights.widest * self._height and height <= self._weights.tallest * self._height

    def _around(self, places: LineOrder) -> tuple[float, float, float, float]:
        """The box around the components; for so few numbers NumPy takes ten times as long."""
        left, top, right, bottom = zip(*(self._sides[i] for i in places), strict=True)
        x, y = min(left), min(top)
        return x, y, max(right) - x, max(bottom) - y

    def link_costs(self, sets: Sequence[LineOrder]) -> list[float]:
        """For each set the cost of the likeliest links that hold it together (a least spanning tree)."""
        pairs = sorted({pair for places in sets for pair in combinations(places, 2)})
        if not pairs or self._ties is None:
            return [0.0] * len(sets)
        components = np.array([(self._line[a], self._line[b]) for a, b in pairs])
        odds = self._ties.affinity_log_odds(components, np.full(len(pairs), self._height)).clip(
            -_MOST_ODDS, _MOST_ODDS
        )
        owners = np.array(self._ties.owners)[components]
        odds[owners[:, 0] == owners[:, 1]] = 0.0  # what it costs to part them is asked elsewhere
        cost = dict(zip(pairs, (-self._weights.affinity * odds).tolist(), strict=True))
        return [_least_tree(places, cost) for places in sets]


def _runs(overlaps: Sequence[float], weights: Costs) -> list[LineOrder]:
    """Places of neighbours without a wide gap between them."""
    found = []
    for start in range(len(overlaps)):
        for stop in range(start + 1, min(start + weights.longest_run, len(overlaps)) + 1):
            if stop - start > 1 and overlaps[stop - 1] < -weights.gap:
                break
            found.append(tuple(range(start, stop)))
    return found


def _least_tree(places: LineOrder, cost: Mapping[tuple[int, int], float]) -> float:
    """Prim 1957, for a handful of nodes."""
    total, inside, outside = 0.0, {places[0]}, set(places[1:])
    while outside:
        least, node = min((cost[min(a, b), max(a, b)], b) for a in inside for b in outside)
        total += least
        inside.add(node)
        outside.remove(node)
    return total


def _before(overlap: float, weights: Costs) -> float:
    return weights.segment + weights.overlap * max(0.0, overlap - weights.overlap_free)


def _overlaps(boxes: Boxes, height: float) -> list[float]:
    """How far what is left of a position reaches over what is right of it, in heights; gaps are negative.

    What is far wider than a digit, such as a line under the number, is taken for a point and components nothing.
    """
    middle, half = boxes[:, 0] + boxes[:, 2] / 2, np.where(boxes[:, 2] > 2 * height, 0.0, boxes[:, 2] / 2)
    left, right = middle - half, middle + half
    reached = np.maximum.accumulate(right)[:-1]
    begins = np.minimum.accumulate(left[::-1])[::-1][1:]
    return [-math.inf, *((reached - begins) / max(height, 1e-9)).tolist()]


def _strange_overlaps(boxes: Boxes, height: float, owners: Sequence[int]) -> list[float]:
    """The same, but parts of one component do not reach over each other."""
    if len(set(owners)) == len(owners):
        return _overlaps(boxes, height)
    middle, half = boxes[:, 0] + boxes[:, 2] / 2, np.where(boxes[:, 2] > 2 * height, 0.0, boxes[:, 2] / 2)
    over = np.subtract.outer(middle + half, middle - half)
    number = np.asarray(owners)
    over[number[:, None] == number] = -math.inf
    reached = np.maximum.accumulate(np.maximum.accumulate(over, axis=0)[:, ::-1], axis=1)[:, ::-1]
    return [-math.inf, *(np.diagonal(reached, 1) / max(height, 1e-9)).tolist()]


def _height_cost(height: float, usual: float, spread: float, weights: Costs) -> float:
    if usual <= 0:
        return 0.0
    deviation = math.log(max(height / usual, 1e-3)) / spread
    return min(0.5 * deviation**2, weights.height_cap)


def _low_cost(height: float, usual: float, weights: Costs) -> float:
    if height >= usual:
        return 0.0
    as_zero, as_other = (
        _height_cost(height, usual, spread, weights) for spread in (weights.height_spread, weights.low_spread)
    )
    return max(0.0, as_other - as_zero)


def _box(box: NDArray[np.float64]) -> tuple[float, float, float, float]:
    x, y, w, h = box.tolist()
    return x, y, w, h

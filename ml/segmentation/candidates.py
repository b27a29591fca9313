"""Which components of a line may be one digit, and what each such candidate costs before a network has seen it."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise

import numpy as np

from ml.ink.strokes import Box
from ml.labels import Floats
from ml.segmentation.components import Boxes, Components, positions_by_owner, union_box
from ml.segmentation.costs import Costs
from ml.segmentation.separator_odds import Places, shipped_separators
from ml.segmentation.separators import find_separators
from ml.segmentation.text_lines import LineOrder

_MAX_LOG_ODDS = 8.0  # affinities are clipped to this
_MAX_AFFINITY_COST = 4.0  # nats; dearer candidates are dropped before a network scores them
_MAX_SIGN_COMPONENTS = 12  # a line of no more is a candidate as a whole; each pair of components costs time
_MAX_SKIPPING = 60  # components; a longer line is a scribble, and every path through it costs time
_SEVERAL_DIGITS = 1.5  # heights; a wider line holds more than one digit
_FLAT = 0.3  # heights; a lower component is a dash, however wide
_TALL = 0.5  # heights; lower ink is a mark, and does not stand on the base line
_MAX_SLOPE = 0.3  # of a base line
_MIN_SLOPED = 4  # connected components; fewer say nothing about the slope of their line


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidate:
    """Components of one line, taken as one digit, and as a key equal to itself alone. Costs are in nats."""

    line: int  # number of the line in its layout
    places: int  # of its components along the line, a bit for each
    components: tuple[int, ...]
    box: Box  # in units of the drawing
    min_side: float  # smallest side of the square of its glyph, in units of the drawing
    cost: float  # as a digit: of an unusual size and place
    low_cost: float  # as any digit but 0, which alone is often low: in addition to `cost`
    prior_cost: float  # as a digit or not: of beginning here, and of holding its components together
    negative_cost: float  # as no digit
    is_high: bool  # as high as a digit
    may_be_ligature: bool  # may only lead from one digit to the next
    separator_log_odds: float = -math.inf  # that it separates numbers, and is neither a digit nor a part of one


def candidate_line(
    components: Components, costs: Costs, number: int, line: LineOrder, height: float
) -> CandidateLine:
    """The line `number` of a layout, of digits of this height, with the rules for strokes or for pictures."""
    kind = StrokeLine if components.has_strokes else ImageLine
    return kind(components, costs, number, line, height)


class CandidateLine(ABC):
    """One line of components, and what may be a digit in it."""

    def __init__(self, components: Components, costs: Costs, number: int, line: LineOrder, height: float) -> None:
        self._components, self._costs = components, costs
        self._number, self._line, self._height = number, line, height
        self._boxes = components.boxes[list(line)]
        self._corners = np.concatenate(
            [self._boxes[:, :2], self._boxes[:, :2] + self._boxes[:, 2:]], axis=1
        ).tolist()
        self._overlaps = _overlaps(self._boxes, height)
        self._owners = [components.owners[i] for i in line]
        self._positions = positions_by_owner(self._owners)
        self._is_cut = len(self._positions) < len(line)

    def candidates(self) -> list[Candidate]:
        """Each component alone is always among them, so that there is a path through the line."""
        separators = shipped_separators().log_odds(find_separators(self._components, self._line, self._height))
        sets = list(dict.fromkeys([*self._place_sets(), *separators]))
        candidates = []
        for places, affinity_cost in zip(sets, self.affinity_costs(sets), strict=True):
            if affinity_cost >= _MAX_AFFINITY_COST:
                continue
            components = tuple(self._line[i] for i in places)
            box = self._box(places)
            low_cost = 0.0
            if box[3] < self._height:
                as_zero = self._height_cost(box[3], self._costs.height_spread)
                low_cost = max(0.0, self._height_cost(box[3], self._costs.low_spread) - as_zero)
            candidate = Candidate(
                line=self._number,
                places=sum(1 << i for i in places),
                components=components,
                box=box,
                min_side=self._costs.min_side * self._height,
                cost=self._shape_cost(box),
                low_cost=low_cost,
                prior_cost=affinity_cost + self._start_cost(places) + _separated_cost(places, separators),
                negative_cost=self._negative_cost(places, box),
                is_high=box[3] >= _TALL * self._height,
                may_be_ligature=len(components) == 1 and self._components.may_be_ligature(components[0]),
                separator_log_odds=separators.get(places, -math.inf),
            )
            candidates.append(candidate)
        return candidates

    def affinity_costs(self, sets: Sequence[Places]) -> list[float]:
        """For each set of places the cost, in nats, of the likeliest links that hold its components together.

        These are a minimum spanning tree. Links between parts of one owner cost nothing: cuts have a cost instead.
        """
        pairs = sorted({pair for places in sets for pair in combinations(places, 2)})
        if not pairs:
            return [0.0] * len(sets)
        components = np.array([(self._line[a], self._line[b]) for a, b in pairs])
        log_odds = self._components.affinity_log_odds(components, np.full(len(pairs), self._height))
        log_odds = log_odds.clip(-_MAX_LOG_ODDS, _MAX_LOG_ODDS)
        owners = np.array(self._components.owners)[components]
        log_odds[owners[:, 0] == owners[:, 1]] = 0.0
        link_costs = dict(zip(pairs, (-self._costs.affinity * log_odds).tolist(), strict=True))
        return [_spanning_tree_cost(places, link_costs) for places in sets]

    @abstractmethod
    def _place_sets(self) -> list[Places]:
        """The places of the components of each candidate."""

    @abstractmethod
    def _start_cost(self, places: Places) -> float:
        """What it costs that a candidate begins at these places, and all cuts that begin a part of it."""

    @abstractmethod
    def _negative_cost(self, places: Places, box: Box) -> float:
        """What it costs that these components are together one thing that is no digit; inf if they cannot be."""

    def _runs(self) -> list[Places]:
        """Places of neighbours without a wide gap between them."""
        n = len(self._overlaps)
        runs = []
        for start in range(n):
            for stop in range(start + 1, min(start + self._costs.longest_run, n) + 1):
                if stop - start > 1 and self._overlaps[stop - 1] < -self._costs.gap:
                    break
                runs.append(tuple(range(start, stop)))
        return runs

    def _with_part_runs(self, sets: list[Places]) -> list[Places]:
        """Also runs of parts of one owner, up to all of it; no set leaves out a part between two others."""
        if not self._is_cut:
            return sets
        part_runs = [
            tuple(own[start:stop])
            for own in self._positions.values()
            for start, stop in combinations(range(len(own) + 1), 2)
            if stop - start > 1
        ]
        unbroken = []
        for places in dict.fromkeys([*sets, *part_runs]):
            if all(b - a == 1 or self._owners[a] != self._owners[b] for a, b in pairwise(places)):
                unbroken.append(places)
        return unbroken

    def _fits(self, places: Places) -> bool:
        """Whether the components are no larger than a digit, as one of them always is."""
        if len(places) == 1:
            return True
        _, _, width, height = self._box(places)
        return width <= self._costs.widest * self._height and height <= self._costs.tallest * self._height

    def _box(self, places: Places) -> Box:
        """The box around components; for so few numbers NumPy takes ten times as long."""
        left, top, right, bottom = zip(*(self._corners[i] for i in places), strict=True)
        x, y = min(left), min(top)
        return x, y, max(right) - x, max(bottom) - y

    def _cuts(self, places: Places) -> list[int]:
        """The components that a cut separates from the part before them, which is not at these places."""
        chosen = {self._line[i] for i in places}
        owners = self._components.owners
        return [i for i in chosen if i > 0 and owners[i] == owners[i - 1] and i - 1 not in chosen]

    def _shape_cost(self, box: Box) -> float:
        """What an unusual size and place in the line cost; here only the height counts."""
        return self._height_cost(box[3], self._costs.height_spread)

    def _height_cost(self, height: float, spread: float) -> float:
        """What an unusual height costs where log heights have the standard deviation `spread`."""
        if self._height <= 0:
            return 0.0
        deviation = math.log(max(height / self._height, 1e-3)) / spread
        return min(0.5 * deviation**2, self._costs.height_cap)


class StrokeLine(CandidateLine):
    """A line of strokes: late strokes may skip others, and all of the line may be one sign."""

    def _place_sets(self) -> list[Places]:
        sets = []
        for places in self._with_part_runs(self._runs() + self._skipping()):
            whole_stroke = self._positions[self._owners[places[0]]]  # all its parts: it may be of any size
            if self._fits(places) or list(places) == whole_stroke:
                sets.append(places)
        everything = tuple(range(len(self._line)))
        if len(everything) <= _MAX_SIGN_COMPONENTS and everything not in sets:
            sets.append(everything)
        return sets

    def _skipping(self) -> list[Places]:
        """Pairs that lie over each other, with the middle of another between theirs: late hats, crossings."""
        n = len(self._boxes)
        if n > _MAX_SKIPPING:
            return []
        x, w = self._boxes[:, 0], self._boxes[:, 2]
        pairs: list[Places] = []
        for start in range(n):
            for other in range(start + 2, min(start + self._costs.longest_run, n - 1) + 1):
                shared = min(x[start] + w[start], x[other] + w[other]) - max(x[start], x[other])
                if shared >= self._costs.skip_overlap * min(w[start], w[other]):
                    pairs.append((start, other))
        return pairs

    def _start_cost(self, places: Places) -> float:
        segment = self._costs.segment if places[0] else 0.0
        return segment + self._costs.stroke_cut * len(self._cuts(places))

    def _negative_cost(self, places: Places, box: Box) -> float:
        if len(places) < len(self._components.boxes):
            return self._costs.negative
        if len(places) == 1:
            return self._costs.lone_negative
        wide = max(0.0, box[2] / max(self._height, 1e-9) - _SEVERAL_DIGITS)
        return self._costs.whole_negative + self._costs.whole_wide * wide


class ImageLine(CandidateLine):
    """A line of a picture: digits stand on a base line, and ink as large as a digit is seldom anything else."""

    def _place_sets(self) -> list[Places]:
        return [places for places in self._with_part_runs(self._runs()) if self._fits(places)]

    def _shape_cost(self, box: Box) -> float:
        x, y, width, height = box
        unit = max(self._height, 1e-9)
        slope, level = self._base_line
        away = (y + height - level - slope * (x + width / 2)) / unit / self._costs.base_spread
        wide = max(0.0, width / unit - 1.0) / self._costs.wide_spread
        return super()._shape_cost(box) + min(0.5 * away**2, self._costs.base_cap) + 0.5 * wide**2

    @cached_property
    def _base_line(self) -> tuple[float, float]:
        """Slope, and height at x = 0, of the line on which most of the digits stand.

        The slope is the median of the slopes between pairs (Theil 1950).
        """
        boxes = np.array([union_box(self._boxes[own]) for own in self._positions.values()])
        tall = boxes[boxes[:, 3] >= _TALL * min(self._height, boxes[:, 3].max())]
        x, foot = tall[:, 0] + tall[:, 2] / 2, tall[:, 1] + tall[:, 3]
        slope = 0.0
        if len(tall) >= _MIN_SLOPED:
            a, b = np.triu_indices(len(tall), 1)
            far = x[b] - x[a] > 0.5 * self._height  # the halves of a broken digit say nothing about a slope
            slopes = (foot[b] - foot[a])[far] / (x[b] - x[a])[far]
            slope = float(np.clip(np.median(slopes), -_MAX_SLOPE, _MAX_SLOPE)) if len(slopes) else 0.0
        return slope, float(np.median(foot - slope * x))

    def _start_cost(self, places: Places) -> float:
        cuts = sum(
            self._costs.component_cut + self._costs.crossed_ink * self._components.crossed_ink(i)
            for i in self._cuts(places)
        )
        if not places[0]:
            return cuts
        overlap = max(0.0, self._overlaps_of_owners[places[0]] - self._costs.overlap_free)
        return cuts + (self._costs.segment + self._costs.overlap * overlap)

    @cached_property
    def _overlaps_of_owners(self) -> list[float]:
        """As `_overlaps`, but parts of one owner do not reach over each other."""
        if not self._is_cut:
            return self._overlaps
        left, right = _extents(self._boxes, self._height)
        over = np.subtract.outer(right, left)
        owners = np.asarray(self._owners)
        over[owners[:, None] == owners] = -math.inf
        reached = np.maximum.accumulate(np.maximum.accumulate(over, axis=0)[:, ::-1], axis=1)[:, ::-1]
        return [-math.inf, *(np.diagonal(reached, 1) / max(self._height, 1e-9)).tolist()]

    def _negative_cost(self, places: Places, box: Box) -> float:
        inner = range(places[0] + 1, places[-1] + 1)
        are_neighbours = len(inner) < len(places)
        # Ink on both sides of a place may be one thing if it has one owner or overlaps there.
        hold_together = all(self._owners[i - 1] == self._owners[i] or self._overlaps[i] > 0 for i in inner)
        if not are_neighbours or not hold_together:
            return math.inf
        cost = self._costs.negative if len(self._components.boxes) > 1 else 0.0
        unit = max(self._height, 1e-9)
        width, height = box[2] / unit, box[3] / unit
        is_mark = max(width, height) < self._costs.mark_size or height < _FLAT
        if is_mark or self._width < _SEVERAL_DIGITS * self._height:
            return cost
        return cost + self._costs.large_negative * max(width, height, 1.0)

    @cached_property
    def _width(self) -> float:
        return float(union_box(self._boxes)[2])


def _separated_cost(places: Places, separators: Mapping[Places, float]) -> float:
    """What it costs, in nats, that ink at these places is no separator, but with other ink or in parts.

    `separators` are the log odds of what may be one. Each path has one candidate with its first place.
    """
    return sum(
        math.log1p(math.exp(log_odds))
        for own, log_odds in separators.items()
        if own[0] in places and own != places
    )


def _spanning_tree_cost(places: Places, link_costs: Mapping[tuple[int, int], float]) -> float:
    """The cost of a minimum spanning tree of a few nodes, by Prim's method (1957)."""
    total, inside, outside = 0.0, {places[0]}, set(places[1:])
    while outside:
        least, node = min((link_costs[min(a, b), max(a, b)], b) for a in inside for b in outside)
        total += least
        inside.add(node)
        outside.remove(node)
    return total


def _overlaps(boxes: Boxes, height: float) -> list[float]:
    """For each place how far the ink left of it reaches over the ink at it and right of it.

    In heights; gaps are negative, and the first is -inf.
    """
    left, right = _extents(boxes, height)
    reached = np.maximum.accumulate(right)[:-1]
    begins = np.minimum.accumulate(left[::-1])[::-1][1:]
    return [-math.inf, *((reached - begins) / max(height, 1e-9)).tolist()]


def _extents(boxes: Boxes, height: float) -> tuple[Floats, Floats]:
    """The left and right ends (n,) of boxes (n, 4).

    What is far wider than a digit, such as a line under the number, counts as a point: it separates nothing.
    """
    middle, half = boxes[:, 0] + boxes[:, 2] / 2, np.where(boxes[:, 2] > 2 * height, 0.0, boxes[:, 2] / 2)
    return middle - half, middle + half

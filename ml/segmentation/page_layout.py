"""Where digits may be: the lines of a page, and in each of them the candidates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ml.segmentation.candidates import Candidate, CandidateLine
from ml.segmentation.components import Boxes, Components, typical_height, union_box
from ml.segmentation.costs import Costs
from ml.segmentation.stroke_affinity import Pairs
from ml.segmentation.text_lines import LineOrder, connected_groups, find_lines

_SURELY = 3.0  # log odds that one digit has both strokes


@dataclass(frozen=True)
class PageLayout:
    """One way to see the page: its lines and, line after line, their candidates."""

    lines: tuple[LineOrder, ...]
    heights: tuple[float, ...]
    candidates: tuple[Candidate, ...]


def find_layouts(boxes: Boxes, weights: Costs, components: Components | None = None) -> list[PageLayout]:
    """The page in lines; few components on several lines also as one digit, such as an 8 of two circles.

    `components` are known of strokes; of other components only how far they reach over each other.
    """
    lines = (
        find_lines(boxes)
        if components is None
        else find_lines(boxes, _clusters(boxes, components), components.owners)
    )
    found = [_layout(boxes, lines, weights, components)]
    strokes = len(boxes) if components is None else len(set(components.owners))
    if len(lines) > 1 and strokes <= weights.longest_run:
        whole = tuple(range(len(boxes)))
        box = union_box(boxes)
        [cost] = CandidateLine(boxes, 0, whole, float(box[3]), weights, components).link_costs([whole])
        one = Candidate(
            0,
            2 ** len(boxes) - 1,
            whole,
            _box(box),
            0.0,
            0.0,
            0.0,
            max(0.0, cost),
            negative_cost=weights.whole_negative
            if components is not None and components.has_strokes
            else math.inf,
            may_be_ligature=False,
        )
        found.append(PageLayout((whole,), (float(box[3]),), (one,)))
    return found


def _layout(boxes: Boxes, lines: Sequence[LineOrder], weights: Costs, components: Components | None) -> PageLayout:
    heights = tuple(typical_height(_whole(boxes, line, components)[:, 3]) for line in lines)
    found = [
        candidate
        for number, (line, height) in enumerate(zip(lines, heights, strict=True))
        for candidate in CandidateLine(boxes, number, line, height, weights, components).candidates()
    ]
    return PageLayout(tuple(lines), heights, tuple(found))


def _whole(boxes: Boxes, line: LineOrder, components: Components | None) -> Boxes:
    """The boxes of the strokes of a line: their parts say little about its height."""
    if components is None or len(set(components.owners)) == len(boxes):
        return boxes[list(line)]
    parts: dict[int, list[int]] = {}
    for component in line:
        parts.setdefault(components.owners[component], []).append(component)
    return np.array([union_box(boxes[own]) for own in parts.values()])


def _clusters(boxes: Boxes, components: Components) -> list[list[int]]:
    """Pieces that are surely on one line: parts of a stroke, and low strokes that make one digit."""
    if len(boxes) == 1:
        return [[0]]
    height = max(typical_height(boxes[:, 3]), 1e-9)
    owners = np.asarray(components.owners)
    near = owners[:, None] == owners
    pairs = _low_pairs(boxes, height)
    if len(pairs):
        chosen = pairs[components.affinity_log_odds(pairs, np.full(len(pairs), height)) > _SURELY]
        near[chosen[:, 0], chosen[:, 1]] = near[chosen[:, 1], chosen[:, 0]] = True
    group = connected_groups(near)
    return [np.flatnonzero(group == g).tolist() for g in np.unique(group)]


def _low_pairs(boxes: Boxes, height: float) -> Pairs:
    """(m, 2) pairs of components drawn soon after each other, one of them low, that together are a digit high."""
    n = len(boxes)
    found = []
    for a, b in combinations(range(n), 2):
        if b - a > 3:
            continue
        two = boxes[[a, b]]
        w, h = union_box(two)[2:]
        if two[:, 3].min() < 0.75 * height and h < 1.5 * height and w < two[:, 2].sum() + 0.2 * height:
            found.append((a, b))
    return np.array(found, np.int64).reshape(-1, 2)


def _box(box: NDArray[np.float64]) -> tuple[float, float, float, float]:
    x, y, w, h = box.tolist()
    return x, y, w, h

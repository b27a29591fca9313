"""Layouts of a drawing: its components as lines, and the candidates of each line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml.segmentation.candidates import Candidate, candidate_line
from ml.segmentation.components import Components, positions_by_owner, typical_height, union_box
from ml.segmentation.costs import Costs
from ml.segmentation.text_lines import LineOrder, find_lines


@dataclass(frozen=True)
class PageLayout:
    """One way to see the drawing: its lines from top to bottom, and line after line their candidates."""

    lines: tuple[LineOrder, ...]
    heights: tuple[float, ...]  # of a digit in each line, in units of the drawing
    candidates: tuple[Candidate, ...]


def find_layouts(components: Components, costs: Costs) -> list[PageLayout]:
    """The layout in lines; few components on several lines also as one digit, such as an 8 of two circles."""
    lines = find_lines(components)
    owner_count = len(set(components.owners))
    heights: list[float] = []
    candidates: list[Candidate] = []
    for number, line in enumerate(lines):
        boxes = components.boxes[list(line)]
        if owner_count < len(components.boxes):  # parts of one owner say little about the height of digits
            positions = positions_by_owner([components.owners[i] for i in line])
            boxes = np.array([union_box(boxes[own]) for own in positions.values()])
        heights.append(typical_height(boxes[:, 3]))
        candidates += candidate_line(components, costs, number, line, heights[-1]).candidates()
    layouts = [PageLayout(tuple(lines), tuple(heights), tuple(candidates))]
    if len(lines) > 1 and owner_count <= costs.longest_run:
        layouts.append(_layout_as_one_digit(components, lines, costs))
    return layouts


def _layout_as_one_digit(components: Components, lines: Sequence[LineOrder], costs: Costs) -> PageLayout:
    """All components as one candidate; its size costs nothing, because there is no other digit.

    Where the lines lie close to each other it is likelier than several lines of one digit each: few people write
    numbers so close below each other, and many draw an 8 of two rings.
    """
    n = len(components.boxes)
    everything = tuple(range(n))
    x, y, width, height = union_box(components.boxes).tolist()
    [affinity_cost] = candidate_line(components, costs, 0, everything, height).affinity_costs([everything])
    candidate = Candidate(
        line=0,
        places=2**n - 1,
        components=everything,
        box=(x, y, width, height),
        min_side=0.0,
        cost=-costs.stacked * _closeness(components, lines, costs.stacked_gap * height),
        low_cost=0.0,
        prior_cost=max(0.0, affinity_cost),
        negative_cost=costs.whole_negative if components.has_strokes else math.inf,
        is_high=True,
        may_be_ligature=False,
    )
    return PageLayout((everything,), (height,), (candidate,))


def _closeness(components: Components, lines: Sequence[LineOrder], widest_gap: float) -> float:
    """1 for lines that touch or overlap, 0 where two of them have a gap of `widest_gap` or more between them."""
    boxes = np.array([union_box(components.boxes[list(line)]) for line in lines])
    gaps = boxes[1:, 1] - boxes[:-1, 1] - boxes[:-1, 3]
    return float(np.clip(1.0 - gaps.max() / max(widest_gap, 1e-9), 0.0, 1.0))

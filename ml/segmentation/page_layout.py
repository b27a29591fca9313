"""Layouts of a drawing: its components as lines, and the candidates of each line."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ml.segmentation.candidates import Candidate, candidate_line
from ml.segmentation.components import Boxes, Components, positions_by_owner, typical_height, union_box
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
    heights = tuple(typical_height(_owner_boxes(components, line)[:, 3]) for line in lines)
    candidates: list[Candidate] = []
    for number, (line, height) in enumerate(zip(lines, heights, strict=True)):
        candidates += candidate_line(components, costs, number, line, height).candidates()
    layouts = [PageLayout(tuple(lines), heights, tuple(candidates))]
    if len(lines) > 1 and len(set(components.owners)) <= costs.longest_run:
        layouts.append(_layout_as_one_digit(components, costs))
    return layouts


def _owner_boxes(components: Components, line: LineOrder) -> Boxes:
    """The boxes (k, 4) of the owners in a line: parts of a stroke say little about the height of digits."""
    if len(set(components.owners)) == len(components.boxes):
        return components.boxes[list(line)]
    boxes = components.boxes[list(line)]
    positions = positions_by_owner([components.owners[i] for i in line])
    return np.array([union_box(boxes[own]) for own in positions.values()])


def _layout_as_one_digit(components: Components, costs: Costs) -> PageLayout:
    """All components as one candidate; its size and place cost nothing, because there is no other digit."""
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
        cost=0.0,
        low_cost=0.0,
        prior_cost=max(0.0, affinity_cost),
        negative_cost=costs.whole_negative if components.has_strokes else math.inf,
        may_be_ligature=False,
    )
    return PageLayout((everything,), (height,), (candidate,))

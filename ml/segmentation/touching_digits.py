"""Connected ink that may be several touching digits, cut where a path from top to bottom crosses the least ink.

The lattice may join the parts again.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.ink.greyscale import Grey
from ml.labels import Floats
from ml.segmentation.binarization import component_pen_width
from ml.segmentation.components import Boxes, typical_height

Mask = NDArray[np.bool_]  # (h, w), true on the ink of one component

_WIDE = 0.7  # heights; a wider component may be two digits
_HIGH = 0.4  # heights; a lower component is a dash or a mark, however wide
_MAX_CUTS = 9  # of a component
_MIN_DISTANCE = 0.2  # heights between cuts, and between a cut and the ends of the component
_MAX_CROSSED = 0.4  # heights of ink that a cut may cross
_SEARCH_ROWS = 48  # a digit is shrunk to this height before paths are searched
_SIDE_STEP = 0.03  # cost of a step aside, in pixels of ink
_PAPER = 0.25  # of the darkest ink; what is lighter is paper
_HOLE = 0.6  # cost of a pixel of paper with ink all around, in pixels of ink


@dataclass(frozen=True)
class SplitComponents:
    """The connected components of a picture, some of them cut into parts."""

    labels: NDArray[np.int32]  # (h, w), 1 + the number of the part, 0 on paper
    boxes: Boxes  # (n, 4) in pixels
    owners: tuple[int, ...]  # the component of each part; its parts follow each other from left to right
    crossed: Floats  # (n,) ink that the cut before each part crosses, in widths of the pen; 0 without a cut


@dataclass(frozen=True)
class _Cut:
    """A path from the top to the bottom of a component, along which it is cut."""

    crossed: float  # ink on it, in pixels
    columns: NDArray[np.int64]  # (h,)


def split_wide_components(ink: Grey, labels: NDArray[np.int32], boxes: Boxes) -> SplitComponents:
    """Cut components too wide for one digit wherever little ink has to be crossed.

    `ink` (h, w) is high on ink; `labels` (h, w) holds 1 + the number of the component and 0 on paper; `boxes`
    (n, 4) are in pixels.
    """
    height = typical_height(boxes[:, 3])
    is_wide = (boxes[:, 2] > _WIDE * height) & (boxes[:, 3] > _HIGH * height)
    part_labels = np.zeros(labels.shape, np.int32)
    part_boxes: list[Floats] = []
    owners: list[int] = []
    crossed: list[float] = []
    for owner, box in enumerate(boxes):
        x, y, w, h = box.astype(int)
        window = np.s_[y : y + h, x : x + w]
        mask = labels[window] == owner + 1
        parts = [(mask, 0.0)]
        if is_wide[owner]:
            parts = _split(np.where(mask, ink[window], 0).astype(np.uint8), mask, height)
        for part, part_crossed in parts:
            if is_wide[owner]:
                rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
                size = (np.ptp(columns) + 1, np.ptp(rows) + 1)
                box = np.array([x + columns[0], y + rows[0], *size], np.float64)
            part_boxes.append(box)
            part_labels[window][part] = len(part_boxes)
            owners.append(owner)
            crossed.append(part_crossed)
    return SplitComponents(part_labels, np.array(part_boxes), tuple(owners), np.array(crossed))


def _split(ink: Grey, mask: Mask, height: float) -> list[tuple[Mask, float]]:
    """The parts of a component from left to right, each with the ink crossed before it, in widths of the pen."""
    scale = min(1.0, _SEARCH_ROWS / height)
    size = (max(1, round(ink.shape[1] * scale)), max(2, round(ink.shape[0] * scale)))
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA).astype(np.float64) / max(int(ink.max()), 1)
    # Paper with ink all around counts as ink: a cut between two zeros must cost less than one through a zero.
    paper = np.pad((small < _PAPER).astype(np.uint8), 1, constant_values=1)
    _, labels = cv2.connectedComponents(paper, connectivity=4)
    holes = ((labels != labels[0, 0]) & (paper > 0))[1:-1, 1:-1]
    cuts = _find_cuts(np.maximum(small, _HOLE * holes), height * scale)
    cuts_left_of = np.zeros(small.shape, np.uint8)  # for each pixel the number of cuts left of it
    for cut in cuts:
        cuts_left_of += np.arange(size[0]) >= cut.columns[:, None]
    part_of = cv2.resize(cuts_left_of, ink.shape[::-1], interpolation=cv2.INTER_NEAREST)
    numbers = np.unique(part_of[mask]).tolist()
    pen = max(component_pen_width(mask) * scale, 0.5)
    crossed = [0.0, *(cuts[number - 1].crossed / pen for number in numbers[1:])]
    return [(mask & (part_of == number), before) for number, before in zip(numbers, crossed, strict=True)]


def _find_cuts(ink: Floats, height: float) -> list[_Cut]:
    """The cuts through ink (h, w) that cross the least, no two close together, from left to right."""
    middle = len(ink) // 2
    down, steps_from_top = _cheapest_paths(ink[: middle + 1])
    up, steps_from_bottom = _cheapest_paths(ink[: middle - 1 : -1])
    crossed = down + up - ink[middle]  # (w,) by the cheapest path through each column of the middle row
    distance = _MIN_DISTANCE * height
    most = min(_MAX_CUTS, round(ink.shape[1] / (_MIN_DISTANCE * height)))
    cuts: list[_Cut] = []
    for x in np.argsort(crossed, kind="stable"):
        if crossed[x] > _MAX_CROSSED * height or len(cuts) == most:
            break
        if not distance <= x <= ink.shape[1] - 1 - distance:
            continue
        if all(abs(int(x) - int(cut.columns[middle])) >= distance for cut in cuts):
            above, below = _trace(steps_from_top, x), _trace(steps_from_bottom, x)
            cuts.append(_Cut(float(crossed[x]), np.concatenate([above, below[-2::-1]])))
    return sorted(cuts, key=lambda cut: int(cut.columns[middle]))


def _cheapest_paths(ink: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """The cost (w,) of the cheapest path from the first row of ink (h, w) to each column of the last.

    Also the steps (h, w): -1, 0 or 1 column to the place in the row above on the cheapest path to each pixel.
    """
    total = np.pad(ink, ((0, 0), (1, 1)), constant_values=np.inf)
    for above, here in pairwise(total):
        here[1:-1] += np.minimum(above[1:-1], np.minimum(above[:-2], above[2:]) + _SIDE_STEP)
    options = np.stack([total[:-1, 1:-1], total[:-1, :-2] + _SIDE_STEP, total[:-1, 2:] + _SIDE_STEP])
    steps = np.zeros(ink.shape, np.int64)
    steps[1:] = np.array([0, -1, 1])[options.argmin(axis=0)]
    return total[-1, 1:-1], steps


def _trace(steps: NDArray[np.int64], x: int) -> NDArray[np.int64]:
    """The columns (h,) of the path that ends at column `x` of the last row."""
    columns = np.empty(len(steps), np.int64)
    for y in range(len(steps) - 1, -1, -1):
        columns[y] = x
        x = x + int(steps[y, x])
    return columns

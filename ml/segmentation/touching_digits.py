"""Digits that touch, cut apart where the least ink has to be crossed. The lattice may join the parts again."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.ink.greyscale import Grey
from ml.segmentation.components import Boxes, typical_height

Floats = NDArray[np.float64]

_WIDE = 0.7  # heights: components wider than this may be two digits
_ROWS = 48  # the search for ways runs on components shrunk to so many rows
_APART = 0.2  # heights between cuts
_SIDEWAYS = 0.03  # cost of a step aside, in pixels of ink
_DEAREST = 0.4  # heights of ink that a cut may cross
_MOST = 9
_PAPER = 0.25  # of the darkest ink
_HOLE = 0.6  # cost of a pixel of paper with ink all around, in pixels of ink


@dataclass(frozen=True)
class SplitComponents:
    """Components, some of them cut.

    `labels` (h, w) holds 1 + the index of the part and 0 for paper, `boxes` is (n, 4), `owners` says from which
    component each part is. Parts of one component follow each other from left to right; `crossed` (n,) is the ink
    that the cut before each of them crosses, in widths of the line, and 0 where none was made.
    """

    labels: NDArray[np.int32]
    boxes: Boxes
    owners: tuple[int, ...]
    crossed: Floats


def split_wide_components(ink: Grey, labels: NDArray[np.int32], boxes: Boxes) -> SplitComponents:
    """Components too wide for one digit cut wherever little ink has to be crossed; see `Parts` for the arrays."""
    height = typical_height(boxes[:, 3])
    wide = (boxes[:, 2] > _WIDE * height) & (boxes[:, 3] > 0.4 * height)
    cut = labels.copy()
    found: list[Floats] = []
    owners: list[int] = []
    crossed: list[float] = []
    for i, box in enumerate(boxes):
        x, y, w, h = box.astype(int)
        window = np.s_[y : y + h, x : x + w]
        mine = labels[window] == i + 1
        parts, costs = [mine], [0.0]
        if wide[i]:
            parts, costs = _parts(np.where(mine, ink[window], 0).astype(np.uint8), mine, height)
        for part, cost in zip(parts, costs, strict=True):
            found.append(_box_of(part, x, y) if wide[i] else box)
            cut[window][part] = len(found)
            owners.append(i)
            crossed.append(cost)
    return SplitComponents(cut, np.array(found), tuple(owners), np.array(crossed))


def _box_of(part: NDArray[np.bool_], x: int, y: int) -> Floats:
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    return np.array([x + columns[0], y + rows[0], np.ptp(columns) + 1, np.ptp(rows) + 1], np.float64)


def _parts(ink: Grey, mine: NDArray[np.bool_], height: float) -> tuple[list[NDArray[np.bool_]], list[float]]:
    """A component (h, w) in parts from left to right, and the ink crossed before each, as in `Parts`."""
    scale = min(1.0, _ROWS / height)
    size = (max(1, round(ink.shape[1] * scale)), max(2, round(ink.shape[0] * scale)))
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA).astype(np.float64) / max(int(ink.max()), 1)
    ways = _ways(np.maximum(small, _HOLE * _holes(small)), height * scale)
    left = np.zeros(small.shape, np.uint8)  # how many cuts are left of each pixel
    for _, way in ways:
        left += np.arange(size[0]) >= way[:, None]
    large = cv2.resize(left, ink.shape[::-1], interpolation=cv2.INTER_NEAREST)
    numbers = np.unique(large[mine]).tolist()
    pen = max(_line_width(mine) * scale, 0.5)
    costs = [ways[number - 1][0] / pen for number in numbers[1:]]
    return [mine & (large == number) for number in numbers], [0.0, *costs]


def _line_width(mine: NDArray[np.bool_]) -> float:
    """Of a component (h, w), in pixels: a line has two edges."""
    inside = np.pad(mine.astype(np.uint8), 1)
    edge = int(inside.sum()) - int(cv2.erode(inside, np.ones((3, 3), np.uint8)).sum())
    return 2 * int(inside.sum()) / max(edge, 1)


def _holes(ink: Floats) -> NDArray[np.bool_]:
    """(h, w) true on paper with ink all around. The way between two zeros is dearer than that through one."""
    paper = np.pad((ink < _PAPER).astype(np.uint8), 1, constant_values=1)
    _, labels = cv2.connectedComponents(paper, connectivity=4)
    return np.asarray((labels != labels[0, 0]) & (paper > 0))[1:-1, 1:-1]


def _ways(ink: Floats, height: float) -> list[tuple[float, NDArray[np.int64]]]:
    """The ways from top to bottom through ink (h, w) that cross least, no two close together, from left to right.

    Each is the ink that it crosses, in pixels, and its columns (h,).
    """
    middle = len(ink) // 2
    down, from_top = _cheapest(ink[: middle + 1])
    up, from_bottom = _cheapest(ink[: middle - 1 : -1])
    cost = down + up - ink[middle]
    apart = _APART * height
    ways: list[tuple[float, NDArray[np.int64]]] = []
    most = min(_MOST, round(ink.shape[1] / (_APART * height)))
    for x in np.argsort(cost, kind="stable"):
        if cost[x] > _DEAREST * height or len(ways) == most:
            break
        if not apart <= x <= ink.shape[1] - 1 - apart:
            continue
        if all(abs(int(x) - int(way[middle])) >= apart for _, way in ways):
            way = np.concatenate([_trace(from_top, x), _trace(from_bottom, x)[-2::-1]])
            ways.append((float(cost[x]), way))
    return sorted(ways, key=lambda found: int(found[1][middle]))


def _cheapest(ink: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Cost (w,) of the cheapest way from the first row to each place of the last, and its steps (h, w)."""
    total = np.pad(ink, ((0, 0), (1, 1)), constant_values=np.inf)
    for above, here in pairwise(total):
        here[1:-1] += np.minimum(above[1:-1], np.minimum(above[:-2], above[2:]) + _SIDEWAYS)
    tried = np.stack([total[:-1, 1:-1], total[:-1, :-2] + _SIDEWAYS, total[:-1, 2:] + _SIDEWAYS])
    steps = np.zeros(ink.shape, np.int64)
    steps[1:] = np.array([0, -1, 1])[tried.argmin(axis=0)]
    return total[-1, 1:-1], steps


def _trace(steps: NDArray[np.int64], x: int) -> NDArray[np.int64]:
    """The columns (h,) of the way that ends at column `x` of the last row."""
    way = np.empty(len(steps), np.int64)
    for y in range(len(steps) - 1, -1, -1):
        way[y] = x
        x = x + int(steps[y, x])
    return way

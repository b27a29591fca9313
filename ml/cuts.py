"""Digits that touch, cut apart where the least ink has to be crossed. The lattice may join the parts again."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.paper import Grey
from ml.pieces import Boxes, typical_height

Floats = NDArray[np.float64]

_WIDE = 0.85  # heights: components wider than this may be two digits
_ROWS = 48  # the search for ways runs on components shrunk to so many rows
_APART = 0.3  # heights between cuts
_SIDEWAYS = 0.03  # cost of a step aside, in pixels of ink
_DEAREST = 0.4  # heights of ink that a cut may cross
_MOST = 9
_PAPER = 0.25  # of the darkest ink
_HOLE = 0.6  # cost of a pixel of paper with ink all around, in pixels of ink


def cut_wide(ink: Grey, labels: NDArray[np.int32], boxes: Boxes) -> tuple[NDArray[np.int32], Boxes]:
    """Labels (h, w) and boxes (n, 4) with components too wide for one digit cut into several."""
    height = typical_height(boxes[:, 3])
    labels, found = labels.copy(), [*boxes]
    for i in np.flatnonzero((boxes[:, 2] > _WIDE * height) & (boxes[:, 3] > 0.4 * height)):
        x, y, w, h = boxes[i].astype(int)
        window = labels[y : y + h, x : x + w]
        mine = window == i + 1
        part = _parts(np.where(mine, ink[y : y + h, x : x + w], 0).astype(np.uint8), height)
        for number in np.unique(part[mine]):
            index = int(i) if number == part[mine].min() else len(found)
            chosen = mine & (part == number)
            window[chosen] = index + 1
            found[index:] = [_box_of(chosen, x, y), *found[index + 1 :]]
    return labels, np.array(found)


def _box_of(part: NDArray[np.bool_], x: int, y: int) -> Floats:
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    return np.array([x + columns[0], y + rows[0], np.ptp(columns) + 1, np.ptp(rows) + 1], np.float64)


def _parts(ink: Grey, height: float) -> NDArray[np.int64]:
    """For each pixel of a component (h, w) how many cuts are left of it."""
    scale = min(1.0, _ROWS / height)
    size = (max(1, round(ink.shape[1] * scale)), max(2, round(ink.shape[0] * scale)))
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA).astype(np.float64) / max(int(ink.max()), 1)
    part = np.zeros(small.shape, np.int64)
    for way in _ways(np.maximum(small, _HOLE * _holes(small)), height * scale):
        part += np.arange(size[0]) >= way[:, None]
    large = cv2.resize(part.astype(np.uint8), ink.shape[::-1], interpolation=cv2.INTER_NEAREST)
    return large.astype(np.int64)


def _holes(ink: Floats) -> NDArray[np.bool_]:
    """(h, w) true on paper with ink all around. The way between two zeros is dearer than that through one."""
    paper = np.pad((ink < _PAPER).astype(np.uint8), 1, constant_values=1)
    _, labels = cv2.connectedComponents(paper, connectivity=4)
    return np.asarray((labels != labels[0, 0]) & (paper > 0))[1:-1, 1:-1]


def _ways(ink: Floats, height: float) -> list[NDArray[np.int64]]:
    """Columns (h,) of the ways from top to bottom through ink (h, w) that cross least, no two close together."""
    middle = len(ink) // 2
    down, from_top = _cheapest(ink[: middle + 1])
    up, from_bottom = _cheapest(ink[: middle - 1 : -1])
    cost = down + up - ink[middle]
    apart = _APART * height
    ways: list[NDArray[np.int64]] = []
    most = min(_MOST, round(ink.shape[1] / (0.3 * height)))
    for x in np.argsort(cost, kind="stable"):
        if cost[x] > _DEAREST * height or len(ways) == most:
            break
        if not apart <= x <= ink.shape[1] - 1 - apart:
            continue
        if all(abs(int(x) - int(way[middle])) >= apart for way in ways):
            ways.append(np.concatenate([_trace(from_top, x), _trace(from_bottom, x)[-2::-1]]))
    return ways


def _cheapest(ink: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Cost (w,) of the cheapest way from the first row to each place of the last, and its steps (h, w)."""
    cost = ink[0].copy()
    steps = np.zeros(ink.shape, np.int64)
    for y in range(1, len(ink)):
        padded = np.pad(cost, 1, constant_values=np.inf)
        tried = np.stack([padded[1:-1], padded[:-2] + _SIDEWAYS, padded[2:] + _SIDEWAYS])
        chosen = tried.argmin(axis=0)
        steps[y] = np.array([0, -1, 1])[chosen]
        cost = tried[chosen, np.arange(len(cost))] + ink[y]
    return cost, steps


def _trace(steps: NDArray[np.int64], x: int) -> NDArray[np.int64]:
    """The columns (h,) of the way that ends at column `x` of the last row."""
    way = np.empty(len(steps), np.int64)
    for y in range(len(steps) - 1, -1, -1):
        way[y] = x
        x = x + int(steps[y, x])
    return way

"""Points between the numbers of a picture, as small as specks of dirt, and told from them by pen and place.

A point is as broad as the lines of the digits beside it, and lies at their feet, or above such a point as in a
colon. Dirt lies anywhere.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ml.labels import Floats
from ml.segmentation.binarization import component_pen_width
from ml.segmentation.components import Boxes

# Heights of the digits beside a point, where no other unit is named.
_TALL = 0.5  # of the highest ink; what is lower is no digit beside a point
_MEASURED = 5  # digits of which the pen is measured
_LEAST_AREA = 12  # px
_SIDES = (0.7, 3.5)  # of the pen: the shorter side of a point at least, its longer side at most
_LEAST_FILL = 0.45  # of its box
_NEAR = 1.0  # from a point to the digits beside it
_OVER = 0.3  # that a digit may reach over a point
_FOOT = (0.7, 1.3)  # the middle of a point, below the top of the digits beside it
_UPPER = (0.1, 0.7)  # the middle of the upper point of a colon
_SHIFTED = 0.25  # between the points of a colon, sideways
_MOST = 150  # spots; a page with more is dirty, and each takes its time


def find_points(
    labels: NDArray[np.int32], boxes: Boxes, area: Floats, is_writing: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """The components (k,) that may be points, of those that `is_writing` (n,) says are no writing.

    `labels` (h, w) are 1 for the first component with the first of the boxes (n, 4). None are found where as much
    of such ink lies elsewhere, or where there is very much of it: the paper is dirty.
    """
    digits = np.flatnonzero(is_writing)
    digits = digits[boxes[digits, 3] >= _TALL * boxes[digits, 3].max(initial=0.0)]
    if len(digits) < 2 or len(digits) == len(boxes):
        return np.zeros(0, np.int64)
    pen = float(np.median([_pen_of(labels, boxes, digit) for digit in digits[:_MEASURED]]))
    short, long = boxes[:, 2:].min(axis=1), boxes[:, 2:].max(axis=1)
    is_full = (area >= _LEAST_AREA) & (area >= _LEAST_FILL * short * long)
    spots = np.flatnonzero(is_full & (short >= _SIDES[0] * pen) & (long <= _SIDES[1] * pen))
    if len(spots) > _MOST:
        return np.zeros(0, np.int64)
    depths = {spot: _depth(boxes[spot], boxes[digits]) for spot in spots.tolist()}
    low = [spot for spot, (depth, _) in depths.items() if _FOOT[0] < depth < _FOOT[1]]
    points = []
    for spot, (depth, unit) in depths.items():
        is_above = (
            _UPPER[0] < depth < _UPPER[1] and (np.abs(boxes[low, 0] - boxes[spot, 0]) < _SHIFTED * unit).any()
        )
        if not is_writing[spot] and (spot in low or is_above):
            points.append(spot)
    specks = int((~is_writing[spots]).sum())
    return np.array(points if 2 * len(points) > specks else [], np.int64)


def _pen_of(labels: NDArray[np.int32], boxes: Boxes, component: int) -> float:
    x, y, width, height = boxes[component].astype(np.int64)
    return component_pen_width(labels[y : y + height, x : x + width] == component + 1)


def _depth(speck: Floats, digits: Boxes) -> tuple[float, float]:
    """How far the middle of a speck is below the top of the digits beside it, in their heights, and that height.

    nan where no digit is near on one side.
    """
    x, y, width, height = speck.tolist()
    left, top, right, bottom = digits[:, 0], digits[:, 1], digits[:, 0] + digits[:, 2], digits[:, 1] + digits[:, 3]
    unit = digits[:, 3]
    is_level = (top < y + height) & (y < bottom + (_FOOT[1] - 1) * unit)
    gaps = [
        np.where(is_level & (left < x), x - right, math.inf),
        np.where(is_level & (right > x), left - x - width, math.inf),
    ]
    beside = [int(np.where(gap > -_OVER * unit, np.abs(gap), math.inf).argmin()) for gap in gaps]
    if any(
        not -_OVER * unit[digit] < gap[digit] < _NEAR * unit[digit]
        for gap, digit in zip(gaps, beside, strict=True)
    ):
        return math.nan, 1.0
    mean_height = float(unit[beside].mean())
    return (y + height / 2 - float(top[beside].mean())) / mean_height, mean_height

"""Rings and frames that somebody drew around all other strokes of a drawing."""

from __future__ import annotations

import cv2
import numpy as np

from ml.ink.strokes import Stroke, Strokes

_OUTSIDE = 0.08  # of the sides of a ring, by which strokes may reach beyond its box
_INNER = (0.2, 0.9)  # of the height of a ring: the height of what it may be drawn around
_OPEN = 0.25  # of its convex hull's outline, from the end of a ring to its beginning, at most
_FILLED = 0.85  # of the area of its convex hull is inside a ring; of a 6 or a 2 less
_OVERSHOOT = 1.4  # outlines of its convex hull; a longer stroke winds in itself, as in an 8
_SLIM = 0.85  # width by height; a slimmer ring around one straight stroke is a 0
_STRAIGHT = 1.15  # lengths of its chord; a longer stroke is bent
_UPRIGHT = np.tan(np.deg2rad(10))  # width by height of a straight 1 at most; strokes in zeros lean further


def without_ring(strokes: Strokes) -> Strokes:
    """The strokes without the one that runs around all others; the same object where there is none.

    Neither is a 0 one whose stroke crosses it, nor one with a dot or a level bar in it.
    """
    if len(strokes) < 2:
        return strokes
    low = np.array([stroke.min(axis=0) for stroke in strokes])
    high = np.array([stroke.max(axis=0) for stroke in strokes])
    sides = high - low
    ring = int(sides.prod(axis=1).argmax())
    others = np.arange(len(strokes)) != ring
    room = _OUTSIDE * sides[ring]
    if (low[others] < low[ring] - room).any() or (high[others] > high[ring] + room).any():
        return strokes
    inner_height = float(high[others, 1].max() - low[others, 1].min())
    if not _INNER[0] * sides[ring, 1] <= inner_height <= _INNER[1] * sides[ring, 1]:
        return strokes
    inner = [stroke for stroke, is_other in zip(strokes, others, strict=True) if is_other]
    is_slim = bool(sides[ring, 0] < _SLIM * sides[ring, 1])
    if len(inner) == 1 and _crosses_out_zeros(inner[0], is_slim):
        return strokes
    return inner if _runs_around(strokes[ring], inner) else strokes


def _crosses_out_zeros(stroke: Stroke, is_slim: bool) -> bool:
    """Whether a stroke alone in a ring makes it a 0, rather than being a 1."""
    width, height = abs(stroke[-1] - stroke[0])
    return _is_straight(stroke) and (is_slim or bool(width > _UPRIGHT * height))


def _is_straight(stroke: Stroke) -> bool:
    length = float(np.hypot(*np.diff(stroke, axis=0).T).sum())
    return length <= _STRAIGHT * float(np.hypot(*(stroke[-1] - stroke[0])))


def _runs_around(ring: Stroke, inner: Strokes) -> bool:
    """Whether a stroke is nearly closed and round or angular, with the middles of the others inside."""
    if not np.ptp(ring, axis=0).all():
        return False  # OpenCV has no hull of points on one spot
    points = ring.astype(np.float32).reshape(-1, 1, 2)
    hull = cv2.convexHull(points)
    outline = cv2.arcLength(hull, True)
    if np.hypot(*(ring[-1] - ring[0])) > _OPEN * outline or cv2.arcLength(points, False) > _OVERSHOOT * outline:
        return False
    if cv2.contourArea(points) < _FILLED * cv2.contourArea(hull):
        return False
    middles = [(stroke.min(axis=0) + stroke.max(axis=0)) / 2 for stroke in inner]
    return all(cv2.pointPolygonTest(hull, (float(x), float(y)), False) > 0 for x, y in middles)

"""Ink as strokes: check what a client sent, measure it, move and scale it.

The web process imports this module, so it needs NumPy and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

Stroke = NDArray[np.float32]  # (n, 2): x, y; y points down; any unit; n >= 1
Strokes = list[Stroke]
Box = tuple[float, float, float, float]  # x, y, width, height

MAX_STROKES = 500
MAX_POINTS = 10_000  # enough for a page of numbers: a digit has about 40
POINTS_A_STROKE = 20  # of a usual stroke
MAX_COORDINATE = 1e6
MAX_TIME = 1e13  # milliseconds; a clock that counts from 1970 is at 1.8e12


class InkError(ValueError):
    """What a client sent is no drawing. The message says what to do and is safe to show."""


def parse_strokes(raw: object) -> Strokes:
    """Strokes from decoded JSON: a list of strokes, each a list of points ``[x, y]`` or ``[x, y, t]``.

    Strokes without points are dropped. Raises InkError for anything that is not a drawing.
    """
    if not isinstance(raw, list | tuple):
        raise InkError("Send the drawing as a list of strokes, each a list of points [x, y].")
    if len(raw) > MAX_STROKES:
        raise InkError(f"The drawing has too many strokes. Send at most {MAX_STROKES}.")
    points = 0
    for stroke in raw:
        if not isinstance(stroke, list | tuple):
            raise InkError("Each stroke must be a list of points [x, y].")
        points += len(stroke)
    if points > MAX_POINTS:
        raise InkError(f"The drawing has too many points. Send at most {MAX_POINTS}.")
    strokes = [_parse_stroke(stroke) for stroke in raw if len(stroke)]
    if not strokes:
        raise InkError("There is nothing drawn yet. Write a number first.")
    return strokes


def _parse_stroke(stroke: Sequence[Sequence[float]]) -> Stroke:
    # Sets of types and lengths: one pass in C each, where a loop over points would cost most of the request.
    if not set(map(type, stroke)) <= {list, tuple} or not set(map(len, stroke)) <= {2, 3}:
        raise InkError("Each point must be a list of two numbers, [x, y], or three, [x, y, time].")
    if not set(map(type, chain.from_iterable(stroke))) <= {int, float}:  # bool is not int here, on purpose
        raise InkError("Coordinates must be numbers.")
    try:
        points = np.array([point[:2] for point in stroke], dtype=np.float64)
        times = np.array([point[2] for point in stroke if len(point) == 3], dtype=np.float64)
    except OverflowError:  # an int beyond the largest float
        points = times = np.full((1, 2), np.inf)
    if not (np.abs(points) <= MAX_COORDINATE).all():  # false for NaN as well
        raise InkError(f"Coordinates must lie between -{MAX_COORDINATE:.0f} and {MAX_COORDINATE:.0f}.")
    if not (np.abs(times) <= MAX_TIME).all():
        raise InkError("Times must be milliseconds.")
    return points.astype(np.float32)


def reading_work(raw: Sequence[Sequence[object]]) -> int:
    """The work of reading strokes as a client sent them, in strokes of POINTS_A_STROKE points; at least 1."""
    return max(1, len(raw), sum(map(len, raw)) // POINTS_A_STROKE)


def bounds(strokes: Strokes) -> Box:
    """The tight box of the points, without the width of the pen. `strokes` must not be empty."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])


def box_around(boxes: Iterable[Box]) -> Box:
    """The box around boxes; there must be one at least. For few boxes NumPy takes longer."""
    corners = [(x, y, x + width, y + height) for x, y, width, height in boxes]
    lefts, tops, rights, bottoms = zip(*corners, strict=True)
    return min(lefts), min(tops), max(rights) - min(lefts), max(bottoms) - min(tops)


def arc_lengths(stroke: Stroke) -> NDArray[np.float64]:
    """(n,) the length of a stroke (n, 2) from its first point to each of its points."""
    steps = np.diff(stroke.astype(np.float64), axis=0)
    return np.concatenate([[0.0], np.cumsum(np.hypot(steps[:, 0], steps[:, 1]))])


def points_along(
    stroke: Stroke, along: NDArray[np.float64], lengths: Sequence[float] | NDArray[np.float64]
) -> NDArray[np.float64]:
    """(k, 2) the points at k lengths along a stroke; `along` are its `arc_lengths`."""
    return np.stack([np.interp(lengths, along, stroke[:, 0]), np.interp(lengths, along, stroke[:, 1])], axis=1)


def transform(strokes: Strokes, matrix: NDArray[np.floating]) -> Strokes:
    """The strokes with an affine matrix (2, 3) applied to every point."""
    linear, shift = matrix[:, :2].T, matrix[:, 2]
    return [(stroke @ linear + shift).astype(np.float32) for stroke in strokes]

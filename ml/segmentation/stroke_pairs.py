"""How two strokes lie to each other, in numbers; whether they are one line drawn twice or a line below writing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.ink.strokes import Strokes, arc_lengths, points_along
from ml.labels import Floats

Pairs = NDArray[np.int64]  # (m, 2): strokes by their place in the drawing

FEATURES = 28
_POINTS = 24  # of a stroke, where distances to other strokes are measured
_STEPS = np.arange(_POINTS, dtype=np.float64)
_RETRACED = 0.06  # heights; the most by which a line may miss the line that it goes over again
_LONGEST = 6.0  # heights; no stroke of a digit is longer, and a longer one says no more
_FLAT = 0.15  # height divided by width of a level line
_UNDERLINE = 0.5  # heights; a level line below writing that is narrower may be a part of it
_FOOT_GAP = 0.07  # heights; a level line closer to the ink above it may be the foot of a digit
_FOOT = 0.9  # heights; the width of such a foot, at most


def resample(strokes: Strokes) -> Floats:
    """(n, 24, 2) points at equal steps along each of n strokes."""
    resampled = []
    for stroke in strokes:
        along = arc_lengths(stroke)
        lengths = _STEPS * (along[-1] / _STEPS[-1])  # as `np.linspace`, which takes five times as long
        lengths[-1] = along[-1]
        resampled.append(points_along(stroke, along, lengths))
    return np.stack(resampled)


def pair_features(points: Floats, pairs: Pairs, heights: Floats) -> Floats:
    """The features (m, 28) of pairs (m, 2) of strokes, given as by `resample`.

    Lengths are in `heights` (m,) of the lines of the pairs.
    """
    low, high = points.min(axis=1), points.max(axis=1)
    a, b = pairs.min(axis=1), pairs.max(axis=1)  # a was drawn before b
    unit = np.maximum(heights, 1e-9)[:, None]
    shared = (np.minimum(high[a], high[b]) - np.maximum(low[a], low[b])) / unit
    union = (np.maximum(high[a], high[b]) - np.minimum(low[a], low[b])) / unit
    first, second = (high[a] - low[a]) / unit, (high[b] - low[b]) / unit
    between_middles = (low[b] + high[b] - low[a] - high[a]) / 2 / unit
    jump = (points[b, 0] - points[a, -1]) / unit
    start_x = (points[b, 0, 0] - high[a, 0]) / unit[:, 0]
    start_y = (points[b, 0, 1] - low[a, 1]) / unit[:, 0]
    lengths = np.sqrt((np.diff(points, axis=1) ** 2).sum(axis=-1)).sum(axis=1)
    open_ends = np.sqrt(((points[:, -1] - points[:, 0]) ** 2).sum(axis=-1)) / np.maximum(lengths, 1e-9)
    distances = np.sqrt(((points[a][:, :, None] - points[b][:, None, :]) ** 2).sum(axis=-1)) / unit[:, None]
    columns = [
        shared[:, 0].clip(-0.5, 0.5),
        (shared[:, 0] / np.minimum(first[:, 0], second[:, 0]).clip(0.05)).clip(0, 1),
        shared[:, 1].clip(-0.5, 1.2),
        *first.clip(0, 1.3).T,
        *second.clip(0, 1.3).T,
        np.minimum(first[:, 1], second[:, 1]).clip(0, 1.2),
        *union.clip(0, 2).T,
        *between_middles.clip(-1, 1).T,
        *jump.clip(-1.3, 1.3).T,
        start_x.clip(-1, 0.6),
        start_y.clip(-0.6, 1.2),
        (b - a == 1).astype(np.float64),
        *_closest(distances).T,
        *((lengths[stroke] / unit[:, 0]).clip(0, _LONGEST) for stroke in (a, b)),
        *(open_ends[stroke] for stroke in (a, b)),
    ]
    return np.stack(columns, axis=1)


def _closest(distances: Floats) -> Floats:
    """(m, 7) of the distances (m, 24, 24) between the points of two strokes: the least, how far along each stroke
    it is, 0 to 1, and the least from both ends of the first stroke and from both ends of the second."""
    along = np.divmod(distances.reshape(len(distances), _POINTS**2).argmin(axis=1), _POINTS)
    first, second = distances.min(axis=2), distances.min(axis=1)
    return np.stack(
        [
            first.min(axis=1).clip(0, 0.5),
            *(place / (_POINTS - 1) for place in along),
            *(end.clip(0, 0.6) for end in (first[:, 0], first[:, -1], second[:, 0], second[:, -1])),
        ],
        axis=1,
    )


def are_retraced(points: Floats, pairs: Pairs, heights: Floats) -> NDArray[np.bool_]:
    """(m,) whether the strokes of each pair are one line drawn twice; for the arguments see `pair_features`."""
    a, b = points[pairs[:, 0]], points[pairs[:, 1]]
    apart = np.minimum(_greatest_distances(a, b), _greatest_distances(a, b[:, ::-1]))
    return np.asarray(apart < _RETRACED * heights)


def are_underlined(points: Floats, pairs: Pairs, heights: Floats) -> NDArray[np.bool_]:
    """(m,) whether one stroke of each pair is a line below the other; for the arguments see `pair_features`."""
    low, high = points.min(axis=1), points.max(axis=1)
    width, height = (high - low).T

    def underlines(line: NDArray[np.int64], writing: NDArray[np.int64]) -> NDArray[np.bool_]:
        gap = (low[line, 1] - high[writing, 1]) / np.maximum(heights, 1e-9)
        is_flat = height[line] < _FLAT * width[line]
        is_long = width[line] > np.where(gap < _FOOT_GAP, _FOOT, _UNDERLINE) * heights
        return np.asarray((is_flat & is_long) & (gap >= 0))

    a, b = pairs.T
    return underlines(a, b) | underlines(b, a)


def _greatest_distances(a: Floats, b: Floats) -> Floats:
    """(m,) the greatest distances between points (m, 24, 2) of the same place along both strokes."""
    return np.asarray(np.sqrt(((a - b) ** 2).sum(axis=-1).max(axis=-1)))

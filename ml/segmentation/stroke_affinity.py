"""Whether two strokes belong to one digit, by where they lie and in which order they were drawn.

The networks only see what strokes look like together. A 1 that overlaps a 0 looks much like a 0, but nobody draws
a 0 so: the positions of the strokes show that before any network has seen them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.ink.strokes import Strokes, arc_lengths, points_along
from ml.labels import Floats

Pairs = NDArray[np.int64]  # (m, 2): strokes by their place in the drawing

SHIPPED_AFFINITY = Path(__file__).parents[1] / "base" / "links.json"
FEATURES = 18
_POINTS = 24  # of a stroke, where distances to other strokes are measured
_STEPS = np.arange(_POINTS, dtype=np.float64)
_RETRACED = 0.06  # heights; the most by which a line may miss the line that it goes over again
_FLAT = 0.15  # height divided by width of a level line
_UNDERLINE = 0.5  # heights; a level line below writing that is narrower may be a part of it
_FOOT_GAP = 0.07  # heights; a level line closer to the ink above it may be the foot of a digit
_FOOT = 0.9  # heights; the width of such a foot, at most
_DECAY = 1e-4  # of the coefficients, for each example


@dataclass(frozen=True)
class StrokeAffinity:
    """A quadratic form of the features of two strokes: the log odds that one digit has both."""

    mean: Floats  # (18,) of the features
    spread: Floats  # (18,) standard deviations of the features
    form: Floats  # (19, 19), upper triangle, of 1 and the standardised features

    @classmethod
    def open(cls, source: Path = SHIPPED_AFFINITY) -> StrokeAffinity:
        """From a file of `as_json`. Raises OSError where it cannot be read and ValueError where it is not one."""
        return cls.parse(json.loads(source.read_text()))

    @classmethod
    def parse(cls, stored: Mapping[str, Any]) -> StrokeAffinity:
        """From what `as_json` returned. Raises ValueError for numbers that are not finite or not as many."""
        mean, spread = (np.array(stored[name], np.float64) for name in ("mean", "spread"))
        form = np.zeros((FEATURES + 1, FEATURES + 1))
        form[np.triu_indices(FEATURES + 1)] = stored["form"]
        if mean.shape != (FEATURES,) or spread.shape != (FEATURES,) or not np.isfinite(form).all():
            raise ValueError("These are not the coefficients of stroke affinities.")
        return cls(mean, spread, form)

    def as_json(self) -> dict[str, list[float]]:
        """The coefficients with four decimals, to be stored as JSON."""
        form = self.form[np.triu_indices(FEATURES + 1)]
        arrays = {"mean": self.mean, "spread": self.spread, "form": form}
        return {name: np.round(values, 4).tolist() for name, values in arrays.items()}

    def log_odds(self, features: Floats) -> Floats:
        """The log odds (m,) for features (m, 18) as by `pair_features`."""
        x = _with_constant((features - self.mean) / self.spread)
        return np.asarray(((x @ self.form) * x).sum(axis=1))


@cache
def shipped_affinity() -> StrokeAffinity:
    """The affinity that the project ships."""
    return StrokeAffinity.open()


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
    """The features (m, 18) of pairs (m, 2) of strokes, given as by `resample`.

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
    squared = ((points[a][:, :, None] - points[b][:, None, :]) ** 2).sum(axis=-1)
    nearest = np.sqrt(squared.min(axis=(1, 2))) / unit[:, 0]
    columns = [
        shared[:, 0].clip(-0.5, 0.5),
        (shared[:, 0] / np.minimum(first[:, 0], second[:, 0]).clip(0.05)).clip(0, 1),
        shared[:, 1].clip(-0.5, 1.2),
        nearest.clip(0, 0.5),
        *first.clip(0, 1.3).T,
        *second.clip(0, 1.3).T,
        np.minimum(first[:, 1], second[:, 1]).clip(0, 1.2),
        *union.clip(0, 2).T,
        *between_middles.clip(-1, 1).T,
        *jump.clip(-1.3, 1.3).T,
        start_x.clip(-1, 0.6),
        start_y.clip(-0.6, 1.2),
        (b - a == 1).astype(np.float64),
    ]
    return np.stack(columns, axis=1)


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


def fit_affinity(features: Floats, are_together: NDArray[np.bool_], steps: int = 25) -> StrokeAffinity:
    """Logistic regression on features (m, 18) and their products, by `steps` of Newton's method.

    `are_together` (m,) is true where one digit has both strokes.
    """
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    x = _with_constant((features - mean) / spread)
    rows, columns = np.triu_indices(FEATURES + 1)
    X = x[:, rows] * x[:, columns]
    w, decay = np.zeros(X.shape[1]), _DECAY * len(X)
    for _ in range(steps):
        p = 1 / (1 + np.exp(-(X @ w).clip(-50, 50)))
        gradient = X.T @ (p - are_together) + decay * w
        hessian = (X * (p * (1 - p))[:, None]).T @ X + decay * np.eye(len(w))
        w = w - np.linalg.solve(hessian, gradient)
    form = np.zeros((FEATURES + 1, FEATURES + 1))
    form[rows, columns] = w
    return StrokeAffinity(mean, spread, form)


def _with_constant(x: Floats) -> Floats:
    """(m, k + 1): a column of ones before the columns of `x` (m, k)."""
    return np.concatenate([np.ones((len(x), 1)), x], axis=1)

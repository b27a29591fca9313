"""Whether two strokes belong to one digit, by where they lie and in which order they were drawn.

The network is asked what strokes look like together. A 1 that overlaps a 0 looks much like a 0, but nobody draws a
0 so: how strokes lie to each other says that, before any network has looked.
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

from ml.ink.strokes import Strokes

Floats = NDArray[np.float64]
Pairs = NDArray[np.int64]  # (m, 2): of strokes by their place in the drawing

SHIPPED_AFFINITY = Path(__file__).parents[1] / "base" / "links.json"
FEATURES = 18
_POINTS = 24  # of a stroke, when the distance to another is measured
_RETRACED = 0.06  # heights that a line may miss the one it goes over again
_RULE = 0.9  # heights; a line below writing that is narrower may be the foot of a digit, if its gap is no wider
_FOOT = 0.07  # heights
_FLAT = 0.15
_DECAY = 1e-4  # of the weights, for each example


@dataclass(frozen=True)
class StrokeAffinity:
    """A quadratic form of what is measured at two strokes: the log odds that one digit has both."""

    mean: Floats  # (18,)
    spread: Floats  # (18,)
    form: Floats  # (19, 19), upper triangle

    @classmethod
    def open(cls, source: Path = SHIPPED_AFFINITY) -> StrokeAffinity:
        """Raises OSError and ValueError for a file that is missing or not one of `as_json`."""
        return cls.parse(json.loads(source.read_text()))

    @classmethod
    def parse(cls, stored: Mapping[str, Any]) -> StrokeAffinity:
        mean, spread = (np.array(stored[name], np.float64) for name in ("mean", "spread"))
        form = np.zeros((FEATURES + 1, FEATURES + 1))
        form[np.triu_indices(FEATURES + 1)] = stored["form"]
        if mean.shape != (FEATURES,) or spread.shape != (FEATURES,) or not np.isfinite(form).all():
            raise ValueError("These are not the weights of links.")
        return cls(mean, spread, form)

    def as_json(self) -> dict[str, list[float]]:
        rounded = {"mean": self.mean, "spread": self.spread, "form": self.form[np.triu_indices(FEATURES + 1)]}
        return {name: np.round(values, 4).tolist() for name, values in rounded.items()}

    def log_odds(self, measured: Floats) -> Floats:
        """(m,) of measures (m, 18)."""
        x = np.concatenate([np.ones((len(measured), 1)), (measured - self.mean) / self.spread], axis=1)
        return np.asarray(((x @ self.form) * x).sum(axis=1))


@cache
def shipped_affinity() -> StrokeAffinity:
    """The links that the project ships."""
    return StrokeAffinity.open()


def resample(strokes: Strokes) -> Floats:
    """(n, 24, 2) points at equal steps along each stroke."""
    return np.stack([_even(stroke) for stroke in strokes])


def pair_features(points: Floats, pairs: Pairs, heights: Floats) -> Floats:
    """(m, 18) measures of pairs of strokes, given as by `even`; lengths are in `heights` (m,) of their lines."""
    low, high = points.min(axis=1), points.max(axis=1)
    a, b = pairs.min(axis=1), pairs.max(axis=1)
    unit = np.maximum(heights, 1e-9)[:, None]
    shared = (np.minimum(high[a], high[b]) - np.maximum(low[a], low[b])) / unit
    whole = (np.maximum(high[a], high[b]) - np.minimum(low[a], low[b])) / unit
    first, second = (high[a] - low[a]) / unit, (high[b] - low[b]) / unit
    apart = (low[b] + high[b] - low[a] - high[a]) / 2 / unit
    jump = (points[b, 0] - points[a, -1]) / unit
    begin_x = (points[b, 0, 0] - high[a, 0]) / unit[:, 0]
    begin_y = (points[b, 0, 1] - low[a, 1]) / unit[:, 0]
    columns = [
        shared[:, 0].clip(-0.5, 0.5),
        (shared[:, 0] / np.minimum(first[:, 0], second[:, 0]).clip(0.05)).clip(0, 1),
        shared[:, 1].clip(-0.5, 1.2),
        (_nearest(points[a], points[b]) / unit[:, 0]).clip(0, 0.5),
        *first.clip(0, 1.3).T,
        *second.clip(0, 1.3).T,
        np.minimum(first[:, 1], second[:, 1]).clip(0, 1.2),
        *whole.clip(0, 2).T,
        *apart.clip(-1, 1).T,
        *jump.clip(-1.3, 1.3).T,
        begin_x.clip(-1, 0.6),
        begin_y.clip(-0.6, 1.2),
        (b - a == 1).astype(np.float64),
    ]
    return np.stack(columns, axis=1)


def are_retraced(points: Floats, pairs: Pairs, heights: Floats) -> NDArray[np.bool_]:
    """(m,) whether strokes, given as by `even`, are one line drawn twice; lengths are in `heights` (m,)."""
    a, b = points[pairs[:, 0]], points[pairs[:, 1]]
    ends = np.minimum(_farthest(a, b), _farthest(a, b[:, ::-1]))
    return np.asarray(ends < _RETRACED * heights)


def are_underlined(points: Floats, pairs: Pairs, heights: Floats) -> NDArray[np.bool_]:
    """(m,) whether one of two strokes is a line below the other."""
    low, high = points.min(axis=1), points.max(axis=1)
    across, down = (high - low).T

    def below(b: NDArray[np.int64], a: NDArray[np.int64]) -> NDArray[np.bool_]:
        gap = (low[b, 1] - high[a, 1]) / np.maximum(heights, 1e-9)
        flat = (down[b] < _FLAT * across[b]) & (across[b] > np.where(gap < _FOOT, _RULE, 0.5) * heights)
        return np.asarray(flat & (gap >= 0))

    return below(*pairs.T) | below(*pairs.T[::-1])


def _farthest(a: Floats, b: Floats) -> Floats:
    """(m,) the greatest distances between points (m, 24, 2) as they follow each other."""
    return np.asarray(np.sqrt(((a - b) ** 2).sum(axis=-1).max(axis=-1)))


def _even(stroke: NDArray[np.float32]) -> Floats:
    if len(stroke) == 1:
        return np.repeat(stroke.astype(np.float64), _POINTS, axis=0)
    steps = np.diff(stroke.astype(np.float64), axis=0)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(steps[:, 0], steps[:, 1]))])
    places = np.linspace(0, along[-1], _POINTS)
    return np.stack([np.interp(places, along, stroke[:, 0]), np.interp(places, along, stroke[:, 1])], axis=1)


def _nearest(a: Floats, b: Floats) -> Floats:
    """(m,) the least distances between points (m, 24, 2) of one and the other."""
    squared = ((a[:, :, None] - b[:, None, :]) ** 2).sum(axis=-1)
    return np.asarray(np.sqrt(squared.min(axis=(1, 2))))


def fit_affinity(measured: Floats, together: NDArray[np.bool_], steps: int = 25) -> StrokeAffinity:
    """Logistic regression on measures (m, 18) and their products, by Newton's method."""
    mean, spread = measured.mean(axis=0), measured.std(axis=0) + 1e-6
    x = np.concatenate([np.ones((len(measured), 1)), (measured - mean) / spread], axis=1)
    rows, columns = np.triu_indices(FEATURES + 1)
    X = x[:, rows] * x[:, columns]
    w, decay = np.zeros(X.shape[1]), _DECAY * len(X)
    for _ in range(steps):
        p = 1 / (1 + np.exp(-(X @ w).clip(-50, 50)))
        gradient = X.T @ (p - together) + decay * w
        hessian = (X * (p * (1 - p))[:, None]).T @ X + decay * np.eye(len(w))
        w = w - np.linalg.solve(hessian, gradient)
    form = np.zeros((FEATURES + 1, FEATURES + 1))
    form[rows, columns] = w
    return StrokeAffinity(mean, spread, form)

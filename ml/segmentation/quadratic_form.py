"""Log odds as a quadratic form of features, fitted by logistic regression, with few enough numbers for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.labels import Floats


@dataclass(frozen=True)
class QuadraticForm:
    """The log odds of something, by k features and their products."""

    mean: Floats  # (k,) of the features
    spread: Floats  # (k,) standard deviations of the features
    form: Floats  # (k + 1, k + 1), upper triangle, of 1 and the standardised features

    @classmethod
    def parse(cls, stored: Mapping[str, Any], features: int) -> QuadraticForm:
        """From what `as_json` returned. Raises ValueError for numbers that are not finite or not as many."""
        mean, spread, coefficients = (np.array(stored[name], np.float64) for name in ("mean", "spread", "form"))
        above = np.triu_indices(features + 1)
        if mean.shape != (features,) or spread.shape != (features,) or coefficients.shape != above[0].shape:
            raise ValueError("These are not the coefficients of so many features.")
        if not np.isfinite([*mean, *spread, *coefficients]).all():
            raise ValueError("These coefficients are not finite.")
        form = np.zeros((features + 1, features + 1))
        form[above] = coefficients
        return cls(mean, spread, form)

    def as_json(self) -> dict[str, list[float]]:
        """The coefficients with four decimals, to be stored as JSON."""
        arrays = {"mean": self.mean, "spread": self.spread, "form": self.form[np.triu_indices(len(self.form))]}
        return {name: np.round(values, 4).tolist() for name, values in arrays.items()}

    def log_odds(self, features: Floats) -> Floats:
        """The log odds (m,) for features (m, k)."""
        x = _with_constant((features - self.mean) / self.spread)
        return np.asarray(((x @ self.form) * x).sum(axis=1))


def fit_quadratic_form(
    features: Floats, is_true: NDArray[np.bool_], weights: Floats, decay: float, steps: int = 25
) -> QuadraticForm:
    """Logistic regression on features (m, k) and their products, by `steps` of Newton's method.

    `weights` (m,) say how much each example counts; `decay` of the coefficients, for a weight of one.
    """
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-3
    x = _with_constant((features - mean) / spread)
    rows, columns = np.triu_indices(x.shape[1])
    X = x[:, rows] * x[:, columns]
    w, total = np.zeros(X.shape[1]), decay * float(weights.sum())
    for _ in range(steps):
        p = 1 / (1 + np.exp(-(X @ w).clip(-50, 50)))
        gradient = X.T @ (weights * (p - is_true)) + total * w
        hessian = (X * (weights * p * (1 - p))[:, None]).T @ X + total * np.eye(len(w))
        w = w - np.linalg.solve(hessian, gradient)
    form = np.zeros((x.shape[1], x.shape[1]))
    form[rows, columns] = w
    return QuadraticForm(mean, spread, form)


def _with_constant(x: Floats) -> Floats:
    """(m, k + 1): a column of ones before the columns of `x` (m, k)."""
    return np.concatenate([np.ones((len(x), 1)), x], axis=1)

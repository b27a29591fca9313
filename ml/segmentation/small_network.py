"""Log odds by one hidden layer, small enough for JSON and for NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.labels import Floats

_ARRAYS = ("mean", "spread", "hidden", "output")


@dataclass(frozen=True)
class SmallNetwork:
    """The log odds of something by k features, through h hidden units (tanh)."""

    mean: Floats  # (k,) of the features
    spread: Floats  # (k,) standard deviations of the features
    hidden: Floats  # (k + 1, h) weights of the standardised features and of 1
    output: Floats  # (h + 1,) weights of the hidden units and of 1

    @classmethod
    def parse(cls, stored: Mapping[str, Any], features: int) -> SmallNetwork:
        """From what `as_json` returned. Raises ValueError for numbers that are not finite or not as many."""
        try:
            mean, spread, hidden, output = (np.array(stored[name], np.float64) for name in _ARRAYS)
        except (KeyError, TypeError) as error:
            raise ValueError("These are not weights.") from error
        if output.ndim != 1 or (
            mean.shape != (features,)
            or spread.shape != (features,)
            or hidden.shape != (features + 1, len(output) - 1)
        ):
            raise ValueError("These are not the weights of so many features.")
        if not all(np.isfinite(values).all() for values in (mean, spread, hidden, output)) or (spread <= 0).any():
            raise ValueError("These weights are not finite.")
        return cls(mean, spread, hidden, output)

    def as_json(self) -> dict[str, Any]:
        """The weights with four decimals, to be stored as JSON."""
        return {name: np.round(getattr(self, name), 4).tolist() for name in _ARRAYS}

    def log_odds(self, features: Floats) -> Floats:
        """The log odds (m,) for features (m, k)."""
        x = (features - self.mean) / self.spread
        units = np.tanh(x @ self.hidden[:-1] + self.hidden[-1])
        return np.asarray(units @ self.output[:-1] + self.output[-1])

"""Fit a small network of `ml.segmentation.small_network`: logistic regression with a hidden layer, by Adam."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.labels import Floats
from ml.segmentation.small_network import SmallNetwork

_UNITS = 32
_EPOCHS = 80
_BATCH = 128
_RATE = 0.004  # falls to 0
_DECAY = 1e-4
_FIRST, _SECOND = 0.9, 0.999  # of Adam: what the means of gradients and of their squares keep
_LEAST_SPREAD = 1e-3  # of a feature that is always the same


def fit_small_network(features: Floats, is_true: NDArray[np.bool_], weights: Floats, seed: int) -> SmallNetwork:
    """Fit to features (m, k); `weights` (m,) say how much each example counts. A seed gives one network."""
    rng = np.random.default_rng(seed)
    mean, spread = features.mean(axis=0), features.std(axis=0) + _LEAST_SPREAD
    x = np.concatenate([(features - mean) / spread, np.ones((len(features), 1))], axis=1)
    hidden, output = rng.normal(0, 0.3, (x.shape[1], _UNITS)), rng.normal(0, 0.3, _UNITS + 1)
    hidden[-1], output[-1] = 0.0, 0.0
    means, squares = [np.zeros_like(hidden), np.zeros_like(output)], [np.zeros_like(hidden), np.zeros_like(output)]
    step = 0
    for epoch in range(_EPOCHS):
        order = rng.permutation(len(x))
        for first in range(0, len(x), _BATCH):
            chosen = order[first : first + _BATCH]
            gradients = _gradients(hidden, output, x[chosen], is_true[chosen], weights[chosen])
            step += 1
            for values, gradient, mean_, square in zip((hidden, output), gradients, means, squares, strict=True):
                mean_ += (1 - _FIRST) * (gradient - mean_)
                square += (1 - _SECOND) * (gradient**2 - square)
                root = np.sqrt(square / (1 - _SECOND**step)) + 1e-8
                values -= _RATE * (1 - epoch / _EPOCHS) * mean_ / (1 - _FIRST**step) / root
    return SmallNetwork(mean, spread, hidden, output)


def _gradients(
    hidden: Floats, output: Floats, x: Floats, is_true: NDArray[np.bool_], weights: Floats
) -> tuple[Floats, Floats]:
    """Of the mean log loss of a batch, with the decay of the weights."""
    units = np.tanh(x @ hidden)
    log_odds = units @ output[:-1] + output[-1]
    missing = (1 / (1 + np.exp(-log_odds.clip(-50, 50))) - is_true) * weights / len(x)
    back = np.outer(missing, output[:-1]) * (1 - units**2)
    of_output = np.concatenate([missing @ units, [missing.sum()]])
    return x.T @ back + _DECAY * hidden, of_output + _DECAY * output

"""Other ways to write the same: strokes turned, slanted, shaken, and drawn in another order or direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ml.augmentation.warping import StrokeSource
from ml.ink.strokes import Strokes, bounds
from ml.ink.trajectory import strokes_to_trajectory
from ml.labels import Labels

_TURN = 7.0  # degrees, standard deviation
_SHEAR = 0.15  # standard deviation
_WIDTH = (0.8, 1.25)
_SHAKE = 0.008  # of the longer side, standard deviation
_OTHERWISE = 0.15  # probability of another order or direction of the strokes


def vary_strokes(strokes: Strokes, rng: Generator, strength: float = 1.0) -> Strokes:
    """The same digit by another hand. Nothing is mirrored, and nothing turned so far that a 6 is a 9."""
    turn, shear = np.deg2rad(rng.normal(0, _TURN)) * strength, rng.normal(0, _SHEAR) * strength
    wider = rng.uniform(*_WIDTH) ** strength
    linear = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ [[wider, shear], [0, 1]]
    moved = [stroke @ linear.T for stroke in strokes]
    *_, width, height = bounds(moved)
    shake = _SHAKE * strength * max(width, height)
    shaken = [(stroke + rng.normal(0, shake, stroke.shape)).astype(np.float32) for stroke in moved]
    return _otherwise(shaken, rng) if rng.random() < _OTHERWISE * strength else shaken


def _otherwise(strokes: Strokes, rng: Generator) -> Strokes:
    """All backwards, or each stroke as it comes: so that a network on trajectories learns to doubt."""
    if rng.random() < 0.5:
        return [stroke[::-1] for stroke in reversed(strokes)]
    return [strokes[i][:: rng.choice([-1, 1])] for i in rng.permutation(len(strokes))]


@dataclass(frozen=True)
class TrajectoryMixture:
    """Batches of trajectories from sources of ink, with how many examples of each go into one batch."""

    sources: Sequence[tuple[StrokeSource, int]]

    def batch(self, rng: Generator, strength: float) -> tuple[NDArray[np.float32], Labels]:
        """(n, 48, 5), and the labels (n,)."""
        parts = [source.ink(n, rng, strength) for source, n in self.sources if n]
        ink = [pair for drawings, _ in parts for pair in drawings]
        ways = [strokes_to_trajectory(vary_strokes(strokes, rng, strength), side) for strokes, side in ink]
        return np.stack(ways), np.concatenate([labels for _, labels in parts])

"""Vary drawings without changing what they show, and draw varied trajectories for training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ml.augmentation.sources import StrokeSource
from ml.ink.strokes import Strokes, bounds
from ml.ink.trajectory import strokes_to_trajectory
from ml.labels import Labels

_ROTATION = 7.0  # degrees, standard deviation; no more, or a 6 might become a 9
_SHEAR = 0.15  # standard deviation
_WIDTH = (0.8, 1.25)  # range of the horizontal scale
_JITTER = 0.008  # of the longer side, standard deviation, for each point
_REORDERED = 0.15  # probability of another order or direction of the strokes


def vary_strokes(strokes: Strokes, rng: Generator, strength: float = 1.0) -> Strokes:
    """The same digit as another writer might write it: rotated, sheared, scaled in width, jittered, and reordered.

    `strength` scales all of this; at 1 it is as strong as in training, at 0 nothing changes. Nothing is mirrored.
    """
    turn, shear = np.deg2rad(rng.normal(0, _ROTATION)) * strength, rng.normal(0, _SHEAR) * strength
    width_scale = rng.uniform(*_WIDTH) ** strength
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    linear = rotation @ [[width_scale, shear], [0, 1]]
    moved = [stroke @ linear.T for stroke in strokes]
    *_, width, height = bounds(moved)
    jitter = _JITTER * strength * max(width, height)
    varied = [(stroke + rng.normal(0, jitter, stroke.shape)).astype(np.float32) for stroke in moved]
    if rng.random() >= _REORDERED * strength:
        return varied
    # The whole drawing backwards, or its strokes in a random order, each in a random direction. The trajectory
    # network learns from this to be unsure where somebody writes in an order of their own.
    if rng.random() < 0.5:
        return [stroke[::-1] for stroke in reversed(varied)]
    return [varied[i][:: rng.choice([-1, 1])] for i in rng.permutation(len(varied))]


@dataclass(frozen=True)
class VariedTrajectories:
    """Trajectories (n, 48, 5) of the drawings of a stroke source, each varied."""

    strokes: StrokeSource

    def draw(self, n: int, rng: Generator, strength: float) -> tuple[NDArray[np.float32], Labels]:
        """Trajectories (n, 48, 5) of `n` drawings; `strength` is that of the source and of the variation."""
        drawings, labels = self.strokes.draw(n, rng, strength)
        trajectories = [
            strokes_to_trajectory(vary_strokes(strokes, rng, strength), min_side) for strokes, min_side in drawings
        ]
        return np.stack(trajectories), labels

"""Drawings of an 8 as two rings, one above the other, made of two 0s by one writer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from ml.augmentation.sources import SizedStrokes
from ml.data.corpus import LabeledInk
from ml.ink.strokes import Strokes, bounds
from ml.labels import Labels

_UPPER_HEIGHT = (0.36, 0.52)  # of the whole
_OVERLAP = (-0.06, 0.08)  # of the rings, in heights of the whole; negative where they do not touch


class RingedEights:
    """A source of such drawings (`ml.augmentation.sources.ExampleSource`)."""

    def __init__(self, parts: Sequence[LabeledInk]) -> None:
        """`parts` are drawings of a 0, one at least, with their writers; without these all are by one writer."""
        self._zeros: list[list[Strokes]] = []
        for part in parts:
            writers = np.zeros(len(part.labels), np.int64) if part.writers is None else part.writers
            for writer in np.unique(writers):
                self._zeros.append([part.drawings[int(i)] for i in np.flatnonzero(writers == writer)])

    def draw(self, n: int, rng: Generator, strength: float) -> tuple[list[SizedStrokes], Labels]:
        """`n` drawings, the same at any strength; their labels (n,) are 8."""
        return [SizedStrokes(self._draw(rng)) for _ in range(n)], np.full(n, 8, np.int64)

    def _draw(self, rng: Generator) -> Strokes:
        own = self._zeros[int(rng.integers(len(self._zeros)))]
        upper, lower = (_flat_ring(own[int(rng.integers(len(own)))], rng) for _ in range(2))
        height, overlap = rng.uniform(*_UPPER_HEIGHT), rng.uniform(*_OVERLAP)
        shift = np.array([rng.normal(0, 0.06), height - overlap])
        rings = [*(height * stroke for stroke in upper), *((1 - height) * stroke + shift for stroke in lower)]
        return [stroke.astype(np.float32) for stroke in rings]


def _flat_ring(zero: Strokes, rng: Generator) -> Strokes:
    """A 0 with its middle at x = 0 and its top at y = 0, one unit high and about as wide."""
    x, y, width, height = bounds(zero)
    scale = np.array([rng.uniform(0.75, 1.25) / max(width, 1e-6), 1 / max(height, 1e-6)])
    return [(stroke - [x + width / 2, y]) * scale for stroke in zero]

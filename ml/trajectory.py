"""The way of the pen through one digit: what a picture of it no longer shows.

A 7 and a 1, or a 9 and an 8, may look alike, but are drawn in another order. On ten writers that no network had
seen, a network on trajectories misread half as many digits as one on pictures, and both together a fifth.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.ink import Strokes

POINTS = 48  # a digit has two or three turns and as many strokes; twice as many points read no better
CHANNELS = 5

_SAME = 1e-6  # of the side; a pen that goes on where it ended was not lifted

Trajectory = NDArray[np.float32]  # (48, 5)


def from_strokes(strokes: Strokes, at_least: float = 0.0) -> Trajectory:
    """Points at even steps along the strokes, in the order in which they were drawn, and along the ways between.

    Each is x, y from the middle of the box in its longer side (-0.5 to 0.5), the direction of the pen as a unit
    vector, and 1 where a stroke begins anew. `at_least`, in stroke units, is the smallest longer side, so that a
    dot stays a dot.
    """
    points = np.concatenate(strokes).astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    side = max(float((high - low).max()), at_least, 1e-6)
    places = ((points - (low + high) / 2) / side) @ np.array([1, 1j])
    along = np.concatenate([[0.0], np.abs(np.diff(places)).cumsum()])
    even = np.linspace(0.0, along[-1], POINTS)
    way = np.interp(even, along, places)
    step = np.gradient(way)
    step /= np.abs(step) + 1e-9
    starts = _starts(strokes, places)[np.searchsorted(along, even).clip(0, len(along) - 1)]
    return np.stack([way.real, way.imag, step.real, step.imag, starts], axis=1).astype(np.float32)


def _starts(strokes: Strokes, places: NDArray[np.complex128]) -> NDArray[np.float64]:
    """For each point 1 where a stroke begins elsewhere than the one before ended."""
    starts = np.zeros(len(places))
    firsts = np.cumsum([len(stroke) for stroke in strokes[:-1]], dtype=np.int64)
    starts[firsts] = np.abs(places[firsts] - places[firsts - 1]) > _SAME
    return starts

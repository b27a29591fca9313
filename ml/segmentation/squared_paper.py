"""The lines of squared paper: long lines at equal steps, alike in both directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml.labels import Floats
from ml.segmentation.tracks import Track

_LONG = 0.8  # of the longest line; shorter ones may be strokes, or lines seen in part
_MANY = 4  # lines in each direction; fewer may stand at equal steps by chance
_EVEN = 0.1  # of a step, by which a line misses its place at most; a photograph from aside is no more uneven
_SQUARE = 0.15  # by which the steps of both directions differ at most
_BETWEEN = 0.15  # of a step from every place: there is no line of the paper


@dataclass(frozen=True)
class Steps:
    """Parallel lines at equal steps, in pixels: x = first + number * step + slope * y."""

    first: float
    step: float
    slope: float

    def lie_between(self, x: Floats, y: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """(n,) whether points (n,) are away from all of the lines, also from those that are not seen."""
        number = (x - self.slope * y - self.first) / self.step
        return np.asarray(abs(number - np.rint(number)) > _BETWEEN)


def find_squares(sides: Sequence[Track], walls: Sequence[Track]) -> tuple[Steps, Steps] | None:
    """The steps of level lines, along y, and of upright ones, along x, if they are those of squared paper."""
    down, along = _steps(sides), _steps(walls)
    if down is None or along is None or abs(down.step - along.step) > _SQUARE * along.step:
        return None
    return down, along


def _steps(tracks: Sequence[Track]) -> Steps | None:
    most = max((track.length for track in tracks), default=0)
    long = [track for track in tracks if track.length >= _LONG * most]
    if len(long) < _MANY:
        return None
    slope = float(np.median([track.slope for track in long]))
    middle = np.median([(track.left + track.right) / 2 for track in long])
    at = np.sort([track.level + (track.slope - slope) * middle for track in long])
    span = float(at[-1] - at[0])
    step = span / max(1, round(span / max(float(np.diff(at).min()), 1.0)))
    number = (at - at[0]) / step
    if (abs(number - np.rint(number)) > _EVEN).any():
        return None
    return Steps(float(at[0]), step, slope)

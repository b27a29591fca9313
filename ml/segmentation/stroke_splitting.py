"""Strokes wider than a digit, cut where one stroke may go on into the next digit.

There the pen is not lifted, but turns or runs on to the right. The lattice may join the parts again.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ml.ink.strokes import Stroke, Strokes, arc_lengths, points_along
from ml.labels import Floats

_WIDE = 1.05  # heights; a narrower stroke is one digit
_HIGH = 0.6  # heights; a lower stroke is no writing
_FLAT = 0.12  # height divided by width; a flatter stroke is a line and no writing
_MAX_CUTS = 10  # of a stroke
_MAX_STROKES = 60  # of a drawing; there are more in a sketch than in a number
_STEP = 0.04  # heights between the points at which turns are measured
_MAX_STEPS = 2000  # of a stroke; those of a longer scribble are longer
_REACH = 3  # steps before and after a point over which its turn is measured
_TURN = np.deg2rad(40)  # a sharper turn may be a cut
_LEVEL = np.deg2rad(45)  # a heading closer to the right runs on to the next digit
_MIN_DISTANCE = 5  # steps between cuts, and between a cut and the ends of the stroke
_MOST_DETOUR = 1.12  # length by the distance of the ends, at most, of ligatures and of strokes that hold no digit


def split_strokes(strokes: Strokes, height: float) -> tuple[Strokes, list[int]]:
    """Strokes, those wider than a digit of `height` cut into parts, and for each the stroke that it comes from."""
    if len(strokes) > _MAX_STROKES or height <= 0:
        return strokes, list(range(len(strokes)))
    parts: Strokes = []
    owners: list[int] = []
    for number, stroke in enumerate(strokes):
        across, down = np.ptp(stroke, axis=0)
        is_wide = across > _WIDE * height and down > max(_HIGH * height, _FLAT * across)
        own_parts = _split(stroke, height) if is_wide else [stroke]
        parts += own_parts
        owners += [number] * len(own_parts)
    return parts, owners


def is_ligature(part: Stroke) -> bool:
    """Whether a part of a stroke may only lead from one digit to the next: straight, and not downwards or back."""
    step = part[-1] - part[0]
    length = float(np.hypot(*np.diff(part, axis=0).T).sum())
    return bool(step[0] > 0 and step[1] < 0.5 * step[0] and length <= _MOST_DETOUR * float(np.hypot(*step)))


def _split(stroke: Stroke, height: float) -> list[Stroke]:
    """The parts of a stroke; two neighbours share the point where they meet."""
    along = arc_lengths(stroke)
    steps = min(int(along[-1] / (_STEP * height)), _MAX_STEPS)
    is_straight = along[-1] <= _MOST_DETOUR * float(np.hypot(*(stroke[-1] - stroke[0])))  # a long slash
    if steps < 2 * _MIN_DISTANCE or is_straight:
        return [stroke]
    lengths = np.linspace(0, along[-1], steps + 1)
    cuts = _find_cuts(points_along(stroke, along, lengths))
    edges = [0.0, *(float(lengths[i]) for i in cuts), float(along[-1])]
    parts = []
    for start, stop in pairwise(edges):
        ends = points_along(stroke, along, [start, stop])
        inside = stroke[(along > start) & (along < stop)]
        parts.append(np.concatenate([ends[:1], inside, ends[1:]]).astype(np.float32))
    return parts


def _find_cuts(points: Floats) -> list[int]:
    """The rising places at which a stroke, as points (n, 2) at equal steps, may go on into the next digit.

    The sharpest turns come first, then the ends of runs to the right; of places close to each other the first
    is taken.
    """
    step = points[_REACH:] - points[:-_REACH]
    heading = np.arctan2(step[:, 1], step[:, 0])
    turn = np.zeros(len(points))
    change = np.abs(np.angle(np.exp(1j * (heading[_REACH:] - heading[:-_REACH]))))
    turn[_REACH : _REACH + len(change)] = change
    sharpest = np.argsort(-turn, kind="stable")[: int((turn >= _TURN).sum())]
    cuts: list[int] = []
    for i in [*sharpest.tolist(), *_ends_of_runs(heading)]:
        is_inside = _MIN_DISTANCE <= i < len(points) - _MIN_DISTANCE
        if len(cuts) < _MAX_CUTS and is_inside and all(abs(i - cut) >= _MIN_DISTANCE for cut in cuts):
            cuts.append(i)
    return sorted(cuts)


def _ends_of_runs(heading: Floats) -> list[int]:
    """The places where the pen begins and ends to run on to the right.

    `heading` (n,) is the direction from each place to that `_REACH` steps on.
    """
    is_onwards = np.concatenate([[False], np.abs(heading) < _LEVEL, [False]])
    edges = np.flatnonzero(np.diff(is_onwards.astype(np.int8))).tolist()
    ends: list[int] = []
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if stop - start >= _MIN_DISTANCE - _REACH:
            ends += [start, stop + _REACH - 1]
    return ends

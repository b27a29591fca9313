"""Where one stroke may go on into the next digit: the pen is not lifted, but turns, or runs on to the right."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ml.ink.strokes import Strokes

Stroke = NDArray[np.float32]

WIDE = 1.05  # heights; a narrower stroke is one digit
_FLAT = 0.12  # height beside width of what is a line and no writing
_MOST = 10  # cuts of a stroke
_MOST_STROKES = 60  # of a drawing; there are more in a picture than in a number
_STEP = 0.04  # heights between the points at which turning is measured
_REACH = 3  # steps before and after
_TURN = np.deg2rad(40)
_LEVEL = np.deg2rad(45)
_APART = 5  # steps between cuts
_STRAIGHT = 1.12  # length of a ligature beside the distance of its ends


def split_strokes(strokes: Strokes, height: float) -> tuple[Strokes, list[int]]:
    """Strokes, those wider than a digit of `height` cut where they turn, and of which stroke each one is."""
    if len(strokes) > _MOST_STROKES or height <= 0:
        return strokes, list(range(len(strokes)))
    parts: Strokes = []
    owners: list[int] = []
    for number, stroke in enumerate(strokes):
        across, down = np.ptp(stroke, axis=0)
        wide = across > WIDE * height and down > max(0.6 * height, _FLAT * across)
        found = _parts(stroke, height) if wide else [stroke]
        parts += found
        owners += [number] * len(found)
    return parts, owners


def is_ligature(part: Stroke) -> bool:
    """Whether this may only lead from one digit to the next: straight, and not downwards or back."""
    step = part[-1] - part[0]
    length = float(np.hypot(*np.diff(part, axis=0).T).sum())
    return bool(step[0] > 0 and step[1] < 0.5 * step[0] and length <= _STRAIGHT * float(np.hypot(*step)))


def _parts(stroke: Stroke, height: float) -> list[Stroke]:
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(stroke.astype(np.float64), axis=0).T))])
    steps = min(int(along[-1] / (_STEP * height)), 2000)
    if steps < 2 * _APART:
        return [stroke]
    places = np.linspace(0, along[-1], steps + 1)
    even = np.stack([np.interp(places, along, stroke[:, i]) for i in (0, 1)], axis=1)
    turning, onwards = _turning(even)
    cuts = _spread([*np.argsort(-turning, kind="stable")[: int((turning >= _TURN).sum())], *onwards], len(even))
    edges = [0.0, *(float(places[i]) for i in cuts), float(along[-1])]
    return [_between(stroke, along, a, b) for a, b in pairwise(edges)]


def _turning(even: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[int]]:
    """How sharply the pen turns at each point (n, 2), and where it begins and ends to run on to the right."""
    step = even[_REACH:] - even[:-_REACH]
    heading = np.arctan2(step[:, 1], step[:, 0])
    turning = np.zeros(len(even))
    change = np.abs(np.angle(np.exp(1j * (heading[_REACH:] - heading[:-_REACH]))))
    turning[_REACH : _REACH + len(change)] = change
    onwards = np.concatenate([[False], np.abs(heading) < _LEVEL, [False]])
    edges = np.flatnonzero(np.diff(onwards.astype(np.int8)))
    runs = [(a, b + _REACH - 1) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= _APART - _REACH]
    return turning, [int(i) for run in runs for i in run]


def _spread(places: Sequence[int], length: int) -> list[int]:
    """The first of them, in rising order, that are not close to each other or to the ends."""
    found: list[int] = []
    for i in places:
        if (
            len(found) < _MOST
            and _APART <= i < length - _APART
            and all(abs(i - other) >= _APART for other in found)
        ):
            found.append(int(i))
    return sorted(found)


def _between(stroke: Stroke, along: NDArray[np.float64], start: float, stop: float) -> Stroke:
    """The stroke from one length along it to another; two parts share the point where they meet."""
    inside = stroke[(along > start) & (along < stop)]
    ends = np.stack([[np.interp(place, along, stroke[:, i]) for i in (0, 1)] for place in (start, stop)])
    return np.concatenate([ends[:1], inside, ends[1:]]).astype(np.float32)

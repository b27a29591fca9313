"""Tracks: thin, nearly level, nearly straight ink in a mask, as the lines of forms leave it and some strokes do.

Upright tracks are the level ones of the turned mask.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.ink.greyscale import Grey
from ml.labels import Floats

Ints = NDArray[np.int64]

_MAX_SLOPE = 0.12
_MAX_BEND = 0.03  # of the length of a piece of a track; the flat top of a 0 bends more
_LEAST_BEND = 0.8  # px; steps of pixels bend no less
_ENDS = 7  # a seventh at each end, which may bend into a corner, does not count in the first fit of a line
_MISS = 0.15  # thicknesses, by which the middle of a line may miss it
_BESIDE = 0.7  # thicknesses from a line, where ink belongs to something else
_MOSTLY = 0.7  # of its columns lie on a line; of an arc fewer do
_MAX_PIECES = 1000  # the longest; squared paper has fewer
_MAX_GAP = 0.15  # of the width of the picture, between two pieces of one track
_FADE = 0.02  # px for each pixel of a gap, by which the pieces beside it may miss each other


@dataclass(frozen=True, eq=False)
class Track:
    """A level line where it is seen: columns (n,), rising, and its middle in each of them, in pixels."""

    x: Ints
    y: Floats
    thickness: float
    slope: float
    level: float  # at x = 0, of the straight line through it
    bend: float  # standard deviation of its middle from a parabola, without outliers
    bow: float  # the same from the straight line

    @property
    def left(self) -> int:
        return int(self.x[0])

    @property
    def right(self) -> int:
        return int(self.x[-1])

    @property
    def length(self) -> int:
        return self.right - self.left + 1

    @cached_property
    def middle(self) -> Floats:
        """(length,) its middle in each column from left to right, also where it is not seen."""
        return np.asarray(np.interp(np.arange(self.left, self.right + 1), self.x, self.y))

    def filled(self, mask: Grey) -> NDArray[np.bool_]:
        """(length,) whether there is ink of the mask (h, w) on it, in each column."""
        columns = np.arange(self.left, self.right + 1)
        rows = np.rint(self.middle).astype(np.int64) + np.array([[-1], [0], [1]])
        height, width = mask.shape
        return np.asarray((mask[rows.clip(0, height - 1), columns.clip(0, width - 1)] > 0).any(axis=0))

    def prolonged(self, mask: Grey) -> Track:
        """The track as far as ink of a mask (h, w) goes on straight, also where it is thick."""
        height, width = mask.shape
        way = self.slope * np.arange(width) + self.level
        rows = np.rint(way).astype(np.int64) + np.array([[-1], [0], [1]])
        has_ink = (mask[rows.clip(0, height - 1), np.arange(width)] > 0).any(axis=0)
        gaps = np.flatnonzero(~has_ink)
        left = int(gaps[gaps < self.left][-1]) + 1 if (gaps < self.left).any() else 0
        right = int(gaps[gaps > self.right][0]) - 1 if (gaps > self.right).any() else width - 1
        x = np.concatenate([np.arange(left, self.left), self.x, np.arange(self.right + 1, right + 1)])
        y = np.concatenate([way[left : self.left], self.y, way[self.right + 1 : right + 1]])
        return replace(self, x=x, y=y)

    @classmethod
    def of_pieces(cls, pieces: Sequence[Track]) -> Track:
        if len(pieces) == 1:
            return pieces[0]
        x, first = np.unique(np.concatenate([piece.x for piece in pieces]), return_index=True)
        y = np.concatenate([piece.y for piece in pieces])[first]
        thickness = np.average([p.thickness for p in pieces], weights=[len(p.x) for p in pieces])
        return cls.through(x, y, float(thickness))

    @classmethod
    def through(cls, x: Ints, y: Floats, thickness: float) -> Track:
        """Through middles y (n,) in columns x (n,); its slope leaves out the few that strokes or corners bend."""
        end = len(x) // _ENDS
        slope, level = _line(x[end : len(x) - end], y[end : len(x) - end])
        is_on = abs(y - level - slope * x) <= max(_LEAST_BEND, _MISS * thickness)
        if is_on.mean() < _MOSTLY:
            is_on[:] = True
        else:  # what lies beside it is a stroke
            is_near = abs(y - level - slope * x) <= 1 + _BESIDE * thickness
            x, y, is_on = x[is_near], y[is_near], is_on[is_near]
        on_x, on_y = x[is_on], y[is_on]
        slope, level = _line(on_x, on_y)
        off = on_y - level - slope * on_x
        bow = float(off @ off) / len(off)
        curve = _curve(on_x - on_x.mean())
        bend = bow - float(curve @ off) ** 2 / len(off)
        return cls(x, y, thickness, slope, level, math.sqrt(max(bend, 0.0)), math.sqrt(bow))


def _line(x: Ints, y: Floats) -> tuple[float, float]:
    """Slope and level at x = 0 of the straight line through points, by least squares."""
    middle, height = x.mean(), y.mean()
    away = x - middle
    slope = float(away @ (y - height)) / max(float(away @ away), 1e-9)
    return slope, float(height - slope * middle)


def _curve(x: Floats) -> Floats:
    """(n,) the parabola of length 1 over places that has no part in any straight line; 0 for less than 3 places.

    The middle of the places is 0.
    """
    square = x * x
    curve = square - square.mean() - x * (float(square @ x) / max(float(square.sum()), 1e-9))
    length = math.sqrt(float(curve @ curve))
    return curve / length if length > 1e-6 else np.zeros(len(x))


def find_tracks(mask: Grey, thickest: float, least: float) -> list[Track]:
    """The tracks of a mask (h, w), 255 on ink, at most `thickest` pixels thick and at least `least` long."""
    pieces = _find_pieces(mask, round(thickest), round(least))
    return [Track.of_pieces([pieces[i] for i in group]) for group in _collinear(pieces, mask.shape[1])]


def _find_pieces(mask: Grey, thickest: int, least: int) -> list[Track]:
    """Tracks without wide gaps, from left to right."""
    frame = thickest + 1
    framed = cv2.copyMakeBorder(mask, frame, frame, 0, 0, cv2.BORDER_CONSTANT, value=0)
    thick = cv2.morphologyEx(framed, cv2.MORPH_OPEN, np.ones((thickest + 1, 1), np.uint8))[frame:-frame]
    run = max(5, min(least, thickest))
    thin = cv2.morphologyEx(cv2.subtract(mask, thick), cv2.MORPH_OPEN, np.ones((1, run), np.uint8))
    if not thin.any():
        return []
    closed = cv2.morphologyEx(thin, cv2.MORPH_CLOSE, np.ones((1, 2 * thickest + 1), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    width, height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    is_kept = (width >= least) & (height <= 2 * thickest + 0.3 * width)
    is_kept[0] = False
    kept = np.flatnonzero(is_kept)
    kept = kept[np.argsort(-width[kept], kind="stable")][:_MAX_PIECES]
    if not len(kept):
        return []
    number = np.full(len(stats), -1, np.int64)
    number[kept] = np.arange(len(kept))
    pixels = np.flatnonzero(thin)
    piece = number[labels.ravel()[pixels]]
    pixels, piece = pixels[piece >= 0], piece[piece >= 0]
    starts = np.concatenate([[0], np.cumsum(width[kept])])
    y, x = np.divmod(pixels, mask.shape[1])
    place = starts[piece] + x - stats[kept, cv2.CC_STAT_LEFT][piece]
    thickness = np.bincount(place, minlength=starts[-1])
    middle = np.bincount(place, weights=y, minlength=starts[-1]) / np.maximum(thickness, 1)
    tracks = []
    for i, left in enumerate(stats[kept, cv2.CC_STAT_LEFT]):
        own = slice(starts[i], starts[i + 1])
        seen = np.flatnonzero(thickness[own])
        if len(seen) < least / 2:
            continue
        track = Track.through(seen + int(left), middle[own][seen], float(np.median(thickness[own][seen])))
        if abs(track.slope) <= _MAX_SLOPE and track.bend <= max(_LEAST_BEND, _MAX_BEND * track.length):
            tracks.append(track)
    return sorted(tracks, key=lambda track: track.left)


def _collinear(pieces: Sequence[Track], width: int) -> list[list[int]]:
    """The pieces of each track: each leads on to the next."""
    n = len(pieces)
    if not n:
        return []
    left, right = np.array([p.left for p in pieces]), np.array([p.right for p in pieces])
    start, end = np.array([p.y[0] for p in pieces]), np.array([p.y[-1] for p in pieces])
    length = right - left + 1.0
    own = np.array([p.slope for p in pieces])
    usual = float(_weighted_median(own, length))
    trust = length / (length + 0.1 * width)  # a short piece says little about its slope
    slope = trust * own + (1 - trust) * usual
    thickness = np.array([p.thickness for p in pieces])
    gap = left[None, :] - right[:, None]
    miss = np.abs(end[:, None] + slope[:, None] * gap / 2 - (start[None, :] - slope[None, :] * gap / 2))
    may_miss = 1.0 + 0.5 * np.minimum.outer(thickness, thickness) + _FADE * gap
    leads_on = (gap > 0) & (gap <= _MAX_GAP * width) & (miss <= may_miss)
    group = np.arange(n)
    for before, after in zip(*np.nonzero(leads_on), strict=True):
        a, b = group[before], group[after]
        if a != b:
            group[group == max(a, b)] = min(a, b)
    return [np.flatnonzero(group == g).tolist() for g in np.unique(group)]


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])

"""The form of one component: the middle line of ink that is a single line, and its slant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.labels import Floats

_ROWS = 16  # of a picture's component that are measured
_FORKED = 1.7  # widest ink of a row, from first to its last pixel, by the usual ink of a row: that is two lines
_BROAD = 0.5  # of its length is a line broad, at most; a small zero whose inside is filled is broader
_HOLLOW = 1.3  # the same of the mean of all rows
_MIDDLE = 0.25  # of each side, by which the fullest row and column of a cross are away from the middle at most
_BESIDE_ARM = 1.15  # half widths of the pen from the middle of an arm; ink there belongs to it
STRAIGHT = 0.22  # of its length; a line that bends more is neither a slash nor a dash
_CLOSED = 0.3  # of how far a line runs from its first end, is its other end from that, at most, in a loop
_DIRECTIONS = np.deg2rad(np.arange(0, 180, 7.5))  # of the arms of a cross that are tried
_CROSS_PIXELS = 400  # of a cross that are looked at
_LEAST_SIDE = 24  # px of a cross; in smaller ink the arms are too broad to be told from a digit
_CROSS_COVER = 0.93  # of the ink of a cross lies on its two arms
_CROSS_ANGLE = np.deg2rad(50)  # between its arms, at least


@dataclass(frozen=True)
class Cross:
    """Two straight lines that cross: the directions of both, steeper first, and how evenly they are halved.

    Directions are dx by dy of the steep arm and dy by dx of the level one; `balance` is the shorter part of an arm
    by its longer part, of the less even arm.
    """

    steep: float
    level: float
    balance: float


@dataclass(frozen=True)
class InkShape:
    """`middle` (k, 2) runs along ink that is one line, from its top or its left end; None of other ink.

    `slant` is how far the ink leans to the right for each unit upwards, by its moments.
    """

    middle: Floats | None
    slant: float


def stroke_shape(points: Floats) -> InkShape:
    """Of a stroke, from its points (k, 2) at equal steps."""
    x, y = (points - points.sum(axis=0) / len(points)).T
    return InkShape(_from_its_start(points), -float(x @ y) / max(float(y @ y), 1e-9))


def picture_shape(mask: NDArray[np.bool_]) -> InkShape:
    """Of connected ink (h, w), in pixels from its corner; the middle line by rows, or by columns of flat ink."""
    height, width = mask.shape
    is_flat = width > height
    rows = mask.T if is_flat else mask
    at = (np.arange(_ROWS) + 0.5) * (len(rows) / _ROWS)
    sampled = rows[at.astype(np.int64)]
    first, last = sampled.argmax(axis=1), sampled.shape[1] - 1 - sampled[:, ::-1].argmax(axis=1)
    extent, ink = last - first + 1.0, sampled.sum(axis=1)
    usual = float(np.sort(ink)[_ROWS // 2])
    middle = None
    if (
        0 < usual < _BROAD * len(rows) + 1
        and ink.all()
        and extent.max() < _FORKED * usual + 2
        and extent.mean() < _HOLLOW * usual + 1
    ):
        across = (first + last + 1.0) / 2
        middle = np.stack([at, across] if is_flat else [across, at], axis=1)
    if is_flat:
        return InkShape(middle, 0.0)
    down = at - float(ink @ at) / max(float(ink.sum()), 1.0)
    shared = float((sampled @ np.arange(width)) @ down)
    return InkShape(middle, -shared / max(float(ink @ (down * down)), 1e-9))


def _from_its_start(points: Floats) -> Floats:
    """The points from the end that is higher, or further left where the line is flat."""
    across, down = points[-1] - points[0]
    is_backwards = across < 0 if abs(across) > abs(down) else down < 0
    return points[::-1] if is_backwards else points


def bend(middle: Floats) -> tuple[float, float]:
    """How far a line (k, 2) is from straight, in its lengths: the most, and to which side in the mean.

    (1, 0) where the ends are beside each other.
    """
    most, mean = bends(middle[None])
    return float(most[0]), float(mean[0])


def bends(middles: Floats) -> tuple[Floats, Floats]:
    """The same of lines (n, k, 2), each (n,)."""
    offset = middles - middles[:, :1]
    x, y = offset[..., 0], offset[..., 1]
    across, down = x[:, -1:], y[:, -1:]
    length = (across * across + down * down)[:, 0]
    is_closed = length <= _CLOSED**2 * (x * x + y * y).max(axis=1)
    away = (x * down - y * across) / np.maximum(length, 1e-12)[:, None]
    return np.where(is_closed, 1.0, np.abs(away).max(axis=1)), np.where(
        is_closed, 0.0, away.sum(axis=1) / away.shape[1]
    )


def cross_of_lines(a: Floats, b: Floats) -> Cross | None:
    """Two middle lines (k, 2) as a cross; None where they do not cross, or are nearly parallel."""
    u, v, between = a[-1] - a[0], b[-1] - b[0], b[0] - a[0]
    area = u[0] * v[1] - u[1] * v[0]
    if abs(area) <= np.sin(_CROSS_ANGLE) * np.hypot(*u) * np.hypot(*v):
        return None
    at_a = (between[0] * v[1] - between[1] * v[0]) / area
    at_b = (between[0] * u[1] - between[1] * u[0]) / area
    if not (0 < at_a < 1 and 0 < at_b < 1):
        return None
    balance = min(min(at, 1 - at) / max(at, 1 - at) for at in (at_a, at_b))
    return _cross(u, v, float(balance))


def cross_in_picture(mask: NDArray[np.bool_]) -> Cross | None:
    """Connected ink (h, w) as a cross; None where two straight arms do not cover it."""
    if min(mask.shape) < _LEAST_SIDE or not _may_be_cross(mask):
        return None
    y, x = np.nonzero(mask)
    every = max(1, len(x) // _CROSS_PIXELS)
    ink = np.stack([x[::every], y[::every]], axis=1).astype(np.float64)
    centre = np.array([mask.sum(axis=0).argmax(), mask.sum(axis=1).argmax()], np.float64)
    sides = np.array(mask.shape[::-1])
    if (abs(centre / sides - 0.5) >= _MIDDLE).any():
        centre = ink.mean(axis=0)
    offset = ink - centre
    half = 0.5 * len(x) / sum(mask.shape) + 1.0  # of the pen: two arms about as long as the sides of the box
    directions = np.stack([np.cos(_DIRECTIONS), np.sin(_DIRECTIONS)])
    along = offset @ directions
    on_arm = np.abs(offset @ np.stack([-directions[1], directions[0]])) <= _BESIDE_ARM * half
    first = int(on_arm.sum(axis=0).argmax())
    turned = np.abs((_DIRECTIONS - _DIRECTIONS[first] + np.pi / 2) % np.pi - np.pi / 2)
    rest = np.where(turned < _CROSS_ANGLE, -1, (on_arm & ~on_arm[:, [first]]).sum(axis=0))
    second = int(rest.argmax())
    if (on_arm[:, first] | on_arm[:, second]).mean() < _CROSS_COVER:
        return None
    balance = 1.0
    for arm in (first, second):
        ends = along[on_arm[:, arm], arm]
        back, forth = -float(ends.min()), float(ends.max())
        balance = min(balance, max(0.0, min(back, forth)) / max(back, forth, 1e-9))
    return _cross(directions[:, first], directions[:, second], balance)


def _may_be_cross(mask: NDArray[np.bool_]) -> bool:
    """Whether there is ink in the middle, and none in all four corners or at the middles of all four sides."""
    height, width = mask.shape
    top, left, bottom, right = height // 4, width // 4, height - height // 4, width - width // 4
    if not mask[height // 3 : height - height // 3, width // 3 : width - width // 3].any():
        return False
    corners = (mask[:top, :left], mask[:top, right:], mask[bottom:, :left], mask[bottom:, right:])
    if not any(corner.any() for corner in corners):
        return True
    across, down = slice(width * 3 // 8, width - width * 3 // 8), slice(height * 3 // 8, height - height * 3 // 8)
    sides = (mask[:top, across], mask[bottom:, across], mask[down, :left], mask[down, right:])
    return not any(side.any() for side in sides)


def _cross(u: Floats, v: Floats, balance: float) -> Cross:
    steep, level = (u, v) if abs(u[1] * v[0]) > abs(u[0] * v[1]) else (v, u)
    return Cross(float(-steep[0] / (steep[1] or 1e-9)), float(level[1] / (level[0] or 1e-9)), balance)

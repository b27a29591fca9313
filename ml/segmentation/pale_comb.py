"""Combs and rows of boxes whose level line is paler than their uprights, so that only these were found."""

from __future__ import annotations

import cv2
import numpy as np

from ml.ink.greyscale import Grey
from ml.labels import Floats
from ml.segmentation.connected_ink import ConnectedInk

_MANY = 3  # uprights; two may be an 11
_SLIM = 0.25  # heights: width of an upright, and a 1 is as slim
_ALIKE = 0.1  # of their height and distance, by which those of uprights differ at most
_ROUNDED = 2.0  # px more
_PALE = 0.2  # of the ink of the uprights; the line between their ends has that much
_CLEAR = 2.0  # times as much ink on the line as between the uprights, and beyond the last one
_NEAR = 0.15  # heights of an upright, between its end and the middle of the line
_PART = 0.25  # of a distance, on each side of a place where ink is measured


def is_pale_comb(found: ConnectedInk, ink: Grey) -> bool:
    """Whether only uprights were found, and ink (h, w) too pale to be found joins their upper or lower ends.

    Digits 1 on ruled paper stand on a pale line as well; it goes on beside them.
    """
    if len(found.stats) <= _MANY:
        return False
    stats = found.stats[1:].astype(np.float64)
    x, y, w, h = stats[stats[:, cv2.CC_STAT_LEFT].argsort(), :4].T
    at = x + w / 2
    steps = np.diff(at)
    if (w > _SLIM * h).any() or not _are_alike(h) or not _are_alike(steps):
        return False
    step, height = float(steps.mean()), float(h.mean())
    between, beyond = at[:-1] + steps / 2, np.array([at[0] - step / 2, at[-1] + step / 2])
    enough = _PALE * float(np.median(ink.ravel()[found.pixels]))
    clear = _ink_at(ink, between, np.interp(between, at, y + h / 2), step, height).max()
    for end in (y, y + h):
        joined = _ink_at(ink, between, np.interp(between, at, end), step, height).min()
        beside = _ink_at(ink, beyond, np.interp(beyond, at, end), step, height).max()
        if joined > max(enough, _CLEAR * clear, _CLEAR * beside):
            return True
    return False


def _are_alike(values: Floats) -> bool:
    middle = float(np.median(values))
    return bool((abs(values - middle) <= _ALIKE * middle + _ROUNDED).all())


def _ink_at(ink: Grey, x: Floats, y: Floats, step: float, height: float) -> Floats:
    """(n,) the ink of level lines through places (n,) and (n,) in ink (h, w); none beyond the picture."""
    along = np.arange(-round(_PART * step), round(_PART * step) + 1)
    across = np.arange(-round(_NEAR * height), round(_NEAR * height) + 1)
    columns = np.rint(x)[:, None, None].astype(np.int64) + along
    rows = np.rint(y)[:, None, None].astype(np.int64) + across[:, None]
    is_inside = (columns >= 0) & (columns < ink.shape[1]) & (rows >= 0) & (rows < ink.shape[0])
    here = ink[rows.clip(0, ink.shape[0] - 1), columns.clip(0, ink.shape[1] - 1)] * is_inside
    return np.asarray(np.median(here.max(axis=1), axis=1))

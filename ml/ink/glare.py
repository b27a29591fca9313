"""Where a picture shows neither paper nor ink: glare that is all white, and shadow that is all black."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]  # (h, w)
Pixels = NDArray[np.uint8]  # (h, w) or (h, w, 3)

_SIDE = 96  # px of the shorter side of the small picture in which it is looked for
_WHITE, _BLACK = 250, 20  # of 255; all channels are above, or below
_GREY_PAPER = 238  # of 255; only where the paper is darker, white is glare
_LIGHT_PAPER = 100  # of 255; only where some of the paper is lighter, black is shadow
_LIGHT_SHARE = 0.2  # of the picture at least; on black paper ink is lighter, but less of it
_OWN_PAPER = 0.25  # of the box of some ink; an area that covers more is its paper
_BROAD = 7  # px of the small picture; what is narrower is ink, or a reflection that hides none


def hides_ink(pixels: Pixels, boxes: NDArray[np.float64]) -> bool:
    """Whether a line of writing may go on where nothing can be seen, a height beside the boxes (n, 4) of its ink.

    Boxes are x, y, width, height in pixels of the picture.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < _SIDE:
        return False
    scale = _SIDE / min(height, width)
    size = (round(width * scale), round(height * scale))
    unseen = _unseen(np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8))
    if not unseen.any():
        return False
    windows = [_window(box * scale) for box in boxes[boxes[:, 3] >= boxes[:, 3].max() / 2]]
    for area in _areas(unseen):
        if any(area[window].mean() > _OWN_PAPER for window in windows if area[window].size):
            continue  # writing in it is seen
        if max(area[window].sum() for window in windows) > area.sum() / 2:
            continue  # it is ink
        broad = cv2.morphologyEx(area.astype(np.uint8), cv2.MORPH_OPEN, np.ones((_BROAD, _BROAD), np.uint8))
        if any(broad[_beside(window)].any() for window in windows):
            return True
    return False


def _window(box: NDArray[np.float64]) -> tuple[slice, slice]:
    x, y, w, h = box
    return np.s_[max(0, int(y)) : int(y + h) + 1, max(0, int(x)) : int(x + w) + 1]


def _beside(window: tuple[slice, slice]) -> tuple[slice, slice]:
    """The window and its height to the left and to the right of it."""
    rows, columns = window
    height = rows.stop - rows.start
    return rows, slice(max(0, columns.start - height), columns.stop + height)


def _areas(unseen: NDArray[np.bool_]) -> Iterator[NDArray[np.bool_]]:
    """The connected areas (h, w) that are large enough to hide a digit."""
    _, labels, measures, _ = cv2.connectedComponentsWithStats(unseen.astype(np.uint8))
    for label in np.flatnonzero(measures[1:, cv2.CC_STAT_AREA] >= _BROAD**2) + 1:
        yield labels == label


def _unseen(small: Pixels) -> NDArray[np.bool_]:
    """(h, w) true where it is all white and most of the picture is not, or all black and enough of it is light."""
    least = small if small.ndim == 2 else small.min(axis=2)
    most = small if small.ndim == 2 else small.max(axis=2)
    is_white = (least >= _WHITE) & (np.median(least) < _GREY_PAPER)
    is_black = (most <= _BLACK) & (np.quantile(most, 1 - _LIGHT_SHARE) > _LIGHT_PAPER)
    return np.asarray(is_white | is_black)

"""Whether a mask of ink may hold lines of a form at all, by the boxes of its components: most pictures do not."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.ink.greyscale import Grey
from ml.segmentation.components import typical_height

_MIN_AREA = 6  # px; less is a speck
_WIDE = 1.5  # heights of the writing; digits that touch are as wide as well
_TALL = 1.8
_FLAT = (
    0.35,
    0.5,
)  # of its width, of the height of the writing: lower ink that wide may be a line, or part of one
_UPRIGHT = 0.3  # of its width, of the highest: lower components are not counted for the height of the writing
_EDGE = (2, 0.8)  # px from the edge of a picture, heights of the writing: higher ink there may be a line cut off
_WHOLE = 0.9  # of the height of a picture; so high a digit may as well be the lines at its edges
_MANY = 12  # solid components may be dashes
_SOLID = 0.55  # of its box is ink
_HOLLOW = (0.6, 8)  # of its box is ink at most, px of its shorter side: what is a box or a ring, and many digits
_THIN = 0.45
_INNER = 0.2  # of the height of a ring; lower ink inside is a dot
_CORNER = 8  # so many of a box's corner fit into its sides; few digits have ink in all four


def may_hold_form(mask: Grey, stats: NDArray[np.int32]) -> bool:
    """Whether components are anything but digits of one height, one beside the other.

    The mask (h, w) is 255 on ink; `stats` are those of OpenCV, the paper first.
    """
    x, y, w, h, area = stats[1:][stats[1:, cv2.CC_STAT_AREA] >= _MIN_AREA].T.astype(np.int64)
    if not len(x) or (area >= _SOLID * w * h).sum() >= _MANY:
        return bool(len(x))
    upright = h[(h > _UPRIGHT * w) & (h > _UPRIGHT * h.max())]
    unit = typical_height(upright) if len(upright) else 0.0
    is_odd = (w > _WIDE * unit) | (h > _TALL * unit) | ((h < _FLAT[0] * w) & (w > _FLAT[1] * unit))
    at_edge = (y <= _EDGE[0]) | (y + h >= len(mask) - _EDGE[0])
    is_odd |= (at_edge & (h >= _EDGE[1] * unit)) | (h > _WHOLE * len(mask))
    if is_odd.any():
        return True
    hollow = np.flatnonzero((area <= _HOLLOW[0] * w * h) & (np.minimum(w, h) >= _HOLLOW[1]))
    left, top, right, low = (side[hollow, None] for side in (x, y, x + w, y + h))
    is_inside = (x > left) & (y > top) & (x + w < right) & (y + h < low) & (h >= _INNER * h[hollow, None])
    return bool(is_inside.any()) or any(
        _has_corners(
            mask[y[i] : y[i] + h[i], x[i] : x[i] + w[i]],
            _CORNER if area[i] <= _THIN * w[i] * h[i] else 2 * _CORNER,
        )
        for i in hollow
    )


def _has_corners(window: NDArray[np.uint8], side: int) -> bool:
    small = cv2.resize(window, (side, side), interpolation=cv2.INTER_AREA)
    return bool(small[[0, 0, -1, -1], [0, -1, 0, -1]].all())

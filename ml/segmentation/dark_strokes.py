"""Strokes along the lines of a form that went with them, and are darker than they are: of another pen."""

from __future__ import annotations

import cv2
import numpy as np

from ml.ink.greyscale import Grey, as_uint8
from ml.segmentation.connected_ink import connect

_CORE = 75  # percentile of the ink of lines or strokes: not that of their edges
_DARKER = 1.2  # times as dark as the lines is the pen at least
_LEAST = 20  # of 255, by which it is darker; noise is less
_LONG = 1.0  # widths of the pen; darker spots are crossings of lines


def restore_dark_strokes(before: Grey, cleaned: Grey, ink: Grey, pen: float) -> Grey:
    """A mask (h, w), `cleaned` of lines, with what is as dark as its strokes and goes on from them.

    `before` is the mask with the lines, `ink` (h, w) is high on ink. The same mask where nothing comes back.
    """
    removed = cv2.subtract(before, cleaned)
    of_lines, of_strokes = ink[removed > 0], ink[cleaned > 0]
    if not len(of_lines) or not len(of_strokes):
        return cleaned
    line, stroke = (float(np.percentile(part, _CORE)) for part in (of_lines, of_strokes))
    if stroke < max(_DARKER * line, line + _LEAST):
        return cleaned
    found = connect(as_uint8(removed * (ink > (line + stroke) / 2)))
    near = cv2.dilate(cleaned, np.ones((3, 3), np.uint8))
    touching = np.bincount(found.parts[near.ravel()[found.pixels] > 0], minlength=len(found.stats)) > 0
    touching &= found.stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1) >= _LONG * pen
    touching[0] = False
    return as_uint8(cv2.max(cleaned, found.kept(touching))) if touching.any() else cleaned

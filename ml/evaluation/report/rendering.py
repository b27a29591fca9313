"""Strokes rendered as a person sees them: dark round lines on white."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.ink.strokes import Strokes, bounds

Grey = NDArray[np.uint8]  # (height, width), 0 black

_SUBPIXEL = 4  # fractional bits of the coordinates that cv2 is given
_FLATTEST = 8.0  # largest ratio of width to height: a flat dash gets the height of a line that it would be part of


def render_strokes(strokes: Strokes, size: int = 64, pen: float = 0.07, margin: float = 0.15) -> Grey:
    """A picture cut to the ink, which is `size` pixels high; `pen` (its width) and `margin` in heights of the ink.

    Raises ValueError where there are no strokes.
    """
    _, _, width, height = bounds(strokes)
    scale = size / max(height, width / _FLATTEST, 1e-6)
    edges = 2 * margin * size
    shape = (round(max(height * scale, size / _FLATTEST) + edges), round(max(width * scale, 1.0) + edges))
    return place_strokes(strokes, shape, scale, max(1, round(pen * size)))


def place_strokes(
    strokes: Strokes, shape: tuple[int, int], scale: float, pen: int, at: tuple[float, float] = (0.5, 0.5)
) -> Grey:
    """A picture of `shape` (h, w) with the scaled strokes, drawn by a pen of `pen` px. `at` says where the
    middle of the ink is, as shares (x, y) of the picture. Raises ValueError where there are no strokes."""
    x, y, width, height = bounds(strokes)
    middle = np.array((x + width / 2, y + height / 2))
    target = np.array(at) * [shape[1], shape[0]] - 0.5
    picture = np.full(shape, 255, np.uint8)
    moved = [(stroke - middle) * scale + target for stroke in strokes]
    # A single point is drawn as a line to itself, which gives a dot.
    lines = [np.rint(stroke[[0, *range(len(stroke))]] * 2**_SUBPIXEL).astype(np.int32) for stroke in moved]
    return np.asarray(cv2.polylines(picture, lines, False, 0, pen, cv2.LINE_AA, _SUBPIXEL), np.uint8)

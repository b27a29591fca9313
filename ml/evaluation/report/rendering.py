"""Strokes as the picture that a person sees: dark round lines on white."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.ink.strokes import Strokes, bounds

Grey = NDArray[np.uint8]

_SUBPIXEL = 4  # bits that cv2 takes as fraction
_FLATTEST = 8.0  # a dash is given the height of a line that it would be part of


def render_strokes(strokes: Strokes, size: int = 64, pen: float = 0.07, margin: float = 0.15) -> Grey:
    """Grey pixels (h, w), 0 black, cut to the ink: `size` pixels high, `pen` and `margin` in heights of the ink.

    Raises ValueError where there are no strokes.
    """
    x, y, width, height = bounds(strokes)
    scale = size / max(height, width / _FLATTEST, 1e-6)
    edge = 2 * margin * size
    shape = (round(max(height * scale, size / _FLATTEST) + edge), round(max(width * scale, 1.0) + edge))
    return place_strokes(strokes, shape, (x + width / 2, y + height / 2), scale, max(1, round(pen * size)))


def place_strokes(
    strokes: Strokes,
    shape: tuple[int, int],
    middle: tuple[float, float],
    scale: float,
    pen: int,
    at: tuple[float, float] = (0.5, 0.5),
) -> Grey:
    """Grey pixels of `shape` (h, w): the point `middle` of the strokes at the share `at` (x, y) of them."""
    home = np.array(at) * [shape[1], shape[0]] - 0.5
    page = np.full(shape, 255, np.uint8)
    moved = [(stroke - np.array(middle)) * scale + home for stroke in strokes]
    # A lone point is drawn as a line to itself, which gives a dot.
    lines = [np.rint(stroke[[0, *range(len(stroke))]] * 2**_SUBPIXEL).astype(np.int32) for stroke in moved]
    return np.asarray(cv2.polylines(page, lines, False, 0, pen, cv2.LINE_AA, _SUBPIXEL), np.uint8)

"""Ink to a 28x28 glyph, exactly as MNIST was made. No other module does this.

The steps are those of the reconstruction in "Cold Case: the Lost MNIST Digits" (Yadav, Bottou 2019): crop a
square around the ink, average it down to 20x20, and paste that into 28x28 with the barycentre in the middle.
Ink is high (255) and paper is 0 in all arrays of this module.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.ink.strokes import Strokes, bounds

SIDE = 28
BOX = 20  # longer side of the ink
PEN = 2.5  # px in the glyph; the median stroke of MNIST (p5 1.7, p95 3.9)
_FINE = 8  # pixels of the canvas on which strokes are drawn, for each pixel of the glyph
_CANVAS = (BOX + 2) * _FINE
_BANDS = 5  # into which the 20 rows are divided; fits ink of up to 65,536 pixels
_SUBPIXEL = 4  # fractional bits of the coordinates that cv2 draws

Glyph = NDArray[np.uint8]


def normalise_glyph(ink: NDArray[np.uint8] | NDArray[np.float32], min_side: float = 10.0) -> Glyph:
    """The glyph (28, 28) of ink (h, w), high on ink; all zeros where there is none.

    `min_side`, in source pixels, is the smallest side of the square that becomes 20x20, so that a dot stays a dot.
    """
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return np.zeros((SIDE, SIDE), np.uint8)
    box = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    side = max(*box.shape, int(np.ceil(min_side)))
    # In bands: NumPy gives a larger product to threads, which wait for each other while the machine is busy.
    bands = _coverage(box.shape[0], side).reshape(_BANDS, -1, box.shape[0]) @ box.astype(np.float32)
    grey = bands.reshape(BOX, -1) @ _coverage(box.shape[1], side).T
    grey = np.rint(grey * (255.0 / grey.max()))
    # Paste by whole pixels: the barycentre in (14, 15] from the edge, as in MNIST. Lopsided ink may reach beyond
    # the edge of the glyph, so the frame is wider.
    total, middle = grey.sum(), np.arange(BOX) + 0.5
    down = int(np.floor(15.0 - grey.sum(axis=1) @ middle / total))
    right = int(np.floor(15.0 - grey.sum(axis=0) @ middle / total))
    frame = np.zeros((SIDE + 2 * BOX, SIDE + 2 * BOX), np.uint8)
    frame[BOX + down : 2 * BOX + down, BOX + right : 2 * BOX + right] = grey
    return frame[BOX : BOX + SIDE, BOX : BOX + SIDE].copy()


def strokes_to_glyph(strokes: Strokes, pen: float = PEN, min_side: float = 0.0) -> Glyph:
    """The glyph of strokes, drawn from their vectors with a round pen of `pen` glyph pixels.

    `min_side`, in units of the strokes, as for `normalise_glyph`. The strokes are drawn on a canvas 8 times finer
    than the glyph; their longer side, with the pen, is as long as 20 pixels of the glyph.
    """
    x, y, width, height = bounds(strokes)
    span = max(width, height, min_side, 1e-6)
    scale = (BOX - pen) * _FINE / span * 2**_SUBPIXEL
    middle = np.array([x + width / 2, y + height / 2], np.float32)
    centre = _CANVAS / 2 * 2**_SUBPIXEL
    # A lone point is drawn as a line to itself, which gives the round dot of the pen.
    lines = [
        np.rint((np.concatenate([stroke[:1], stroke]) - middle) * scale + centre).astype(np.int32)
        for stroke in strokes
    ]
    canvas = np.zeros((_CANVAS, _CANVAS), np.uint8)
    thickness = max(1, round(pen * _FINE) - 1)  # cv2 draws lines about a pixel wider than asked
    cv2.polylines(canvas, lines, False, 255, thickness, cv2.LINE_8, _SUBPIXEL)
    return normalise_glyph(canvas, min_side=BOX * _FINE)


def rotate_glyphs(glyphs: NDArray[np.uint8], degrees: float, scale: float) -> NDArray[np.uint8]:
    """Glyphs (n, 28, 28) turned clockwise by `degrees` about their middle, and scaled."""
    middle = ((SIDE - 1) / 2, (SIDE - 1) / 2)
    matrix = cv2.getRotationMatrix2D(middle, -degrees, scale)
    rotated = np.empty_like(glyphs)
    for glyph, copy in zip(glyphs, rotated, strict=True):
        cv2.warpAffine(glyph, matrix, (SIDE, SIDE), dst=copy, flags=cv2.INTER_LINEAR)
    return rotated


@lru_cache(maxsize=512)
def _coverage(length: int, side: int) -> NDArray[np.float32]:
    """(20, length): the share of each of 20 cells that each source pixel covers; `length` is centred in `side`."""
    first = (side - length) / 2
    edges = np.arange(BOX + 1) * side / BOX
    left = np.arange(first, first + length)
    overlap = np.minimum(edges[1:, None], left + 1) - np.maximum(edges[:-1, None], left)
    return np.asarray(overlap.clip(0) * (BOX / side), np.float32)

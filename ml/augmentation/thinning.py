"""Glyphs thinned to their middle lines and drawn anew with a pen of any width.

MNIST was written with ball pens and scanned; what people draw on a screen has a line of one width and round ends.
Thinned and redrawn, the hands of MNIST's writers are there for that kind of ink as well.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.ink.glyph import SIDE, Glyph, normalise_glyph

_FINE = 2  # the skeleton is that many times finer than the glyph
_WIDE = SIDE * _FINE
_MARGIN = 4  # px, so that a wide pen stays within
# Neighbours of a pixel, clockwise from above, as bits.
_BITS = np.array([[128, 1, 2], [64, 0, 4], [32, 16, 8]], np.float32)


def thin(glyphs: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The skeletons (n, 56, 56) of glyphs (n, 28, 28), a pixel wide (Zhang, Suen 1984)."""
    size = (_WIDE, _WIDE)
    fine = [cv2.resize(glyph, size, interpolation=cv2.INTER_CUBIC) for glyph in glyphs]
    # One tall strip: the loop over images would cost more than all the rest.
    strip = np.where(np.concatenate(fine) > 110, 1, 0).astype(np.uint8)
    strip[:, [0, -1]] = 0
    strip[::_WIDE] = strip[_WIDE - 1 :: _WIDE] = 0
    while True:
        before = int(strip.sum())
        for table in _REMOVABLE:
            strip[table[cv2.filter2D(strip, -1, _BITS, borderType=cv2.BORDER_CONSTANT)]] = 0
        if int(strip.sum()) == before:
            return strip.reshape(-1, _WIDE, _WIDE).astype(bool)


def redraw(skeleton: NDArray[np.bool_], pen: float) -> Glyph:
    """The glyph of a skeleton (56, 56) drawn with a round pen of `pen` glyph pixels."""
    wide = np.pad(~skeleton, _MARGIN, constant_values=True).astype(np.uint8)
    distance = cv2.distanceTransform(wide, cv2.DIST_L2, 5)
    return normalise_glyph(((pen * _FINE / 2 + 0.5 - distance).clip(0, 1) * 255).astype(np.float32))


def _removable(first: bool) -> NDArray[np.bool_]:
    """(256,) by the neighbours of a pixel: whether this half of a round may take it away."""
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1  # above, above right, right, ...
    count = bits.sum(axis=1)
    rises = ((bits == 0) & (np.roll(bits, -1, axis=1) == 1)).sum(axis=1)
    up, right, down, left = bits[:, 0], bits[:, 2], bits[:, 4], bits[:, 6]
    kept = (up * right * down, right * down * left) if first else (up * right * left, up * down * left)
    return np.asarray((count >= 2) & (count <= 6) & (rises == 1) & (kept[0] == 0) & (kept[1] == 0))


_REMOVABLE = (_removable(first=True), _removable(first=False))

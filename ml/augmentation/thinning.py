"""Thin glyphs to their skeletons, and draw these anew with a round pen of any width.

MNIST was written with ball pens and scanned; strokes drawn on a screen have one width and round ends. Thinned and
drawn anew, MNIST's digits show that kind of ink in the handwriting of MNIST's writers.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.ink.glyph import SIDE, Glyph, normalise_glyph

_FINE = 2  # pixels of a skeleton for each pixel of its glyph, in both directions
_WIDE = SIDE * _FINE
_MARGIN = 4  # px around a skeleton, so that a wide pen stays inside
_THRESHOLD = 110  # grey level of ink
# The bit of each neighbour of a pixel: 1 above, 2 above on the right, and so on clockwise.
_NEIGHBOUR_BITS = np.array([[128, 1, 2], [64, 0, 4], [32, 16, 8]], np.float32)


def thin(glyphs: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The skeletons (n, 56, 56) of glyphs (n, 28, 28), a pixel wide (Zhang, Suen 1984)."""
    size = (_WIDE, _WIDE)
    enlarged = [cv2.resize(glyph, size, interpolation=cv2.INTER_CUBIC) for glyph in glyphs]
    # All glyphs are thinned as one tall image, since a loop over them would cost more than all the rest. Empty
    # borders keep them apart.
    ink = np.where(np.concatenate(enlarged) > _THRESHOLD, 1, 0).astype(np.uint8)
    ink[:, [0, -1]] = 0
    ink[::_WIDE] = ink[_WIDE - 1 :: _WIDE] = 0
    while True:
        before = int(ink.sum())
        for removable in _REMOVABLE:
            ink[removable[cv2.filter2D(ink, -1, _NEIGHBOUR_BITS, borderType=cv2.BORDER_CONSTANT)]] = 0
        if int(ink.sum()) == before:
            return ink.reshape(-1, _WIDE, _WIDE).astype(bool)


def redraw(skeleton: NDArray[np.bool_], pen: float) -> Glyph:
    """The glyph of a skeleton (56, 56) drawn with a round pen of `pen` glyph pixels; zeros for an empty one."""
    paper = np.pad(~skeleton, _MARGIN, constant_values=True).astype(np.uint8)
    distance = cv2.distanceTransform(paper, cv2.DIST_L2, 5)
    return normalise_glyph(((pen * _FINE / 2 + 0.5 - distance).clip(0, 1) * 255).astype(np.float32))


def _removable(first: bool) -> NDArray[np.bool_]:
    """(256,) whether a pixel with these neighbours is removed, in the first or the second half of an iteration."""
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1  # above, above right, right, ...
    count = bits.sum(axis=1)
    rises = ((bits == 0) & (np.roll(bits, -1, axis=1) == 1)).sum(axis=1)
    up, right, down, left = bits[:, 0], bits[:, 2], bits[:, 4], bits[:, 6]
    kept = (up * right * down, right * down * left) if first else (up * right * left, up * down * left)
    return np.asarray((count >= 2) & (count <= 6) & (rises == 1) & (kept[0] == 0) & (kept[1] == 0))


_REMOVABLE = (_removable(first=True), _removable(first=False))

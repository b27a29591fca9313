"""The connected parts of a mask of ink, found and measured once for all that ask for them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.ink.greyscale import Grey


@dataclass(frozen=True, eq=False)
class ConnectedInk:
    """A mask (h, w), not 0 on ink, and its parts, each connected by sides or corners of pixels.

    The parts are numbered from 1; 0 is the paper. Only ink is measured: it is a few of a hundred pixels.
    """

    mask: Grey
    labels: NDArray[np.int32]  # (h, w) the number of the part
    stats: NDArray[np.int32]  # (n, 5) as OpenCV has them: left, top, width, height, area; of the paper zeros
    pixels: NDArray[np.int64]  # (k,) rising, where ink is in the mask laid out in one row
    parts: NDArray[np.int32]  # (k,) the part of each of them

    def only(self, is_kept: NDArray[np.bool_]) -> ConnectedInk:
        """The parts that are kept, of (n,), in the same order."""
        if is_kept[1:].all():
            return replace(self, mask=self.kept(is_kept))
        is_kept = np.concatenate([[True], is_kept[1:]])
        has_ink = is_kept[self.parts]
        pixels, parts = self.pixels[has_ink], (np.cumsum(is_kept, dtype=np.int32) - 1)[self.parts[has_ink]]
        labels = np.zeros(self.mask.shape, np.int32)
        labels.ravel()[pixels] = parts
        return ConnectedInk(self.kept(is_kept), labels, self.stats[is_kept], pixels, parts)

    def kept(self, is_kept: NDArray[np.bool_]) -> Grey:
        """A mask (h, w), 255 on the parts that are kept, of (n,)."""
        mask = np.zeros(self.mask.shape, np.uint8)
        mask.ravel()[self.pixels[is_kept[self.parts]]] = 255
        return mask


def connect(mask: Grey) -> ConnectedInk:
    """The connected parts of a mask (h, w), not 0 on ink."""
    count, found = cv2.connectedComponents(mask, connectivity=8)
    labels = np.asarray(found, np.int32)
    pixels = np.flatnonzero(mask > 0)
    parts = labels.ravel()[pixels]
    y, x = np.divmod(pixels, mask.shape[1])
    left, right = np.full(count, mask.shape[1]), np.zeros(count, np.int64)
    top, low = np.zeros((2, count), np.int64)
    np.minimum.at(left, parts, x)
    np.maximum.at(right, parts, x)
    top[parts[::-1]], low[parts] = y[::-1], y  # the last one assigned stays, and rows rise
    stats = np.stack([left, top, right - left + 1, low - top + 1, np.bincount(parts, minlength=count)], axis=1)
    stats[0] = 0
    return ConnectedInk(mask, labels, stats.astype(np.int32), pixels, parts)

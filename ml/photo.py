"""A grey picture to pieces of ink: polarity, light, components."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.glyph import Glyph, normalise
from ml.pieces import Boxes

_MOST_PIECES = 400  # what is left of a texture after the largest is no number anybody wrote


class PicturePieces:
    """Connected components of ink. `labels` (h, w) holds 1 + the index of the piece, 0 for paper; `ink` (h, w) is high on ink."""

    def __init__(self, ink: NDArray[np.uint8], labels: NDArray[np.int32], boxes: Boxes) -> None:
        self._ink, self._labels, self.boxes = ink, labels, boxes

    def glyph(self, chosen: Sequence[int], at_least: float) -> Glyph:
        boxes = self.boxes[list(chosen)].astype(np.int64)
        (left, top), (right, bottom) = boxes[:, :2].min(axis=0), (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
        window = np.s_[top:bottom, left:right]
        mine = np.isin(self._labels[window], np.asarray(chosen) + 1)
        return normalise(np.where(mine, self._ink[window], 0), max(at_least, 1.0))


def find_pieces(grey: NDArray[np.uint8]) -> PicturePieces | None:
    """The ink of grey pixels (h, w), 0 black; None where there is none."""
    if grey.size == 0:
        return None
    ink = _ink(grey)
    level, mask = cv2.threshold(ink, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    if level < 20:
        return None
    return _components(ink, mask)


def _ink(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Ink high, paper 0."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    light = np.median(border) >= 128
    ink = 255 - grey if light else grey.copy()
    paper = int(np.median(border))
    return cv2.subtract(ink, np.full_like(ink, 255 - paper if light else paper))


def _components(ink: NDArray[np.uint8], mask: NDArray[np.uint8]) -> PicturePieces | None:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    kept = [i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] >= 4]
    if not kept:
        return None
    kept = sorted(kept, key=lambda i: -int(stats[i, cv2.CC_STAT_AREA]))[:_MOST_PIECES]
    renumber = np.zeros(count, np.int32)
    renumber[kept] = np.arange(1, len(kept) + 1)
    boxes = stats[kept][:, [cv2.CC_STAT_LEFT, cv2.CC_STAT_TOP, cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].astype(
        float
    )
    return PicturePieces(ink, renumber[labels], boxes)

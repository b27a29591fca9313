"""Dashed and dotted lines: many small, solid components of a mask, one after the other."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.ink.greyscale import Grey

_MANY = 12  # dashes; fewer are full stops and minus signs
_SOLID = 0.55  # of its box is ink; a dash that slopes fills its box less than a level one
_ALIKE = 2.0  # medians; longer components are no dashes
_CORNER = 3.0  # lengths of a dash; larger ink beside a row of dashes is writing
_MOSTLY = 0.5  # of all dashes lie in rows; then the others are of shorter rows
_MAX_GAP = 1.5  # lengths of a dash
_LEAST = 5.0  # lengths of a dash; shorter rows of dashes are no lines
_MAX_THICKNESS = 1.8  # of a row of dashes by the thickness of one; a row of 1s is thicker


def remove_dashes(mask: Grey, labels: NDArray[np.int32], stats: NDArray[np.int32]) -> Grey:
    """The mask (h, w), 255 on ink, without dashed lines; the same object where there are none.

    Its components are given as OpenCV labels and measures them, the paper first.
    """
    count = len(stats)
    if count <= _MANY:
        return mask
    width, height = stats[:, cv2.CC_STAT_WIDTH].astype(np.float64), stats[:, cv2.CC_STAT_HEIGHT].astype(np.float64)
    longer, shorter = np.maximum(width, height), np.minimum(width, height)
    is_dash = stats[:, cv2.CC_STAT_AREA] >= _SOLID * width * height
    is_dash[0] = False
    if is_dash.sum() < _MANY:
        return mask
    length = float(np.median(longer[is_dash]))
    is_dash &= longer <= _ALIKE * length
    if is_dash.sum() < _MANY:
        return mask
    dashes = np.where(is_dash[labels], 255, 0).astype(np.uint8)
    thickness = float(np.median(shorter[is_dash]))
    is_in_row, is_near = np.zeros(count, bool), np.zeros(count, bool)
    reach = np.ones((2 * round(length) + 1,) * 2, np.uint8)
    for turned in (False, True):
        rows = _rows(dashes.T if turned else dashes, length, thickness)
        rows = np.ascontiguousarray(rows.T) if turned else rows
        is_in_row[np.unique(labels[rows & (dashes > 0)])] = True
        is_near[np.unique(labels[cv2.dilate(rows.view(np.uint8), reach) > 0])] = True
    if not is_in_row.any():
        return mask
    if is_in_row[is_dash].mean() > _MOSTLY:
        is_in_row |= is_dash
    is_in_row |= is_near & (longer <= _CORNER * length)  # dashes that meet in corners, and parts of dashes
    is_in_row[0] = False
    return np.where(is_in_row[labels], 0, mask).astype(np.uint8)


def _rows(dashes: Grey, length: float, thickness: float) -> NDArray[np.bool_]:
    """(h, w) true on level rows of dashes, and between them."""
    gap = round(_MAX_GAP * length) + 1
    framed = cv2.copyMakeBorder(dashes, 0, 0, gap, gap, cv2.BORDER_CONSTANT, value=0)
    closed = cv2.morphologyEx(framed, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))[:, gap:-gap]
    _, labels, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(closed), connectivity=8)
    long = stats[:, cv2.CC_STAT_WIDTH]
    is_row = (long >= _LEAST * length) & (
        stats[:, cv2.CC_STAT_AREA] <= _MAX_THICKNESS * thickness * long + 2 * long
    )
    is_row[0] = False
    return np.asarray(is_row[labels])

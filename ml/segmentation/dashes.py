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
_SHORTEST, _NEARLY_ALL = 3.0, 0.8  # the same in a form, where so many of all dashes lie in rows
_MAX_THICKNESS = 1.8  # of a row of dashes by the thickness of one; a row of 1s is thicker


def part_dashes(mask: Grey, labels: NDArray[np.int32], stats: NDArray[np.int32]) -> tuple[Grey, Grey, float]:
    """The mask (h, w), 255 on ink, without dashed lines, and with lines in their places; the length of a dash.

    Both are the same object, and the length 0, where there are none. The components of the mask are given as
    OpenCV labels and measures them, the paper first.
    """
    count = len(stats)
    if count <= _MANY:
        return mask, mask, 0.0
    sides = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].astype(np.float64)
    longer, shorter = sides.max(axis=1), sides.min(axis=1)
    is_dash = stats[:, cv2.CC_STAT_AREA] >= _SOLID * longer * shorter
    is_dash[0] = False
    length = float(np.median(longer[is_dash])) if is_dash.any() else 0.0
    is_dash &= longer <= _ALIKE * length
    if is_dash.sum() < _MANY:
        return mask, mask, 0.0
    dashes = np.where(is_dash[labels], 255, 0).astype(np.uint8)
    thickness = float(np.median(shorter[is_dash]))
    is_in_row = np.zeros(count, bool)
    for least in (_SHORTEST, _LEAST):
        upright = np.ascontiguousarray(_rows(dashes.T, length, thickness, least).T)
        rows = (_rows(dashes, length, thickness, least), upright)
        seen = [np.unique(labels[row & (dashes > 0)]) for row in rows]
        is_in_row[:] = False
        is_in_row[np.concatenate(seen)] = True
        if all(map(len, seen)) and is_in_row[is_dash].mean() > _NEARLY_ALL:
            break  # sides and walls of boxes, which corners and strokes part in short rows
    if not is_in_row.any():
        return mask, mask, 0.0
    if is_in_row[is_dash].mean() > _MOSTLY:
        is_in_row |= is_dash
    row = rows[0] | rows[1]
    reach = np.ones((2 * round(length) + 1,) * 2, np.uint8)
    is_near = np.zeros(count, bool)
    is_near[np.unique(labels[cv2.dilate(row.view(np.uint8), reach) > 0])] = True
    is_in_row |= is_near & (longer <= _CORNER * length)  # dashes that meet in corners, and parts of dashes
    is_in_row[0] = False
    return np.where(is_in_row[labels], 0, mask).astype(np.uint8), np.where(row, 255, mask).astype(np.uint8), length


def _rows(dashes: Grey, length: float, thickness: float, least: float) -> NDArray[np.bool_]:
    """(h, w) true on level rows of dashes at least so many lengths long, and between them."""
    gap = round(_MAX_GAP * length) + 1
    framed = cv2.copyMakeBorder(dashes, 0, 0, gap, gap, cv2.BORDER_CONSTANT, value=0)
    closed = cv2.morphologyEx(framed, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))[:, gap:-gap]
    _, labels, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(closed), connectivity=8)
    long = stats[:, cv2.CC_STAT_WIDTH]
    is_row = (long >= least * length) & (
        stats[:, cv2.CC_STAT_AREA] <= _MAX_THICKNESS * thickness * long + 2 * long
    )
    is_row[0] = False
    return np.asarray(is_row[labels])

"""Dashed and dotted lines: many small, solid components of a mask, one after the other."""

from __future__ import annotations

import cv2
import numpy as np

from ml.ink.greyscale import Grey, as_uint8
from ml.segmentation.connected_ink import ConnectedInk, connect

_MANY = 12  # dashes; fewer are full stops and minus signs
_SOLID = 0.55  # of its box is ink; a dash that slopes fills its box less than a level one
_ALIKE = 2.0  # medians; longer components are no dashes
_CORNER = 3.0  # lengths of a dash; larger ink beside a row of dashes is writing
_MOSTLY = 0.5  # of all dashes lie in rows; then the others are of shorter rows
_MAX_GAP = 1.5  # lengths of a dash
_LEAST = 5.0  # lengths of a dash; shorter rows of dashes are no lines
_SHORTEST, _NEARLY_ALL = 3.0, 0.8  # the same in a form, where so many of all dashes lie in rows
_MAX_THICKNESS = 1.8  # of a row of dashes by the thickness of one; a row of 1s is thicker


def part_dashes(found: ConnectedInk) -> tuple[ConnectedInk, Grey, float]:
    """Ink without dashed lines, a mask (h, w), 255 on ink, with lines in their places; the length of a dash.

    The same ink, its mask, and the length 0, where there are none.
    """
    mask, labels, stats = found.mask, found.labels, found.stats
    count = len(stats)
    if count <= _MANY:
        return found, mask, 0.0
    sides = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].astype(np.float64)
    longer, shorter = sides.max(axis=1), sides.min(axis=1)
    is_dash = stats[:, cv2.CC_STAT_AREA] >= _SOLID * longer * shorter
    is_dash[0] = False
    length = float(np.median(longer[is_dash])) if is_dash.any() else 0.0
    is_dash &= longer <= _ALIKE * length
    if is_dash.sum() < _MANY:
        return found, mask, 0.0
    dashes = found.kept(is_dash)
    thickness = float(np.median(shorter[is_dash]))
    is_in_row = np.zeros(count, bool)
    for least in (_SHORTEST, _LEAST):
        upright = np.ascontiguousarray(_rows(dashes.T, length, thickness, least).T)
        rows = (_rows(dashes, length, thickness, least), upright)
        seen = [np.unique(labels[(row & dashes) > 0]) for row in rows]
        is_in_row[:] = False
        is_in_row[np.concatenate(seen)] = True
        if all(map(len, seen)) and is_in_row[is_dash].mean() > _NEARLY_ALL:
            break  # sides and walls of boxes, which corners and strokes part in short rows
    if not is_in_row.any():
        return found, mask, 0.0
    if is_in_row[is_dash].mean() > _MOSTLY:
        is_in_row |= is_dash
    row = np.asarray(cv2.max(*rows), np.uint8)
    reach = np.ones((2 * round(length) + 1,) * 2, np.uint8)
    is_near = np.zeros(count, bool)
    is_near[np.unique(labels[cv2.dilate(row, reach) > 0])] = True
    is_in_row |= is_near & (longer <= _CORNER * length)  # dashes that meet in corners, and parts of dashes
    is_in_row[0] = False
    return found.only(~is_in_row), as_uint8(cv2.max(mask, row)), length


def _rows(dashes: Grey, length: float, thickness: float, least: float) -> Grey:
    """(h, w) 255 on level rows of dashes at least so many lengths long, and between them."""
    gap = round(_MAX_GAP * length) + 1
    framed = cv2.copyMakeBorder(dashes, 0, 0, gap, gap, cv2.BORDER_CONSTANT, value=0)
    closed = cv2.morphologyEx(framed, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))[:, gap:-gap]
    found = connect(np.ascontiguousarray(closed))
    stats = found.stats
    long = stats[:, cv2.CC_STAT_WIDTH]
    is_row = (long >= least * length) & (
        stats[:, cv2.CC_STAT_AREA] <= _MAX_THICKNESS * thickness * long + 2 * long
    )
    is_row[0] = False
    return found.kept(is_row)

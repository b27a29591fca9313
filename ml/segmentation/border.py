"""Strips along the border of a picture: the lines of a cell that was cut out, the edge of a table, a shadow.

A component along the border is such a strip, or writing that stands on one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.segmentation.components import Boxes
from ml.segmentation.connected_ink import ConnectedInk, connect

Bools = NDArray[np.bool_]

_LENGTH = 0.4  # of the side of the picture that a strip runs along; a line that slopes leaves the picture
_PART = 0.1  # the same beside a longer strip, or where there is no writing
_DEPTH = 0.12  # of its length, from the border to its farthest pixels
_ACROSS = 0.2  # of the shorter side of the picture; a stroke in a picture as narrow as itself reaches deeper
_NEAR = (2.0, 0.02)  # px, of the shorter side: so far from the border ink still touches it
_SLIM = 0.25  # lengths: the breadth of a strip along one side only
_LEAST = 0.15  # of the shorter side; smaller ink beside strips is no writing
_FILLS = 0.85  # of the height of a picture that was cut out closely around writing
_REACHES = 0.04  # of the height, from the border that such writing reaches
MAX_CONTACT = 0.5  # of the longer side of a component, along the edge of the picture; more has no writing
_THIN = 0.12  # of the shorter side; a line on which writing stands is no thicker
_STANDS = 3  # thicknesses of that line, from the border to the farthest ink of what stands on it
_OVERHANG = 2  # thicknesses by which such a line is longer on each side
_WAVERS = 1.5  # times its usual thickness, to which such a line may swell; a stroke that meets it goes deeper


def are_strips(labels: NDArray[np.int32], boxes: Boxes, margin: float) -> Bools:
    """Whether components (n,) run along the border of a picture and are no writing.

    Their labels (h, w) count from 1; `margin` pixels on each side of those are no part of the picture. Strokes
    along the border of a picture that was cut out closely stay.
    """
    height, width = (side - 2 * margin for side in labels.shape)
    shorter = min(height, width)
    x, y, w, h = (boxes - [margin, margin, 0, 0]).T
    near = max(_NEAR[0], _NEAR[1] * shorter)
    is_beside = (x <= near) | (x + w >= width - near)
    is_above = (y <= near) | (y + h >= height - near)
    length = np.maximum(np.where(is_beside, h / height, 0), np.where(is_above, w / width, 0))
    found, deepest = np.zeros(len(boxes), np.bool_), 0.0
    for number in np.argsort(-length, kind="stable").tolist():
        if length[number] < _PART:
            break
        depth = _depth(labels, boxes[number].astype(np.int64), number + 1, margin)
        if depth <= min(max(_DEPTH * max(w[number], h[number]), 2 * near), _ACROSS * shorter):
            found[number], deepest = True, max(deepest, depth)
    rest = ~found & (np.maximum(w, h) >= _LEAST * shorter)
    if rest.any():
        if not found.any() or length[found].max() < _LENGTH:
            return np.zeros(len(boxes), np.bool_)
        if h[rest].max() >= _FILLS * height:
            found &= w >= _SLIM * h
        reach = _REACHES * height
        is_cut_closely = np.where(y <= near, (y + h)[rest].max() >= height - reach, y[rest].min() <= reach)
        found &= ~((h < _SLIM * w) & is_cut_closely)
    if found.any():
        deepest += near
        is_shallow = (x + w <= deepest) | (x >= width - deepest) | (y + h <= deepest) | (y >= height - deepest)
        found |= ~rest & is_shallow
    return found


def without_lines_at_edge(found: ConnectedInk) -> ConnectedInk:
    """Ink without the lines along the edge of the picture on which writing stands; the same where there are none.

    Numbers in forms are often cut out just so that the line below them remains, and joins their digits.
    """
    erased = None
    sides = found.stats[:, 2:4].max(axis=1)
    thickest = _THIN * min(found.mask.shape)
    for turns in range(4):
        labels = np.rot90(found.labels, turns)
        contact = np.bincount(labels[0], minlength=len(sides))
        may_stand = (contact > MAX_CONTACT * sides) & (sides > thickest)
        for part in (np.flatnonzero(may_stand[1:]) + 1).tolist():
            columns = np.flatnonzero(labels[0] == part)
            is_part = labels[:, columns] == part
            depth = np.where(is_part.all(axis=0), len(is_part), is_part.argmin(axis=0))
            thickness = float(np.median(depth))
            if thickness > thickest or not _carries(labels == part, columns, thickness):
                continue
            if erased is None:
                erased = found.mask.copy()
            is_line = (np.arange(len(labels))[:, None] < depth) & (depth <= _WAVERS * thickness + 1)
            rows, places = np.nonzero(is_line)
            np.rot90(erased, turns)[rows, columns[places]] = 0
    return found if erased is None else connect(erased)


def _carries(is_part: Bools, columns: NDArray[np.int64], thickness: float) -> bool:
    """Whether these columns of ink (h, w) along its upper edge are a line, and what is farther down stands on it.

    The line goes on to both sides of what it carries. The bar of a 7 and the base of a 2 end with the digit.
    """
    rows = np.flatnonzero(is_part.any(axis=1))
    carried = np.flatnonzero(is_part[int(_WAVERS * thickness) + 2 :].any(axis=0))
    if rows[-1] < _STANDS * thickness or not len(carried):
        return False
    overhang = _OVERHANG * thickness
    goes_on_left = columns[0] == 0 or carried[0] - columns[0] >= overhang
    goes_on_right = columns[-1] == is_part.shape[1] - 1 or columns[-1] - carried[-1] >= overhang
    return bool(goes_on_left and goes_on_right)


def _depth(labels: NDArray[np.int32], box: NDArray[np.int64], label: int, margin: float) -> float:
    """How far from the border the farthest pixels of a component are."""
    left, top, width, height = box.tolist()
    y, x = np.nonzero(labels[top : top + height, left : left + width] == label)
    x, y = x + left - margin, y + top - margin
    far = [side - 2 * margin - 1 for side in labels.shape]
    return float(np.minimum(np.minimum(x, far[1] - x), np.minimum(y, far[0] - y)).max())

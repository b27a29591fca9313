"""Strips along the border of a picture: the lines of a cell that was cut out, the edge of a table, a shadow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.segmentation.components import Boxes

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


def _depth(labels: NDArray[np.int32], box: NDArray[np.int64], label: int, margin: float) -> float:
    """How far from the border the farthest pixels of a component are."""
    left, top, width, height = box.tolist()
    y, x = np.nonzero(labels[top : top + height, left : left + width] == label)
    x, y = x + left - margin, y + top - margin
    far = [side - 2 * margin - 1 for side in labels.shape]
    return float(np.minimum(np.minimum(x, far[1] - x), np.minimum(y, far[0] - y)).max())

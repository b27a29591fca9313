"""Which components of a drawing lie on one line, and in which order they are read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.segmentation.components import Boxes, Components, positions_by_owner, typical_height, union_box

LineOrder = tuple[int, ...]  # components of one line, from left to right

_LONG_COMMA = (0.45, 0.7)  # heights; a comma is no wider and no higher
_SURE_LOG_ODDS = 3.0  # that one digit has both strokes of a pair


def find_lines(components: Components) -> list[LineOrder]:
    """The components as lines from top to bottom, each from left to right.

    Components that surely belong together are on one line; the parts of one owner follow each other.
    """
    boxes = components.boxes
    if len(boxes) == 1:
        return [(0,)]
    middles = _owner_middles(components)
    clusters = _clusters(components)
    if len(clusters) < len(boxes):
        boxes = np.array([union_box(boxes[cluster]) for cluster in clusters])
    lines = [[i for cluster in line for i in clusters[cluster]] for line in _group(boxes)]
    return [tuple(sorted(line, key=lambda i: (middles[i], i))) for line in lines]


def _owner_middles(components: Components) -> list[float]:
    """For each component the horizontal middle of its owner, by which lines are sorted."""
    boxes, owners = components.boxes, components.owners
    positions = positions_by_owner(owners)
    if len(positions) == len(owners):
        return [float(middle) for middle in boxes[:, 0] + boxes[:, 2] / 2]
    owner_boxes = {owner: union_box(boxes[own]) for owner, own in positions.items()}
    return [float(owner_boxes[owner][0] + owner_boxes[owner][2] / 2) for owner in owners]


def _clusters(components: Components) -> list[list[int]]:
    """Components that are surely on one line: parts of one owner, and low strokes that make one digit."""
    boxes = components.boxes
    height = max(typical_height(boxes[:, 3]), 1e-9)
    owners = np.asarray(components.owners)
    near = owners[:, None] == owners
    low_pairs = []  # of components drawn soon after each other, one of them low, that together are a digit high
    n = len(boxes)
    for a, b in [(first, first + step) for first in range(n) for step in (1, 2, 3) if first + step < n]:
        pair = boxes[[a, b]]
        w, h = union_box(pair)[2:]
        if pair[:, 3].min() < 0.75 * height and h < 1.5 * height and w < pair[:, 2].sum() + 0.2 * height:
            low_pairs.append((a, b))
    if low_pairs:
        pairs = np.array(low_pairs, np.int64)
        sure = pairs[components.affinity_log_odds(pairs, np.full(len(pairs), height)) > _SURE_LOG_ODDS]
        near[sure[:, 0], sure[:, 1]] = near[sure[:, 1], sure[:, 0]] = True
    group = _connected_groups(near)
    return [np.flatnonzero(group == g).tolist() for g in np.unique(group)]


def _connected_groups(near: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(n,) for each node the lowest node that it is connected with, by the symmetric relation `near` (n, n)."""
    group = np.full(len(near), -1, np.int64)
    for seed in range(len(near)):
        pending = [seed] if group[seed] < 0 else []
        while pending:
            node = pending.pop()
            group[node] = seed
            fresh = np.flatnonzero(near[node] & (group < 0))
            group[fresh] = seed
            pending.extend(int(i) for i in fresh)
    return group


def _group(boxes: Boxes) -> list[NDArray[np.int64]]:
    """The positions of the boxes (n, 4) of each line, lines from top to bottom.

    Lines are made of boxes of about the typical height that share more than half of the smaller height and are not
    far apart; each other box, and each long comma, joins the line of the nearest of those.
    """
    height = typical_height(boxes[:, 3])
    is_body = (boxes[:, 3] >= 0.5 * height) & (boxes[:, 3] <= 1.8 * height)
    is_body &= ~_hangs(boxes, is_body, height)
    bodies = np.flatnonzero(is_body)
    group = np.empty(len(boxes), np.int64)
    x, y, w, h = boxes[bodies].T
    shared = np.minimum.outer(y + h, y + h) - np.maximum.outer(y, y)
    apart = np.maximum.outer(x, x) - np.minimum.outer(x + w, x + w)
    are_level = shared > 0.5 * np.minimum.outer(h, h)
    group[bodies] = _connected_groups(are_level & (apart < 2.5 * height))
    for i in np.flatnonzero(~is_body):
        group[i] = group[bodies[np.argmin(_distances(boxes[i], boxes[bodies]))]]
    middle = boxes[:, 1] + boxes[:, 3] / 2
    lines = [np.flatnonzero(group == g) for g in np.unique(group)]
    lines.sort(key=lambda line: float(middle[line].mean()))
    return _rejoin(boxes, lines)


def _hangs(boxes: Boxes, is_body: NDArray[np.bool_], height: float) -> NDArray[np.bool_]:
    """(n,) whether a box may be a long comma: narrow and low, from the lower half of higher ink beside it down."""
    x, y, w, h = boxes.T
    is_low = is_body & (h < _LONG_COMMA[1] * height) & (w < _LONG_COMMA[0] * height)
    high = is_body & (h >= _LONG_COMMA[1] * height)
    if not is_low.any() or not high.any():
        return np.zeros(len(boxes), np.bool_)
    middle, foot = y[high] + h[high] / 2, y[high] + h[high]
    apart = np.maximum.outer(x, x[high]) - np.minimum.outer(x + w, (x + w)[high])
    starts = (y[:, None] > middle) & (y[:, None] < foot) & ((y + h)[:, None] > foot)
    return np.asarray(is_low & (starts & (apart < height)).any(axis=1))


def _distances(box: NDArray[np.float64], others: Boxes) -> NDArray[np.float64]:
    """(n,) gaps between a box and others; where they overlap the distance of the centres breaks the tie."""
    gap = np.maximum(np.maximum(others[:, :2] - box[:2] - box[2:], box[:2] - others[:, :2] - others[:, 2:]), 0)
    centres = others[:, :2] + others[:, 2:] / 2 - box[:2] - box[2:] / 2
    return np.asarray(np.hypot(*gap.T) + 0.1 * np.hypot(*centres.T))


def _rejoin(boxes: Boxes, lines: list[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """Join lines that are parts of one line far apart: each beside the one before it, and level with it."""
    joined = [lines[0]]
    for line in lines[1:]:
        a, b = union_box(boxes[joined[-1]]), union_box(boxes[line])
        left, right = boxes[joined[-1], 0], boxes[joined[-1], :3:2].sum(axis=1)
        are_beside = ((right < b[0]) | (b[0] + b[2] < left)).all()
        shared = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
        if are_beside and shared > 0.5 * min(a[3], b[3]):
            joined[-1] = np.concatenate([joined[-1], line])
        else:
            joined.append(line)
    return joined

"""Lines of components: which lie beside each other, and in which order they are read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ml.segmentation.components import Boxes, typical_height, union_box

LineOrder = tuple[int, ...]  # components of one line, from left to right


def find_lines(
    boxes: Boxes, clusters: Sequence[Sequence[int]] = (), owners: Sequence[int] | None = None
) -> list[LineOrder]:
    """Pieces (n, 4) as lines from top to bottom, each from left to right.

    A cluster of components is never parted; components of one owner follow each other.
    """
    if len(boxes) == 1:
        return [(0,)]
    middle = _middles(boxes, owners)
    if not clusters or len(clusters) == len(boxes):
        return [_sorted(middle, line) for line in _group(boxes)]
    whole = np.array([union_box(boxes[list(cluster)]) for cluster in clusters])
    return [_sorted(middle, [i for cluster in line for i in clusters[cluster]]) for line in _group(whole)]


def _middles(boxes: Boxes, owners: Sequence[int] | None) -> list[float]:
    """By which the components are sorted: their own, or that of all of their owner together."""
    if owners is None or len(set(owners)) == len(owners):
        return [float(middle) for middle in boxes[:, 0] + boxes[:, 2] / 2]
    number = np.asarray(owners)
    whole = {owner: union_box(boxes[number == owner]) for owner in set(owners)}
    return [float(whole[owner][0] + whole[owner][2] / 2) for owner in owners]


def _sorted(middle: Sequence[float], line: Sequence[int] | NDArray[np.int64]) -> LineOrder:
    return tuple(sorted((int(i) for i in line), key=lambda i: (middle[i], i)))


def _group(boxes: Boxes) -> list[NDArray[np.int64]]:
    """The boxes (n, 4) of each line."""
    height = typical_height(boxes[:, 3])
    body = (boxes[:, 3] >= 0.5 * height) & (boxes[:, 3] <= 1.8 * height)
    bodies = np.flatnonzero(body)
    group = np.empty(len(boxes), np.int64)
    group[bodies] = connected_groups(_same_line(boxes[bodies], 2.5 * height))
    for i in np.flatnonzero(~body):
        group[i] = group[bodies[np.argmin(_distance(boxes[i], boxes[bodies]))]]
    middle = boxes[:, 1] + boxes[:, 3] / 2
    lines = [np.flatnonzero(group == g) for g in np.unique(group)]
    lines.sort(key=lambda line: float(middle[line].mean()))
    return _rejoin(boxes, lines)


def _same_line(boxes: Boxes, reach: float) -> NDArray[np.bool_]:
    """(n, n) true where two bodies share more than half of the smaller height and are not far apart."""
    x, y, w, h = boxes.T
    shared = np.minimum.outer(y + h, y + h) - np.maximum.outer(y, y)
    apart = np.maximum.outer(x, x) - np.minimum.outer(x + w, x + w)
    return np.asarray((shared > 0.5 * np.minimum.outer(h, h)) & (apart < reach))


def connected_groups(near: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The number of the connected component of each node."""
    group = np.full(len(near), -1, np.int64)
    for seed in range(len(near)):
        todo = [seed] if group[seed] < 0 else []
        while todo:
            node = todo.pop()
            group[node] = seed
            fresh = np.flatnonzero(near[node] & (group < 0))
            group[fresh] = seed
            todo.extend(int(i) for i in fresh)
    return group


def _distance(box: NDArray[np.float64], others: Boxes) -> NDArray[np.float64]:
    """(n,) gaps between a box and others; where they overlap the distance of the centres breaks the tie."""
    gap = np.maximum(np.maximum(others[:, :2] - box[:2] - box[2:], box[:2] - others[:, :2] - others[:, 2:]), 0)
    centres = others[:, :2] + others[:, 2:] / 2 - box[:2] - box[2:] / 2
    return np.asarray(np.hypot(*gap.T) + 0.1 * np.hypot(*centres.T))


def _rejoin(boxes: Boxes, lines: list[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """Join parts of one line that lie far apart: side by side, and level."""
    joined: list[NDArray[np.int64]] = []
    for line in lines:
        box = union_box(boxes[line])
        last = union_box(boxes[joined[-1]]) if joined else None
        if last is not None and _level(last, box):
            joined[-1] = np.concatenate([joined[-1], line])
        else:
            joined.append(line)
    return joined


def _level(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    shared = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    beside = a[0] + a[2] < b[0] or b[0] + b[2] < a[0]
    return bool(beside and shared > 0.5 * min(a[3], b[3]))

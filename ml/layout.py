"""Where digits may be: lines of pieces, and in each line the runs of neighbours that may be one digit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.pieces import Boxes, typical_height, union

Order = tuple[int, ...]  # pieces of one line, from left to right


@dataclass(frozen=True)
class Weights:
    """How the lattice judges sizes and gaps. Lengths are in heights of the line, costs in nats.

    Found by random search on strings, digits of several strokes and signs by writers that did not train.
    """

    longest_run: int = 4  # pieces in a digit
    widest: float = 1.6  # of several pieces together
    tallest: float = 1.9
    gap: float = 0.45  # between neighbours of one digit
    smallest: float = 0.33  # the square of a smaller piece is not blown up beyond this: dots stay dots
    height_spread: float = 0.35  # standard deviation of log height
    height_cap: float = 6.5  # a flat piece costs no more than this
    junk: float = 2.8  # for a piece that belongs to no digit
    segment: float = 0.5  # for every digit or junk, so that two need better reasons than one
    overlap: float = 6.0  # for each height that ink reaches over the next digit,
    overlap_free: float = 0.02  # beyond what slanted writing does anyway
    space_alone: float = 1.3  # a gap this wide between two digits makes them two numbers
    space_least: float = 0.95  # among more digits this wide,
    space_ratio: float = 2.5  # and so many times the mean of the narrower gaps,
    space_floor: float = 0.15  # which are taken to be no narrower than this


@dataclass(frozen=True)
class Candidate:
    """Pieces `order[start:stop]` of line `line`, taken as one digit."""

    line: int
    start: int
    stop: int
    pieces: Order
    box: tuple[float, float, float, float]
    at_least: float
    cost: float  # of an unusual height, in nats
    before: float  # cost of beginning here, more where the ink to the left reaches over, in nats
    tied: bool  # its pieces overlap all along, so they may as well be one thing that is no digit


@dataclass(frozen=True)
class Layout:
    """One way to see the page: its lines and, line after line, their candidates."""

    lines: tuple[Order, ...]
    heights: tuple[float, ...]
    candidates: tuple[Candidate, ...]


def layouts(boxes: Boxes, weights: Weights) -> list[Layout]:
    """The page in lines; few pieces on several lines also as one digit, such as an 8 of two circles."""
    lines = find_lines(boxes)
    found = [_layout(boxes, lines, weights)]
    if len(lines) > 1 and len(boxes) <= weights.longest_run:
        whole = tuple(range(len(boxes)))
        box = union(boxes)
        one = Candidate(0, 0, len(boxes), whole, _box(box), 0.0, 0.0, 0.0, tied=False)
        found.append(Layout((whole,), (float(box[3]),), (one,)))
    return found


def find_lines(boxes: Boxes) -> list[Order]:
    """Pieces (n, 4) as lines from top to bottom, each from left to right."""
    if len(boxes) == 1:
        return [(0,)]
    height = typical_height(boxes[:, 3])
    body = (boxes[:, 3] >= 0.5 * height) & (boxes[:, 3] <= 1.8 * height)
    bodies = np.flatnonzero(body)
    group = np.empty(len(boxes), np.int64)
    group[bodies] = _connected(_same_line(boxes[bodies], 2.5 * height))
    for i in np.flatnonzero(~body):
        group[i] = group[bodies[np.argmin(_distance(boxes[i], boxes[bodies]))]]
    middle = boxes[:, :2] + boxes[:, 2:] / 2
    lines = [np.flatnonzero(group == g) for g in np.unique(group)]
    lines.sort(key=lambda line: float(middle[line, 1].mean()))
    return [
        tuple(int(i) for i in line[np.argsort(middle[line, 0], kind="stable")]) for line in _rejoin(boxes, lines)
    ]


def _same_line(boxes: Boxes, reach: float) -> NDArray[np.bool_]:
    """(n, n) true where two bodies share more than half of the smaller height and are not far apart."""
    x, y, w, h = boxes.T
    shared = np.minimum.outer(y + h, y + h) - np.maximum.outer(y, y)
    apart = np.maximum.outer(x, x) - np.minimum.outer(x + w, x + w)
    return np.asarray((shared > 0.5 * np.minimum.outer(h, h)) & (apart < reach))


def _connected(near: NDArray[np.bool_]) -> NDArray[np.int64]:
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
        box = union(boxes[line])
        last = union(boxes[joined[-1]]) if joined else None
        if last is not None and _level(last, box):
            joined[-1] = np.concatenate([joined[-1], line])
        else:
            joined.append(line)
    return joined


def _level(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    shared = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    beside = a[0] + a[2] < b[0] or b[0] + b[2] < a[0]
    return bool(beside and shared > 0.5 * min(a[3], b[3]))


def _layout(boxes: Boxes, lines: Sequence[Order], weights: Weights) -> Layout:
    heights = tuple(typical_height(boxes[list(line), 3]) for line in lines)
    found = [
        candidate
        for number, (line, height) in enumerate(zip(lines, heights, strict=True))
        for candidate in _candidates(boxes, number, line, height, weights)
    ]
    return Layout(tuple(lines), heights, tuple(found))


def _candidates(boxes: Boxes, number: int, line: Order, height: float, weights: Weights) -> list[Candidate]:
    """Runs of neighbours that may be one digit. Each piece alone is always among them, so that there is a path."""
    overlaps = _overlaps(boxes[list(line)], height)
    found = []
    for start in range(len(line)):
        for stop in range(start + 1, min(start + weights.longest_run, len(line)) + 1):
            inner = overlaps[start + 1 : stop]
            if len(inner) and inner.min() < -weights.gap:
                break
            box = union(boxes[list(line[start:stop])])
            if stop - start > 1 and (box[2] > weights.widest * height or box[3] > weights.tallest * height):
                continue
            found.append(
                Candidate(
                    line=number,
                    start=start,
                    stop=stop,
                    pieces=line[start:stop],
                    box=_box(box),
                    at_least=weights.smallest * height,
                    cost=_height_cost(float(box[3]), height, weights),
                    before=_before(float(overlaps[start]), weights) if start else 0.0,
                    tied=bool((inner > 0).all()),
                )
            )
    return found


def _before(overlap: float, weights: Weights) -> float:
    return weights.segment + weights.overlap * max(0.0, overlap - weights.overlap_free)


def _overlaps(boxes: Boxes, height: float) -> NDArray[np.float64]:
    """(n,) how far what is left of a position reaches over what is right of it, in heights; gaps are negative.

    What is far wider than a digit, such as a line under the number, is taken for a point and ties nothing.
    """
    middle, half = boxes[:, 0] + boxes[:, 2] / 2, np.where(boxes[:, 2] > 2 * height, 0.0, boxes[:, 2] / 2)
    left, right = middle - half, middle + half
    reached = np.maximum.accumulate(right)[:-1]
    begins = np.minimum.accumulate(left[::-1])[::-1][1:]
    return np.concatenate([[-np.inf], (reached - begins) / max(height, 1e-9)])


def _height_cost(height: float, usual: float, weights: Weights) -> float:
    if usual <= 0:
        return 0.0
    deviation = np.log(max(height / usual, 1e-3)) / weights.height_spread
    return float(min(0.5 * deviation**2, weights.height_cap))


def _box(box: NDArray[np.float64]) -> tuple[float, float, float, float]:
    x, y, w, h = box.tolist()
    return x, y, w, h

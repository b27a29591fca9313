"""Where digits may be: lines of pieces, and in each line the runs of neighbours that may be one digit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ml.links import Pairs
from ml.pieces import Boxes, typical_height, union

Order = tuple[int, ...]  # pieces of one line, from left to right
_MOST_ODDS = 8.0  # nats; nothing is surer than that
_MOST_SKIPPING = 60  # pieces of a line; beyond that it is a scribble, and every way through it costs time


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
    link: float = 1.0  # of the log odds that strokes belong together, which count instead of the overlap
    skip_overlap: float = 0.3  # of the narrower of two strokes of one digit that are no neighbours
    overlap: float = 6.0  # for each height that ink reaches over the next digit,
    overlap_free: float = 0.02  # beyond what slanted writing does anyway
    space_alone: float = 1.3  # a gap this wide between two digits makes them two numbers
    space_least: float = 0.95  # among more digits this wide,
    space_ratio: float = 2.5  # and so many times the mean of the narrower gaps,
    space_floor: float = 0.15  # which are taken to be no narrower than this


Linked = Callable[[Pairs, NDArray[np.float64]], NDArray[np.float64]]
"""Of pairs (m, 2) of pieces and the heights (m,) of their lines the log odds (m,) that one digit has both."""


@dataclass(frozen=True)
class Candidate:
    """Pieces of line `line`, taken as one digit."""

    line: int
    places: int  # of its pieces along the line, a bit for each
    pieces: Order
    box: tuple[float, float, float, float]
    at_least: float
    cost: float  # of an unusual height, of strokes that do not look like one digit, in nats
    before: float  # cost of beginning here, more where the ink to the left reaches over, in nats
    tied: bool  # its pieces overlap all along, so they may as well be one thing that is no digit


@dataclass(frozen=True)
class Layout:
    """One way to see the page: its lines and, line after line, their candidates."""

    lines: tuple[Order, ...]
    heights: tuple[float, ...]
    candidates: tuple[Candidate, ...]


def layouts(boxes: Boxes, weights: Weights, linked: Linked | None = None) -> list[Layout]:
    """The page in lines; few pieces on several lines also as one digit, such as an 8 of two circles.

    `linked` is known of strokes; of other pieces only how far they reach over each other.
    """
    lines = find_lines(boxes)
    found = [_layout(boxes, lines, weights, linked)]
    if len(lines) > 1 and len(boxes) <= weights.longest_run:
        whole = tuple(range(len(boxes)))
        box = union(boxes)
        one = Candidate(0, 2 ** len(boxes) - 1, whole, _box(box), 0.0, 0.0, 0.0, tied=False)
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


def _layout(boxes: Boxes, lines: Sequence[Order], weights: Weights, linked: Linked | None) -> Layout:
    heights = tuple(typical_height(boxes[list(line), 3]) for line in lines)
    found = [
        candidate
        for number, (line, height) in enumerate(zip(lines, heights, strict=True))
        for candidate in _candidates(boxes, number, line, height, weights, linked)
    ]
    return Layout(tuple(lines), heights, tuple(found))


def _candidates(
    boxes: Boxes, number: int, line: Order, height: float, weights: Weights, linked: Linked | None
) -> list[Candidate]:
    """What may be one digit. Each piece alone is always among it, so that there is a path."""
    overlaps = _overlaps(boxes[list(line)], height)
    sets = _runs(overlaps, weights)
    if linked is not None:
        sets += _skipping(boxes[list(line)], weights)
    sets = [places for places in sets if len(places) == 1 or _fits(boxes, line, places, height, weights)]
    costs = [0.0] * len(sets) if linked is None else _link_costs(sets, line, height, weights, linked)
    return [
        _candidate(boxes, number, line, places, height, weights, overlaps, cost, linked is None)
        for places, cost in zip(sets, costs, strict=True)
    ]


def _candidate(
    boxes: Boxes,
    number: int,
    line: Order,
    places: Order,
    height: float,
    weights: Weights,
    overlaps: NDArray[np.float64],
    cost: float,
    reaching: bool,
) -> Candidate:
    pieces = tuple(line[i] for i in places)
    box = union(boxes[list(pieces)])
    start, inner = places[0], overlaps[list(places[1:])]
    return Candidate(
        line=number,
        places=sum(1 << i for i in places),
        pieces=pieces,
        box=_box(box),
        at_least=weights.smallest * height,
        cost=cost + _height_cost(float(box[3]), height, weights),
        before=_before(float(overlaps[start]) if reaching else -np.inf, weights) if start else 0.0,
        tied=bool((inner > 0).all()) and places[-1] - start < len(places),
    )


def _runs(overlaps: NDArray[np.float64], weights: Weights) -> list[Order]:
    """Places of neighbours without a wide gap between them."""
    found = []
    for start in range(len(overlaps)):
        for stop in range(start + 1, min(start + weights.longest_run, len(overlaps)) + 1):
            if stop - start > 1 and overlaps[stop - 1] < -weights.gap:
                break
            found.append(tuple(range(start, stop)))
    return found


def _skipping(boxes: Boxes, weights: Weights) -> list[Order]:
    """Places of two that lie over each other, with something between their middles: late hats, crossing stems."""
    if len(boxes) > _MOST_SKIPPING:
        return []
    x, w = boxes[:, 0], boxes[:, 2]
    found: list[Order] = []
    for start in range(len(boxes)):
        for other in range(start + 2, min(start + weights.longest_run, len(boxes) - 1) + 1):
            shared = min(x[start] + w[start], x[other] + w[other]) - max(x[start], x[other])
            if shared >= weights.skip_overlap * min(w[start], w[other]):
                found.append((start, other))
    return found


def _fits(boxes: Boxes, line: Order, places: Order, height: float, weights: Weights) -> bool:
    box = union(boxes[[line[i] for i in places]])
    return bool(box[2] <= weights.widest * height and box[3] <= weights.tallest * height)


def _link_costs(
    sets: Sequence[Order], line: Order, height: float, weights: Weights, linked: Linked
) -> list[float]:
    """For each set the cost of the likeliest links that hold it together (a least spanning tree)."""
    pairs = sorted({pair for places in sets for pair in combinations(places, 2)})
    if not pairs:
        return [0.0] * len(sets)
    odds = linked(np.array([(line[a], line[b]) for a, b in pairs]), np.full(len(pairs), height))
    costs = (-weights.link * odds.clip(-_MOST_ODDS, _MOST_ODDS)).tolist()
    cost = dict(zip(pairs, costs, strict=True))
    return [_least_tree(places, cost) for places in sets]


def _least_tree(places: Order, cost: Mapping[tuple[int, int], float]) -> float:
    """Prim 1957, for a handful of nodes."""
    total, inside, outside = 0.0, {places[0]}, set(places[1:])
    while outside:
        least, node = min((cost[min(a, b), max(a, b)], b) for a in inside for b in outside)
        total += least
        inside.add(node)
        outside.remove(node)
    return total


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

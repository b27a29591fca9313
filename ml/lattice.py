"""From candidate digits to the best reading of a line: the best path, and how much of all paths it is.

The network scores all candidates. The sum over all paths gives honest probabilities: a digit is as sure as the
share of the paths that hold it (after "Global Training of Document Processing Systems using Graph Transformer
Networks", Bottou, Bengio, LeCun 1997).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ml.layout import Candidate, Weights

Floats = NDArray[np.float64]
_Span = tuple[int, int, float]  # start, stop, log weight of all that a candidate can be

_LABELS = 3  # the likeliest of a candidate; others never make a second text worth offering
_TRAILS = 4  # texts kept at each position


@dataclass(frozen=True)
class Segment:
    """A candidate on the best path. `label` is None for what is no digit; `share` is that of the paths with it."""

    candidate: Candidate
    label: int | None
    share: float


@dataclass(frozen=True)
class Path:
    """The best reading of a line, the second best as labels, and their shares among all paths."""

    segments: tuple[Segment, ...]
    share: float
    second: tuple[int, ...]
    second_share: float
    total: float  # log of the sum over all paths


@dataclass(frozen=True)
class _Edge:
    """A candidate with a label, or with None as ink that is no digit."""

    candidate: Candidate
    label: int | None
    weight: float


@dataclass(frozen=True)
class _Trail:
    """Ways from the start that read the same: the log of their sum, and the best of them."""

    labels: tuple[int, ...]
    total: float
    best: float
    edges: tuple[_Edge, ...]


def best_path(
    candidates: Sequence[Candidate], digits: Floats, digitness: Floats, pieces: int, weights: Weights
) -> Path:
    """The best path through the candidates of one line, in a drawing of `pieces` pieces.

    `digits` (n, 10) are log probabilities of the labels of each candidate, `digitness` (n,) the probability that
    it is a digit at all.
    """
    length = max(candidate.stop for candidate in candidates)
    dear = weights.junk if pieces > 1 else 0.0
    edges: list[list[_Edge]] = [[] for _ in range(length)]
    spans: list[_Span] = []
    for candidate, labels, sure in zip(candidates, digits, digitness, strict=True):
        known = float(np.log(max(sure, 1e-9))) - candidate.before - candidate.cost
        unknown = float(np.log(max(1.0 - sure, 1e-9))) - candidate.before - dear if candidate.tied else -np.inf
        edges[candidate.start] += _edges(candidate, labels, known, unknown)
        spans.append((candidate.start, candidate.stop, float(np.logaddexp(known, unknown))))
    forward, backward = _sums(spans, length)
    trails = _trails(edges, length)
    total = float(forward[length])
    around = [forward[e.candidate.start] + e.weight + backward[e.candidate.stop] for e in trails[0].edges]
    segments = tuple(
        Segment(edge.candidate, edge.label, _share(weight - total))
        for edge, weight in zip(trails[0].edges, around, strict=True)
    )
    second = trails[1] if len(trails) > 1 else _Trail((), -np.inf, -np.inf, ())
    return Path(segments, _share(trails[0].total - total), second.labels, _share(second.total - total), total)


def _share(log_share: float) -> float:
    return min(1.0, float(np.exp(log_share)))


def _edges(candidate: Candidate, labels: Floats, known: float, unknown: float) -> list[_Edge]:
    """One edge for each likely label, and one for no digit where that may be."""
    edges = [_Edge(candidate, int(i), known + float(labels[i])) for i in np.argsort(-labels)[:_LABELS]]
    return edges if unknown == -np.inf else [*edges, _Edge(candidate, None, unknown)]


def _sums(spans: Sequence[_Span], length: int) -> tuple[Floats, Floats]:
    """Log sums over all ways to reach each position from the left, and from the right."""
    forward, backward = np.full(length + 1, -np.inf), np.full(length + 1, -np.inf)
    forward[0] = backward[length] = 0.0
    for start, stop, weight in sorted(spans):
        forward[stop] = np.logaddexp(forward[stop], forward[start] + weight)
    for start, stop, weight in sorted(spans, reverse=True):
        backward[start] = np.logaddexp(backward[start], weight + backward[stop])
    return forward, backward


def _trails(edges: Sequence[Sequence[_Edge]], length: int) -> list[_Trail]:
    """The likeliest texts of the whole line, by the sum over the ways that read so."""
    reached: list[list[_Trail]] = [[] for _ in range(length + 1)]
    reached[0] = [_Trail((), 0.0, 0.0, ())]
    for start in range(length):
        for trail in _merged(reached[start]):
            for edge in edges[start]:
                reached[edge.candidate.stop].append(_longer(trail, edge))
    return _merged(reached[length])


def _longer(trail: _Trail, edge: _Edge) -> _Trail:
    labels = trail.labels if edge.label is None else (*trail.labels, edge.label)
    return _Trail(labels, trail.total + edge.weight, trail.best + edge.weight, (*trail.edges, edge))


def _merged(trails: Sequence[_Trail]) -> list[_Trail]:
    """One trail for each text, the likeliest texts first."""
    found: dict[tuple[int, ...], _Trail] = {}
    for trail in trails:
        other = found.get(trail.labels)
        if other is not None:
            best = max(trail, other, key=lambda t: t.best)
            trail = _Trail(best.labels, float(np.logaddexp(trail.total, other.total)), best.best, best.edges)
        found[trail.labels] = trail
    return sorted(found.values(), key=lambda t: -t.total)[:_TRAILS]


def numbers(segments: Sequence[Segment], height: float, weights: Weights) -> list[list[Segment]]:
    """The digits of a line as numbers: a gap that is wide beside the narrower gaps of the line separates two."""
    digits = [segment for segment in segments if segment.label is not None]
    if not digits:
        return []
    boxes = [segment.candidate.box for segment in digits]
    gaps = [b[0] - a[0] - a[2] for a, b in pairwise(boxes)]
    least = _space(gaps, height, weights)
    found = [[digits[0]]]
    for gap, digit in zip(gaps, digits[1:], strict=True):
        if gap > least:
            found.append([])
        found[-1].append(digit)
    return found


def _space(gaps: Sequence[float], height: float, weights: Weights) -> float:
    """The least gap that counts as a space. Digits written far apart, but evenly, are one number."""
    if len(gaps) < 2:
        return weights.space_alone * height
    narrow = sorted(gaps)[: (len(gaps) + 1) // 2]
    usual = max(float(np.mean(narrow)), weights.space_floor * height)
    return max(weights.space_least * height, weights.space_ratio * usual)

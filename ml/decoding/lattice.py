"""From candidate digits to the best reading of a line: the best path, and how much of all paths it is.

The network scores all candidates. The sum over all paths gives honest probabilities: a digit is as sure as the
share of the paths that hold it (after "Global Training of Document Processing Systems using Graph Transformer
Networks", Bottou, Bengio, LeCun 1997).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from ml.decoding.ctc import CtcOutput
from ml.segmentation.candidates import Candidate
from ml.segmentation.costs import Costs

Floats = NDArray[np.float64]

_NOT_ZERO = np.arange(10) > 0
_LABELS = 3  # the likeliest of a candidate; others never make a second text worth offering
_TRAILS = 4  # texts kept at each position,
_PROPOSED = 12  # and where the strip has a say as well
_CHANCES = (1e-9, 1 - 1e-9)  # nothing is surer to be a digit, or to be none
_OUT_OF_REACH = 100.0  # nats, at most, against a text


@dataclass(frozen=True)
class Segment:
    """A candidate on the best path. `label` is None for what is no digit; `share` is that of the paths with it."""

    candidate: Candidate
    label: int | None
    share: float


@dataclass(frozen=True)
class BestPath:
    """The best reading of a line, the second best as labels, and their shares among all paths."""

    segments: tuple[Segment, ...]
    share: float
    second: tuple[int, ...]
    second_share: float
    total: float  # log of the sum over all paths


@dataclass(frozen=True)
class Edge:
    """A candidate with a label, or with None as ink that is no digit."""

    candidate: Candidate
    label: int | None
    weight: float


@dataclass(frozen=True)
class Hypothesis:
    """Ways from the start that read the same: the log of their sum, and the best of them."""

    labels: tuple[int, ...]
    total: float
    best: float
    edges: tuple[Edge, ...]


EMPTY_HYPOTHESIS = Hypothesis((), 0.0, 0.0, ())


class _Ways:
    """All ways to take the components of a line as candidates: each next one holds the first component not yet taken.

    A state is the set of places taken, a bit for each. Nearly always they are the first of the line; more only
    where a digit has strokes on both sides of a component of its neighbour.
    """

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self.full = 0
        self._at: dict[int, list[int]] = {}
        for i, candidate in enumerate(candidates):
            self.full |= candidate.places
            self._at.setdefault(_lowest(candidate.places), []).append(i)
        self._places = [candidate.places for candidate in candidates]
        self.steps = self._all_steps()

    def _all_steps(self) -> list[tuple[int, list[tuple[int, int]]]]:
        """States in rising order, each with the candidates that may follow and the states after them."""
        todo, seen, steps = [0], {0}, []
        while todo:
            state = heappop(todo)
            if state == self.full:
                break
            follow = [
                (i, state | self._places[i]) for i in self._at[_lowest(~state)] if not state & self._places[i]
            ]
            steps.append((state, follow))
            for _, after in follow:
                if after not in seen:
                    seen.add(after)
                    heappush(todo, after)
        return steps


def _lowest(bits: int) -> int:
    return bits & -bits


def best_path(
    candidates: Sequence[Candidate],
    digits: Floats,
    digit_probability: Floats,
    weights: Costs,
    steps: CtcOutput | None = None,
) -> BestPath:
    """The best path through the candidates of one line.

    `digits` (n, 10) are log probabilities of the labels of each candidate, `digit_probability` (n,) the probability that
    it is a digit at all; `steps` is what the network on strips says of the whole line.
    """
    scores = _all_scores(candidates, digit_probability, weights)
    digits = penalise_low(candidates, digits)
    spans = _spans(digits, scores)
    ways = _Ways(candidates)
    edges = _edges(candidates, digits, scores)
    forward, backward = _sums(ways, spans)
    total = forward[ways.full]
    trails = _trails(ways, edges, _TRAILS if steps is None else _PROPOSED)
    if steps is not None and _has_a_say(steps, trails[0].labels, weights):
        spelled = _edges(candidates, digits, scores, sorted({*steps.labels}))
        path = _by_both([*trails, *_proposed(ways, spelled, trails, steps)], steps, weights, total)
        return _less_sure(path, dict(zip(candidates, digit_probability.tolist(), strict=True)))
    segments = tuple(
        Segment(edge.candidate, edge.label, _share(_through(edge, forward, backward) - total))
        for edge in trails[0].edges
    )
    second = trails[1] if len(trails) > 1 else Hypothesis((), -math.inf, -math.inf, ())
    return BestPath(segments, _share(trails[0].total - total), second.labels, _share(second.total - total), total)


def _has_a_say(steps: CtcOutput, labels: tuple[int, ...], weights: Costs) -> bool:
    """About several digits if it can tell them apart; where fewer were found only if it is sure of several."""
    if len(labels) > 1:
        return steps.have_room(labels)
    return len(steps.labels) > 1 and float(steps.log_chances([steps.labels])[0]) > math.log(
        weights.line_network_alone
    )


def _proposed(
    ways: _Ways, edges: Sequence[Sequence[Edge]], trails: Sequence[Hypothesis], steps: CtcOutput
) -> list[Hypothesis]:
    """The likeliest text by the strip, if the line can be parted so, and it is not among the `trails`."""
    if any(trail.labels == steps.labels for trail in trails):
        return []
    found = _trails(ways, edges, len(steps.labels) + 1, steps.labels)
    return [trail for trail in found if trail.labels == steps.labels]


def _by_both(trails: Sequence[Hypothesis], steps: CtcOutput, weights: Costs, total: float) -> BestPath:
    """The best of some texts by their digits and by the strip; their shares are those among these texts."""
    said = steps.log_chances([trail.labels for trail in trails]).clip(-_OUT_OF_REACH)
    sums = np.array([trail.total for trail in trails]) + weights.line_network_weight * said
    shares = np.exp(sums / weights.joint_temperature - np.logaddexp.reduce(sums / weights.joint_temperature))
    order = np.argsort(-sums, kind="stable").tolist()
    best = trails[order[0]]
    found = [shares[[_holds(trail, edge) for trail in trails]].sum() for edge in best.edges]
    segments = tuple(
        Segment(edge.candidate, edge.label, min(1.0, float(share)))
        for edge, share in zip(best.edges, found, strict=True)
    )
    second = order[1] if len(order) > 1 else None
    labels, share = ((), 0.0) if second is None else (trails[second].labels, float(shares[second]))
    return BestPath(segments, float(shares[order[0]]), labels, share, total)


def _less_sure(path: BestPath, digit_probability: Mapping[Candidate, float]) -> BestPath:
    """As sure, text and digits, as the digits on average look like any: of that a strip knows next to nothing."""
    found = [digit_probability[segment.candidate] for segment in path.segments if segment.label is not None]
    like = sum(found) / len(found) if found else 1.0
    segments = tuple(replace(segment, share=segment.share * like) for segment in path.segments)
    return replace(path, segments=segments, share=path.share * like, second_share=path.second_share * like)


def _holds(trail: Hypothesis, edge: Edge) -> bool:
    """Whether a text has this label at about this place, however the ink around it is parted."""
    return any(
        other.label == edge.label and _share_middle(other.candidate, edge.candidate) for other in trail.edges
    )


def _share_middle(one: Candidate, other: Candidate) -> bool:
    x, _, width, _ = one.box
    return x <= other.box[0] + other.box[2] / 2 <= x + width


def text_log_sums(
    candidates: Sequence[Candidate],
    digits: Floats,
    digit_probability: Floats,
    weights: Costs,
    text: Sequence[int],
    begun: Floats,
) -> tuple[Floats, float]:
    """How much of all ways through one line read a given text, which may span several lines.

    Of the other arguments see `best_path`. `begun` (k + 1,) are the logs of the sums over all ways through the
    lines above that read the first 0, 1, ... k digits of `text` (k,). Returned are the same of all ways that go on
    through this line, and the log of the sum over all ways through this line alone. Digits are taken in the order
    of their first components.
    """
    scores = _all_scores(candidates, digit_probability, weights)
    digits = penalise_low(candidates, digits)
    ways = _Ways(candidates)
    spelled = digits[:, list(text)]
    reached, totals = {0: begun}, {0: 0.0}
    spans = _spans(digits, scores)
    for state, follow in ways.steps:
        for i, after in follow:
            known, unknown = scores[i]
            read = reached[state] + unknown
            read[1:] = np.logaddexp(read[1:], reached[state][:-1] + spelled[i] + known)
            reached[after] = np.logaddexp(reached[after], read) if after in reached else read
            totals[after] = _add(totals.get(after, -math.inf), totals[state] + spans[i])
    return reached[ways.full], totals[ways.full]


def best_hypotheses_for_text(
    candidates: Sequence[Candidate],
    digits: Floats,
    digit_probability: Floats,
    weights: Costs,
    text: Sequence[int],
    begun: Mapping[int, Hypothesis],
) -> dict[int, Hypothesis]:
    """The best ways through one line, and those above, that read the first digits of a text, by how many.

    Of the other arguments see `text_sums`; `begun` are such ways through the lines above, at first {0: UNBEGUN}.
    """
    scores = _all_scores(candidates, digit_probability, weights)
    ways = _Ways(candidates)
    edges = _edges(candidates, penalise_low(candidates, digits), scores, sorted({*text}))
    found = []
    for done, above in begun.items():
        left = tuple(text[done:])
        trails = _trails(ways, edges, len(left) + 1, left)
        found += [_joined(above, trail) for trail in trails if trail.labels == left[: len(trail.labels)]]
    return {len(trail.labels): trail for trail in _merged(found, len(text) + 1)}


def network_log_probability(
    trail: Hypothesis, candidates: Sequence[Candidate], digits: Floats, digit_probability: Floats
) -> float:
    """How much of the log weight of a way that `spelled` found is what the network says of its digits, or of what
    is none where it has no digit."""
    digits, chances = penalise_low(candidates, digits), digit_probability.clip(*_CHANCES)
    place = {candidate: i for i, candidate in enumerate(candidates)}
    if not trail.labels:
        return float(sum(math.log1p(-chances[place[edge.candidate]]) for edge in trail.edges))
    known = [(place[edge.candidate], edge.label) for edge in trail.edges if edge.label is not None]
    return float(sum(digits[i, label] + math.log(chances[i]) for i, label in known))


def _joined(above: Hypothesis, below: Hypothesis) -> Hypothesis:
    return Hypothesis(
        above.labels + below.labels, above.total + below.total, above.best + below.best, above.edges + below.edges
    )


def penalise_low(candidates: Sequence[Candidate], digits: Floats) -> Floats:
    """Log probabilities (n, 10), less for any label but 0 where a candidate is low."""
    return digits - np.outer([candidate.low_cost for candidate in candidates], _NOT_ZERO)


def _spans(digits: Floats, scores: Sequence[tuple[float, float]]) -> list[float]:
    """Log weights of the candidates, whatever they are."""
    sums = np.logaddexp.reduce(digits, axis=1).tolist()
    return [_add(known + total, unknown) for (known, unknown), total in zip(scores, sums, strict=True)]


def _all_scores(
    candidates: Sequence[Candidate], digit_probability: Floats, weights: Costs
) -> list[tuple[float, float]]:
    chances = digit_probability.clip(*_CHANCES).tolist()
    return [_scores(c, chance, weights) for c, chance in zip(candidates, chances, strict=True)]


def _scores(candidate: Candidate, chance: float, weights: Costs) -> tuple[float, float]:
    """Log weights of a candidate as a digit, and as no digit; NumPy takes longer for so few."""
    known = math.log(chance) - candidate.prior_cost - candidate.cost
    if candidate.may_be_ligature:
        return known - weights.ligature, -candidate.prior_cost
    return known, math.log1p(-chance) - candidate.prior_cost - candidate.negative_cost


def _share(log_share: float) -> float:
    return min(1.0, math.exp(log_share))


def _edges(
    candidates: Sequence[Candidate],
    digits: Floats,
    scores: Sequence[tuple[float, float]],
    labels: Sequence[int] | None = None,
) -> list[list[Edge]]:
    """For each candidate one edge for each likely label, or these, and one for no digit where that may be."""
    likely = np.argsort(-digits, axis=1)[:, :_LABELS].tolist() if labels is None else [labels] * len(digits)
    found = []
    for candidate, labels, row, (known, unknown) in zip(candidates, likely, digits.tolist(), scores, strict=True):
        edges = [Edge(candidate, label, row[label] + known) for label in labels]
        found.append(edges if unknown == -math.inf else [*edges, Edge(candidate, None, unknown)])
    return found


def _sums(ways: _Ways, spans: Sequence[float]) -> tuple[dict[int, float], dict[int, float]]:
    """Log sums over all ways to each state from the start, and from each to the end."""
    forward, backward = {0: 0.0}, {ways.full: 0.0}
    for state, follow in ways.steps:
        for i, after in follow:
            forward[after] = _add(forward.get(after, -math.inf), forward[state] + spans[i])
    for state, follow in reversed(ways.steps):
        total = -math.inf
        for i, after in follow:
            total = _add(total, spans[i] + backward[after])
        backward[state] = total
    return forward, backward


def _through(edge: Edge, forward: Mapping[int, float], backward: Mapping[int, float]) -> float:
    """Log of the sum over all ways that take this edge."""
    places, total = edge.candidate.places, -math.inf
    for state, weight in forward.items():
        if not state & places and _lowest(~state) == _lowest(places):
            total = _add(total, weight + edge.weight + backward[state | places])
    return total


def _add(a: float, b: float) -> float:
    """log(exp(a) + exp(b)); NumPy takes ten times as long for two numbers."""
    if a < b:
        a, b = b, a
    return a if b == -math.inf else a + math.log1p(math.exp(b - a))


def _trails(
    ways: _Ways, edges: Sequence[Sequence[Edge]], most: int, within: tuple[int, ...] | None = None
) -> list[Hypothesis]:
    """The likeliest texts of the whole line, by the sum over the ways that read so; or beginnings of one text."""
    reached: dict[int, list[Hypothesis]] = {0: [Hypothesis((), 0.0, 0.0, ())]}
    for state, follow in ways.steps:
        for trail in _merged(reached.pop(state, []), most):
            for i, after in follow:
                fitting = edges[i] if within is None else _fitting(edges[i], within[len(trail.labels) :])
                reached.setdefault(after, []).extend(_longer(trail, edge) for edge in fitting)
    return _merged([_in_order(trail) for trail in reached.get(ways.full, ())], most)


def _fitting(edges: Sequence[Edge], left: tuple[int, ...]) -> list[Edge]:
    """Those that read no digit, or the next one of what is left of a text."""
    return [edge for edge in edges if edge.label is None or edge.label in left[:1]]


def _longer(trail: Hypothesis, edge: Edge) -> Hypothesis:
    labels = trail.labels if edge.label is None else (*trail.labels, edge.label)
    return Hypothesis(labels, trail.total + edge.weight, trail.best + edge.weight, (*trail.edges, edge))


def _in_order(trail: Hypothesis) -> Hypothesis:
    """From left to right by the middles of the boxes: a late hat may begin left of the digit before its own."""
    edges = tuple(sorted(trail.edges, key=lambda edge: edge.candidate.box[0] + edge.candidate.box[2] / 2))
    labels = tuple(edge.label for edge in edges if edge.label is not None)
    return Hypothesis(labels, trail.total, trail.best, edges)


def _merged(trails: Sequence[Hypothesis], most: int) -> list[Hypothesis]:
    """One trail for each text, the likeliest texts first."""
    found: dict[tuple[int, ...], Hypothesis] = {}
    for trail in trails:
        other = found.get(trail.labels)
        if other is not None:
            best = max(trail, other, key=lambda t: t.best)
            trail = Hypothesis(best.labels, _add(trail.total, other.total), best.best, best.edges)
        found[trail.labels] = trail
    return sorted(found.values(), key=lambda t: -t.total)[:most]

"""The graph of all paths through the candidates of one line, and log sums over its paths."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from heapq import heappop, heappush
from operator import or_

from ml.segmentation.candidates import Candidate

START = 0  # the state of a path that has taken no component


class PathGraph:
    """All paths through a line: ways to take each of its components in exactly one candidate.

    A state is the set of components that a path has taken, as an integer with one bit for each place along the
    line. From a state a path takes any candidate whose first component is the first one not yet taken. Nearly all
    states hold the first components of the line; others arise only where a digit has strokes on both sides of a
    component of its neighbour.

    `end` is the state with all components. `transitions` gives, for each other state in rising order, the
    candidates that may follow, as indices, each with the state after it.
    """

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        places = [candidate.places for candidate in candidates]
        self.end = reduce(or_, places, START)
        self.transitions: dict[int, list[tuple[int, int]]] = {}
        by_first_place: dict[int, list[int]] = {}
        for i, own in enumerate(places):
            by_first_place.setdefault(_lowest_bit(own), []).append(i)
        queue, queued = [START], {START}
        while queue and (state := heappop(queue)) != self.end:
            following = by_first_place[_lowest_bit(~state)]
            self.transitions[state] = [(i, state | places[i]) for i in following if not state & places[i]]
            for _, after in self.transitions[state]:
                if after not in queued:
                    queued.add(after)
                    heappush(queue, after)

    def log_sums(self, log_weights: Sequence[float]) -> PathSums:
        """The log sums over its paths, from the log weights of the candidates in their order."""
        forward, backward = {START: 0.0}, {self.end: 0.0}
        for state, following in self.transitions.items():
            for i, after in following:
                forward[after] = log_add(forward.get(after, -math.inf), forward[state] + log_weights[i])
        for state, following in reversed(self.transitions.items()):
            log_sum = -math.inf
            for i, after in following:
                log_sum = log_add(log_sum, log_weights[i] + backward[after])
            backward[state] = log_sum
        return PathSums(forward[self.end], forward, backward)


@dataclass(frozen=True)
class PathSums:
    """Log sums over paths: `total` of all, `forward` from the start to a state, `backward` from it to the end."""

    total: float
    forward: Mapping[int, float]
    backward: Mapping[int, float]

    def through(self, places: int, log_weight: float) -> float:
        """The log sum over all paths that take the candidate with these places, when it has this log weight."""
        log_sum = -math.inf
        for state, before in self.forward.items():
            if not state & places and _lowest_bit(~state) == _lowest_bit(places):
                log_sum = log_add(log_sum, before + log_weight + self.backward[state | places])
        return log_sum


def log_add(a: float, b: float) -> float:
    """log(exp(a) + exp(b)); NumPy takes ten times as long for two numbers."""
    if a < b:
        a, b = b, a
    return a if b == -math.inf else a + math.log1p(math.exp(b - a))


def _lowest_bit(bits: int) -> int:
    return bits & -bits

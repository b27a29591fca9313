"""Hypotheses of the text of a line: paths through its candidates that read the same, taken together."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from ml.decoding.path_graph import log_add
from ml.segmentation.candidates import Candidate


class Edge(NamedTuple):
    """A candidate with a label, or with None as ink that is no digit, and its log weight in nats."""

    candidate: Candidate
    label: int | None
    log_weight: float

    @property
    def middle(self) -> float:
        """Of the candidate's box, from left to right."""
        x, _, width, _ = self.candidate.box
        return x + width / 2


class Hypothesis(NamedTuple):
    """Paths that read the same labels: the log sum of their weights, the log weight of the best, and its edges."""

    labels: tuple[int, ...]
    log_sum: float
    log_max: float
    edges: tuple[Edge, ...]

    def extended(self, edge: Edge) -> Hypothesis:
        """These paths with one more edge."""
        labels = self.labels if edge.label is None else (*self.labels, edge.label)
        return Hypothesis(
            labels, self.log_sum + edge.log_weight, self.log_max + edge.log_weight, (*self.edges, edge)
        )

    def followed_by(self, other: Hypothesis) -> Hypothesis:
        """These paths through one line, then those of `other` through the next."""
        return Hypothesis(
            self.labels + other.labels,
            self.log_sum + other.log_sum,
            self.log_max + other.log_max,
            self.edges + other.edges,
        )

    def left_to_right(self) -> Hypothesis:
        """With the edges in the order of the middles of their boxes.

        Paths take candidates in the order of their first components. The bar over a 5 that is drawn late may begin
        left of the digit before its own.
        """
        middles = [edge.middle for edge in self.edges]
        if middles == sorted(middles):
            return self
        edges = tuple(sorted(self.edges, key=lambda edge: edge.middle))
        labels = tuple(edge.label for edge in edges if edge.label is not None)
        return Hypothesis(labels, self.log_sum, self.log_max, edges)

    def labels_between(self, left: float, right: float) -> tuple[int, ...]:
        """Of the digits whose middles lie between these, in units of the drawing."""
        if left == -math.inf and right == math.inf:
            return self.labels
        return tuple(e.label for e in self.edges if e.label is not None and left <= e.middle < right)

    def has_label_near(self, edge: Edge) -> bool:
        """Whether it has an edge of the same label around the middle of `edge`, with the same ink or not."""
        boxes = [other.candidate.box for other in self.edges if other.label == edge.label]
        return any(x <= edge.middle <= x + width for x, _, width, _ in boxes)


EMPTY_HYPOTHESIS = Hypothesis((), 0.0, 0.0, ())


def merge_hypotheses(hypotheses: Iterable[Hypothesis], most: int) -> list[Hypothesis]:
    """One hypothesis for each text, no more than `most`, those with the greatest sums first."""
    merged: dict[tuple[int, ...], Hypothesis] = {}
    for hypothesis in hypotheses:
        other = merged.get(hypothesis.labels)
        if other is not None:
            best = max(hypothesis, other, key=lambda h: h.log_max)
            log_sum = log_add(hypothesis.log_sum, other.log_sum)
            hypothesis = Hypothesis(best.labels, log_sum, best.log_max, best.edges)
        merged[hypothesis.labels] = hypothesis
    return sorted(merged.values(), key=lambda h: -h.log_sum)[:most]

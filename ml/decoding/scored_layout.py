"""A page layout whose candidates have scores: one lattice for each of its lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from ml.decoding.hypotheses import EMPTY_HYPOTHESIS, Hypothesis
from ml.decoding.lattice import Lattice, penalise_low
from ml.segmentation.costs import Costs
from ml.segmentation.page_layout import PageLayout

Floats = NDArray[np.float64]


class ScoredLayout:
    """A layout and the lattices of its lines, from top to bottom.

    `digits` (n, 10) and `digit_probability` (n,) are those of all candidates of the layout (see `Lattice`).
    """

    def __init__(self, layout: PageLayout, digits: Floats, digit_probability: Floats, costs: Costs) -> None:
        self.layout = layout
        self._digits = digits
        self.lattices = []
        for _, group in groupby(range(len(layout.candidates)), key=lambda i: layout.candidates[i].line):
            own = list(group)
            candidates = [layout.candidates[i] for i in own]
            self.lattices.append(Lattice(candidates, digits[own], digit_probability[own], costs))

    @property
    def label_probabilities(self) -> Floats:
        """(n, 10) those of the labels of each candidate, taken as a digit in its place in the line."""
        return np.exp(penalise_low(self.layout.candidates, self._digits))

    @property
    def log_sum(self) -> float:
        """The log of the sum of the weights of all paths through all lines, in nats."""
        return sum(lattice.log_sum for lattice in self.lattices)

    def text_log_sum(self, text: Sequence[int]) -> float:
        """The same of the paths that read these digits; -inf where there are none."""
        sums = np.full(len(text) + 1, -math.inf)
        sums[0] = 0.0
        for lattice in self.lattices:
            sums = lattice.text_log_sums(text, sums)
        return float(sums[-1])

    def text_hypothesis(self, text: Sequence[int]) -> Hypothesis | None:
        """The best hypothesis that reads these digits, with the edges of all lines; None where there is none."""
        hypotheses = {0: EMPTY_HYPOTHESIS}
        for lattice in self.lattices:
            hypotheses = lattice.text_hypotheses(text, hypotheses)
        return hypotheses.get(len(text))

    def network_log_probability(self, hypothesis: Hypothesis) -> float:
        """Of the labels of a hypothesis by the networks alone; of one without labels, that nothing is a digit."""
        edges = [edge for edge in hypothesis.edges if edge.label is not None] or hypothesis.edges
        return sum(self.lattices[edge.candidate.line].network_log_probability(edge) for edge in edges)

"""The lattice of one line: its candidates with their scores, the likeliest paths through them, and probabilities.

The glyph and trajectory networks score all candidates. The sum over all paths gives honest probabilities: that of
a digit is the part of this sum that belongs to the paths with the digit (after "Global Training of Document
Processing Systems using Graph Transformer Networks", Bottou, Bengio, LeCun 1997).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ml.decoding.ctc import CtcOutput
from ml.decoding.hypotheses import EMPTY_HYPOTHESIS, Edge, Hypothesis, merge_hypotheses
from ml.decoding.path_graph import START, PathGraph, PathSums, log_add
from ml.segmentation.candidates import Candidate
from ml.segmentation.costs import Costs

Floats = NDArray[np.float64]

_NOT_ZERO = np.arange(10) > 0
_LABELS = 3  # the likeliest labels of a candidate; others never make a second text worth offering
_HYPOTHESES = 4  # kept at each state of the path graph
_HYPOTHESES_FOR_LINE_NETWORK = 12  # kept where the line network has to choose among them
_DIGIT_PROBABILITIES = (1e-9, 1 - 1e-9)  # the bounds of the probability that a candidate is a digit
_DOUBTFUL_BAR = (-1.0, 3.0)  # log odds of a separator; below, a bar is a 1 as on other lines
_DOUBT = 2.7  # log odds; see `Segment.trust`
_LEAST_LINE_LOG_PROBABILITY = -100.0  # nats; the line network counts no more than this against a text


@dataclass(frozen=True)
class Segment:
    """A candidate on the best path, with its label (None: no digit) and the probability that this is right.

    `separator_probability` is that ink that is no digit separates numbers, and is not ink that could not be read.
    Ink `is_in_word` that was refused for the ink beside it (`ml.decoding.words`), whatever it looks like.
    """

    candidate: Candidate
    label: int | None
    probability: float
    separator_probability: float = 0.0
    is_in_word: bool = False

    @property
    def trust(self) -> float:
        """How far a digit can be trusted to be no separator.

        The odds are lowered when they are fitted, to lose no 1; but some people write more slashes than others,
        and what may well be one should not be sure to be a digit.
        """
        if self.label is None or self.candidate.separator_log_odds == -math.inf:
            return 1.0
        return math.exp(_log_probabilities(self.candidate.separator_log_odds + _DOUBT)[1])

    @property
    def separates(self) -> bool:
        """Whether it is ink between numbers, such as a slash, and not ink that could not be read."""
        return self.label is None and self.separator_probability > 0.5


@dataclass(frozen=True)
class BestPath:
    """The best path through a line, the labels of the second best text, and the probabilities of both texts.

    `texts` are the likeliest hypotheses, the best first, with their probabilities. `by_line_network` says that the
    line network was asked: then these are all that the probabilities were shared among.
    """

    segments: tuple[Segment, ...]
    probability: float
    second: tuple[int, ...]
    second_probability: float
    texts: tuple[tuple[Hypothesis, float], ...] = ()
    by_line_network: bool = False


class Lattice:
    """The scored candidates of one line.

    `digits` (n, 10) are the log probabilities of the labels of the candidates, `digit_probability` (n,) are the
    probabilities that they are digits at all, both float64 and in the order of `candidates`.
    """

    def __init__(
        self, candidates: Sequence[Candidate], digits: Floats, digit_probability: Floats, costs: Costs
    ) -> None:
        self._candidates = candidates
        self._digits = penalise_low(candidates, digits)
        self._digit_probability: list[float] = digit_probability.tolist()
        self._clipped: list[float] = digit_probability.clip(*_DIGIT_PROBABILITIES).tolist()
        self._costs = costs
        self._graph = PathGraph(candidates)
        # Of each candidate as a digit of unknown label, and as no digit. NumPy takes longer for so few numbers.
        self._log_weights: list[tuple[float, float]] = []
        for candidate, probability in zip(candidates, self._clipped, strict=True):
            as_digit = math.log(probability) - candidate.prior_cost - candidate.cost
            if candidate.may_be_ligature:
                weights = as_digit - costs.ligature, -candidate.prior_cost
            else:
                as_no_digit = math.log1p(-probability) - candidate.prior_cost - candidate.negative_cost
                weights = as_digit, as_no_digit
            if candidate.separator_log_odds > -math.inf:
                separates, is_other = _log_probabilities(candidate.separator_log_odds)
                as_digit, as_no_digit = weights
                weights = as_digit + is_other, log_add(as_no_digit + is_other, separates - candidate.prior_cost)
            self._log_weights.append(weights)

    @property
    def has_doubtful_bars(self) -> bool:
        """Whether there is ink, as high as a digit, that may well separate numbers, or may be a digit."""
        least, most = _DOUBTFUL_BAR
        return any(c.is_high and least < c.separator_log_odds < most for c in self._candidates)

    @property
    def log_sum(self) -> float:
        """The log of the sum of the weights of all paths, in nats."""
        return self._sums.total

    def best_path(self, line_output: CtcOutput | None = None) -> BestPath:
        """The best path by the scores of the candidates and, where it can help, the output of the line network."""
        most = _HYPOTHESES if line_output is None else _HYPOTHESES_FOR_LINE_NETWORK
        hypotheses = self._best_hypotheses(self._likely_edges, most)
        if line_output is not None and self._can_help(line_output, hypotheses[0].labels):
            text = line_output.labels
            if all(hypothesis.labels != text for hypothesis in hypotheses):
                # The likeliest text by the line network is new: add it, if the line can be parted into its digits.
                edges = self._edges([sorted({*text})] * len(self._candidates))
                proposed = self._best_hypotheses(edges, len(text) + 1, text)
                hypotheses += [hypothesis for hypothesis in proposed if hypothesis.labels == text]
            return self._best_path_by_both(hypotheses, line_output)
        best = hypotheses[0]
        second = hypotheses[1] if len(hypotheses) > 1 else Hypothesis((), -math.inf, -math.inf, ())
        segments = []
        for edge in best.edges:
            log_sum = self._sums.through(edge.candidate.places, edge.log_weight)
            segments.append(self._segment(edge, self._probability(log_sum)))
        probability, second_probability = self._probability(best.log_sum), self._probability(second.log_sum)
        texts = tuple((hypothesis, self._probability(hypothesis.log_sum)) for hypothesis in hypotheses)
        return BestPath(tuple(segments), probability, second.labels, second_probability, texts)

    def part_probability(self, places: int, labels: Sequence[int]) -> float:
        """The probability that the ink at these places reads these labels, in the order of their first components.

        It is the part of the sum over all paths that belongs to the paths on which no candidate has ink both at
        these places and elsewhere, and those at these places have these labels. What the rest of the line reads
        does not matter.
        """
        found = -math.inf
        reached: dict[int, dict[int, float]] = {}  # log sums by the state, and by how many labels were read
        for state, following in self._graph.transitions.items():
            enters = not state & places and places & ~state & (state + 1)
            sums = {0: self._sums.forward[state]} if enters else reached.pop(state, {})
            for i, after in following if sums else ():
                for read, log_sum in self._extended(sums, i, places, labels):
                    if after & places != places:
                        others = reached.setdefault(after, {})
                        others[read] = log_add(others.get(read, -math.inf), log_sum)
                    elif read == len(labels):
                        found = log_add(found, log_sum + self._sums.backward[after])
        return self._probability(found)

    def _extended(
        self, sums: Mapping[int, float], i: int, places: int, labels: Sequence[int]
    ) -> Iterator[tuple[int, float]]:
        """Log sums over paths, by how many of the labels they read, with candidate `i` after them."""
        own = self._candidates[i].places
        if not own & places:
            yield from ((read, log_sum + self._log_totals[i]) for read, log_sum in sums.items())
        elif not own & ~places:
            as_digit, as_no_digit = self._log_weights[i]
            for read, log_sum in sums.items():
                yield read, log_sum + as_no_digit
                if read < len(labels):
                    yield read + 1, log_sum + as_digit + float(self._digits[i, labels[read]])

    def digit_probability(self, candidates: Sequence[Candidate]) -> float:
        """The mean probability that these candidates are digits at all; 1 without any."""
        probabilities = [self._digit_probability[self._index[candidate]] for candidate in candidates]
        return sum(probabilities) / len(probabilities) if probabilities else 1.0

    def text_log_sums(self, text: Sequence[int], above: Floats) -> Floats:
        """Log sums (k + 1,) over the paths that read the first 0, 1, ... k digits of `text` (k,).

        The text may span several lines: `above` (k + 1,) are the same sums over the paths through the lines above,
        for the first line 0 and k times -inf. Digits are read in the order of their first components.
        """
        digits_of_text = self._digits[:, list(text)]
        sums = {START: above}
        for state, following in self._graph.transitions.items():
            for i, after in following:
                as_digit, as_no_digit = self._log_weights[i]
                extended = sums[state] + as_no_digit
                extended[1:] = np.logaddexp(extended[1:], sums[state][:-1] + digits_of_text[i] + as_digit)
                sums[after] = np.logaddexp(sums[after], extended) if after in sums else extended
        return sums[self._graph.end]

    def text_hypotheses(self, text: Sequence[int], above: Mapping[int, Hypothesis]) -> dict[int, Hypothesis]:
        """The best hypotheses that read the first digits of `text` (k,), by how many digits these are.

        The text may span several lines: `above` are such hypotheses of the lines above, for the first line
        {0: EMPTY_HYPOTHESIS}.
        """
        edges = self._edges([sorted({*text})] * len(self._candidates))
        hypotheses = []
        for done, before in above.items():
            left = tuple(text[done:])
            for hypothesis in self._best_hypotheses(edges, len(left) + 1, left):
                if hypothesis.labels == left[: len(hypothesis.labels)]:
                    hypotheses.append(before.followed_by(hypothesis))
        return {len(merged.labels): merged for merged in merge_hypotheses(hypotheses, len(text) + 1)}

    def network_log_probability(self, edge: Edge) -> float:
        """The part of an edge's log weight that the networks give; the rest are costs of sizes and gaps."""
        i = self._index[edge.candidate]
        if edge.label is None:
            return math.log1p(-self._clipped[i])
        return float(self._digits[i, edge.label]) + math.log(self._clipped[i])

    def _segment(self, edge: Edge, probability: float) -> Segment:
        """With the probability that it separates numbers, if it is no digit."""
        candidate = edge.candidate
        if edge.label is not None or candidate.separator_log_odds == -math.inf:
            return Segment(candidate, edge.label, probability)
        separates, _ = _log_probabilities(candidate.separator_log_odds)
        return Segment(candidate, None, probability, math.exp(separates - candidate.prior_cost - edge.log_weight))

    @cached_property
    def _index(self) -> dict[Candidate, int]:
        return {candidate: i for i, candidate in enumerate(self._candidates)}

    @cached_property
    def _sums(self) -> PathSums:
        """Log sums over the paths, whatever the labels of their candidates."""
        return self._graph.log_sums(self._log_totals)

    @cached_property
    def _log_totals(self) -> list[float]:
        """The log weight of each candidate, as any digit or as none."""
        digit_sums = np.logaddexp.reduce(self._digits, axis=1).tolist()
        return [
            log_add(as_digit + digit_sum, as_no_digit)
            for (as_digit, as_no_digit), digit_sum in zip(self._log_weights, digit_sums, strict=True)
        ]

    def _probability(self, log_sum: float) -> float:
        """Of paths whose weights have this log sum."""
        return min(1.0, math.exp(log_sum - self.log_sum))

    @cached_property
    def _likely_edges(self) -> list[list[Edge]]:
        return self._edges(np.argsort(-self._digits, axis=1)[:, :_LABELS].tolist())

    def _edges(self, labels: Sequence[Sequence[int]]) -> list[list[Edge]]:
        """For each candidate an edge for each of its `labels`, and one for no digit where that is possible."""
        edges = []
        scored = zip(self._candidates, labels, self._digits.tolist(), self._log_weights, strict=True)
        for candidate, chosen, digits, (as_digit, as_no_digit) in scored:
            own = [Edge(candidate, label, digits[label] + as_digit) for label in chosen]
            if as_no_digit > -math.inf:
                own.append(Edge(candidate, None, as_no_digit))
            edges.append(own)
        return edges

    def _best_hypotheses(
        self, edges: Sequence[Sequence[Edge]], most: int, text: tuple[int, ...] | None = None
    ) -> list[Hypothesis]:
        """The likeliest hypotheses of the whole line; with a `text` only those that read its first digits.

        A beam search: no more than `most` hypotheses are kept at each state.
        """
        reached: dict[int, list[Hypothesis]] = {START: [EMPTY_HYPOTHESIS]}
        for state, following in self._graph.transitions.items():
            for hypothesis in merge_hypotheses(reached.pop(state, []), most):
                allowed = (None, *text[len(hypothesis.labels) :][:1]) if text is not None else None
                for i, after in following:
                    fitting = edges[i] if allowed is None else [e for e in edges[i] if e.label in allowed]
                    reached.setdefault(after, []).extend(hypothesis.extended(edge) for edge in fitting)
        return merge_hypotheses([h.left_to_right() for h in reached.get(self._graph.end, ())], most)

    def _can_help(self, line_output: CtcOutput, labels: tuple[int, ...]) -> bool:
        """Whether the line network can tell these digits apart or, if less than two, is sure of several."""
        if len(labels) > 1:
            return line_output.has_room_for(labels)
        several = len(line_output.labels) > 1
        return several and float(line_output.log_probabilities([line_output.labels])[0]) > math.log(
            self._costs.line_network_alone
        )

    def _best_path_by_both(self, hypotheses: Sequence[Hypothesis], line_output: CtcOutput) -> BestPath:
        """The best hypothesis by its candidates and by the line network.

        Probabilities are those among these hypotheses, times the mean probability that its digits are digits at
        all: the line network knows next to nothing about that.
        """
        line_scores = line_output.log_probabilities([hypothesis.labels for hypothesis in hypotheses])
        scores = np.array([hypothesis.log_sum for hypothesis in hypotheses])
        scores = scores + self._costs.line_network_weight * line_scores.clip(_LEAST_LINE_LOG_PROBABILITY)
        logits = scores / self._costs.joint_temperature
        probabilities = np.exp(logits - np.logaddexp.reduce(logits))
        order = np.argsort(-scores, kind="stable").tolist()
        best = hypotheses[order[0]]
        are_digits = self.digit_probability([edge.candidate for edge in best.edges if edge.label is not None])
        segments = []
        for edge in best.edges:
            agreeing = [hypothesis.has_label_near(edge) for hypothesis in hypotheses]
            probability = min(1.0, float(probabilities[agreeing].sum()))
            segments.append(self._segment(edge, probability * are_digits))
        second, second_probability = (), 0.0
        if len(order) > 1:
            second, second_probability = hypotheses[order[1]].labels, float(probabilities[order[1]])
        return BestPath(
            tuple(segments),
            float(probabilities[order[0]]) * are_digits,
            second,
            second_probability * are_digits,
            tuple((hypotheses[i], float(probabilities[i])) for i in order),
            by_line_network=True,
        )


def _log_probabilities(log_odds: float) -> tuple[float, float]:
    """The log probabilities of something with these odds, and of its contrary."""
    return -math.log1p(math.exp(-log_odds)), -math.log1p(math.exp(log_odds))


def penalise_low(candidates: Sequence[Candidate], digits: Floats) -> Floats:
    """Log probabilities (n, 10) of the labels, less the `low_cost` of each candidate for all labels but 0."""
    return digits - np.outer([candidate.low_cost for candidate in candidates], _NOT_ZERO)

"""How sure each number of a line is: its digits by all paths through the line, and the spaces around it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from operator import or_

from ml.decoding.lattice import BestPath, Lattice, Segment
from ml.decoding.number_spacing import SpacedLine


@dataclass(frozen=True)
class JudgedNumber:
    """The digits of a number, the probability that exactly these digits stand there as one number, and the
    likeliest other text of it with its probability ("" and 0 where none is known)."""

    segments: Sequence[Segment]
    probability: float
    alternative: str = ""
    alternative_probability: float = 0.0

    @property
    def text(self) -> str:
        """Its digits."""
        return "".join(str(segment.label) for segment in self.segments)


def judge_numbers(lattice: Lattice, path: BestPath, line: SpacedLine) -> list[JudgedNumber]:
    """The numbers of one line, from left to right, with their probabilities."""
    judged: list[JudgedNumber] = []
    borders = _borders(line) if line.numbers else []
    first = 0
    for number, (left, right) in zip(line.numbers, pairwise(borders), strict=True):
        after = first + len(number)
        inner, around = (
            line.gap_probabilities[first : after - 1],
            line.gap_probabilities[max(first - 1, 0) : after],
        )
        if len(line.numbers) == 1 and not any(segment.is_in_word for segment in path.segments):
            probability = path.probability
        elif path.by_line_network:
            probability = _by_texts(lattice, path, number, left, right)
        else:
            probability = lattice.part_probability(*_ink_of(path, number, left, right))
        probability *= math.prod(segment.trust for segment in number)
        texts, spacing = _other_texts(path, number, left, right), math.prod(around)
        splits = [(text, probability * spacing * (1 / p - 1)) for text, p in _splits(number, inner)]
        changes = [(text, p * spacing) for text, p in texts] + splits
        judged.append(
            JudgedNumber(number, probability * spacing, *max(changes, key=lambda c: c[1], default=("", 0)))
        )
        first = after
    return judged


def _borders(line: SpacedLine) -> list[float]:
    """Where each number of the line begins and the last one ends: in the middles of the spaces."""
    middles = []
    for before, after in pairwise(line.numbers):
        x, _, width, _ = before[-1].candidate.box
        middles.append((x + width + after[0].candidate.box[0]) / 2)
    return [-math.inf, *middles, math.inf]


def _ink_of(path: BestPath, number: Sequence[Segment], left: float, right: float) -> tuple[int, list[int]]:
    """The places of the number with the ink around it that is no digit, and its labels in the order of paths.

    Ink in words is left out: it may look like digits.
    """
    around = [s for s in path.segments if s.label is None and not s.is_in_word and left <= _middle(s) < right]
    in_order = sorted(number, key=lambda s: s.candidate.places & -s.candidate.places)
    places = reduce(or_, (segment.candidate.places for segment in [*number, *around]))
    return places, [segment.label for segment in in_order if segment.label is not None]


def _middle(segment: Segment) -> float:
    x, _, width, _ = segment.candidate.box
    return x + width / 2


def _by_texts(lattice: Lattice, path: BestPath, number: Sequence[Segment], left: float, right: float) -> float:
    """The probability of the number where the line network was asked, as that of the whole line is found."""
    labels = tuple(segment.label for segment in number)
    agreeing = sum(p for hypothesis, p in path.texts if hypothesis.labels_between(left, right) == labels)
    return agreeing * lattice.digit_probability([segment.candidate for segment in number])


def _other_texts(path: BestPath, number: Sequence[Segment], left: float, right: float) -> list[tuple[str, float]]:
    """What other likely texts of the line read in place of the number, with their probabilities."""
    labels = tuple(segment.label for segment in number)
    others: dict[tuple[int, ...], float] = {}
    for hypothesis, probability in path.texts:
        read = hypothesis.labels_between(left, right)
        if read and read != labels:
            others[read] = others.get(read, 0.0) + probability
    return [("".join(map(str, read)), probability) for read, probability in others.items()]


def _splits(number: Sequence[Segment], gap_probabilities: Sequence[float]) -> list[tuple[str, float]]:
    """The number with a space in each of its gaps, and the probability that there is none."""
    digits = [str(segment.label) for segment in number]
    return [
        (f"{''.join(digits[:i])} {''.join(digits[i:])}", probability)
        for i, probability in enumerate(gap_probabilities, 1)
    ]

"""The output of the line network, and the log probabilities that it gives to texts.

The network gives logits for each step along a line: one class for each digit, and a blank class for steps without
a new digit. The probability of a text is the sum over all ways to stretch it over the steps ("Connectionist
Temporal Classification", Graves, Fernández, Gomez, Schmidhuber 2006).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

BLANK = 10  # the class of steps without a new digit; the class of a digit is the digit
_STEPS_PER_DIGIT = 3.5  # at least; of smaller digits in a long line the network overlooks some

Floats = NDArray[np.float64]


class CtcOutput:
    """The class probabilities at each of the t steps along a line, from logits (t, 11)."""

    def __init__(self, logits: NDArray[np.floating]) -> None:
        z = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
        self._log_probabilities: Floats = z - np.log(np.exp(z).sum(axis=1, keepdims=True))

    @cached_property
    def labels(self) -> tuple[int, ...]:
        """The digits of the likeliest class of each step; nearly always the likeliest text."""
        classes = self._log_probabilities.argmax(axis=1).tolist()
        return tuple(int(label) for label, _ in groupby(classes) if label != BLANK)

    def has_room_for(self, labels: Sequence[int]) -> bool:
        """Whether there are enough steps to tell these digits apart."""
        return _STEPS_PER_DIGIT * len(labels) <= len(self._log_probabilities)

    def log_probabilities(self, texts: Sequence[Sequence[int]]) -> Floats:
        """Log probabilities (n,) of n texts; -inf where there are too few steps for one.

        The forward algorithm over the states of each text: its digits, and a blank before and after each of them.
        """
        states = np.full((len(texts), 2 * max(map(len, texts)) + 1), BLANK)
        for row, text in zip(states, texts, strict=True):
            row[1 : 2 * len(text) : 2] = text
        skip = np.full(states.shape, -np.inf)  # 0 for a digit that may follow another one without a blank between
        skip[:, 3::2][states[:, 3::2] != states[:, 1:-2:2]] = 0.0
        sums = np.full(states.shape, -np.inf)
        sums[:, :2] = self._log_probabilities[0, states[:, :2]]
        for step in self._log_probabilities[1:]:
            after = np.logaddexp(sums[:, 1:], sums[:, :-1])
            after[:, 1:] = np.logaddexp(after[:, 1:], sums[:, :-2] + skip[:, 2:])
            sums = np.concatenate([sums[:, :1], after], axis=1) + step[states]
        ends = np.array([2 * len(text) for text in texts])
        rows = np.arange(len(texts))
        return np.where(ends > 0, np.logaddexp(sums[rows, ends], sums[rows, ends - 1]), sums[:, 0])

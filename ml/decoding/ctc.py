"""What a network on strips says of a line: for each step along it a digit, or nothing new.

A text is as likely as all ways to stretch it over the steps together ("Connectionist Temporal Classification",
Graves, Fernández, Gomez, Schmidhuber 2006).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

BLANK = 10  # the class of steps without a new digit; that of a digit is the digit
_ROOM = 3.5  # steps for each digit; of smaller ones in a long line some are overlooked

Floats = NDArray[np.float64]


class CtcOutput:
    """Logits (t, 11) of the steps along a line."""

    def __init__(self, logits: NDArray[np.floating]) -> None:
        z = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
        self._log: Floats = z - np.log(np.exp(z).sum(axis=1, keepdims=True))

    @cached_property
    def labels(self) -> tuple[int, ...]:
        """The digits of the likeliest class of each step; nearly always the likeliest text."""
        return tuple(int(label) for label, _ in groupby(self._log.argmax(axis=1).tolist()) if label != BLANK)

    def have_room(self, labels: Sequence[int]) -> bool:
        """Whether there are enough of them to tell these digits apart."""
        return _ROOM * len(labels) <= len(self._log)

    def log_chances(self, texts: Sequence[Sequence[int]]) -> Floats:
        """Log probabilities (n,) of n texts; -inf where there are too few steps for one."""
        states = np.full((len(texts), 2 * max(map(len, texts)) + 1), BLANK)
        for row, text in zip(states, texts, strict=True):
            row[1 : 2 * len(text) : 2] = text
        leap = np.full(states.shape, -np.inf)  # 0 where nothing may be left out, between two digits that differ
        leap[:, 3::2][states[:, 3::2] != states[:, 1:-2:2]] = 0.0
        sums = np.full(states.shape, -np.inf)
        sums[:, :2] = self._log[0, states[:, :2]]
        for log in self._log[1:]:
            after = np.logaddexp(sums[:, 1:], sums[:, :-1])
            after[:, 1:] = np.logaddexp(after[:, 1:], sums[:, :-2] + leap[:, 2:])
            sums = np.concatenate([sums[:, :1], after], axis=1) + log[states]
        ends = np.array([2 * len(text) for text in texts])
        rows = np.arange(len(texts))
        return np.where(ends > 0, np.logaddexp(sums[rows, ends], sums[rows, ends - 1]), sums[:, 0])

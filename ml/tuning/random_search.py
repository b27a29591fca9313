"""Random search for the costs of the lattice, with the scores of the networks computed once for all tries."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.random import Generator

from ml.decoding.ctc import CtcOutput
from ml.decoding.drawing_decoder import DrawingDecoder
from ml.inference.reader import Reader
from ml.ink.line_image import LineImage
from ml.labels import Floats
from ml.segmentation.costs import Costs

log = logging.getLogger(__name__)

# Standard deviations of the log of a change: one for costs far from the best ones, one for costs near them.
_STEPS = 0.35, 0.1
_CHANGED = 3.6  # costs that a try changes, on average
_MIN_COST = 1e-3  # a smaller cost would be rounded to 0, and stay there


class CachedScores:
    """The scores that the networks of a reader give to the ink of one drawing, each computed once.

    Decoders of the same drawing with other costs find many of the same candidates and line images.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._candidates: dict[object, tuple[Floats, float]] = {}
        self._lines: dict[bytes, CtcOutput] = {}

    def of(self, decoder: DrawingDecoder) -> tuple[Floats, Floats]:
        """Log-probabilities of the labels (n, 10), and digit probabilities (n,), of the decoder's n candidates."""
        keys = [(candidate.components, candidate.min_side) for candidate in decoder.candidates]
        missing = [i for i, key in enumerate(keys) if key not in self._candidates]
        if missing:
            scores = self._reader.score_candidates(decoder, missing)
            for i, log_probabilities, digit_probability in zip(missing, *scores, strict=True):
                self._candidates[keys[i]] = log_probabilities, float(digit_probability)
        log_probabilities, digit_probabilities = zip(*(self._candidates[key] for key in keys), strict=True)
        return np.stack(log_probabilities), np.array(digit_probabilities)

    def read_line(self, line_image: LineImage) -> CtcOutput:
        """The output of the line network, which the reader must have."""
        assert self._reader.read_line is not None
        key = line_image.tobytes()
        if key not in self._lines:
            self._lines[key] = self._reader.read_line(line_image)
        return self._lines[key]


@dataclass(frozen=True)
class SearchSpace:
    """The names of the positive costs that a search changes, and lower bounds of some of them."""

    names: Sequence[str]
    least: Mapping[str, float] = field(default_factory=dict)

    def values(self, costs: Costs) -> dict[str, float]:
        """The searched costs by name."""
        return {name: getattr(costs, name) for name in self.names}

    def change(self, costs: Costs, rng: Generator) -> Costs:
        """Change some of the costs at random, at least one."""
        chosen = [name for name in self.names if rng.random() < _CHANGED / len(self.names)]
        chosen = chosen or [str(rng.choice(self.names))]
        step = rng.choice(_STEPS)
        values = {}
        for name in chosen:
            value = round(getattr(costs, name) * math.exp(rng.normal(0, step)), 3)
            values[name] = max(value, self.least.get(name, _MIN_COST))
        return replace(costs, **values)


@dataclass(frozen=True)
class SearchResult:
    """The best costs that were found and their loss, and the loss of the costs that the search began with."""

    costs: Costs
    loss: float
    initial_loss: float


def random_search(
    loss: Callable[[Costs], float], start: Costs, space: SearchSpace, tries: int, seed: int
) -> SearchResult:
    """Change some of the best costs so far at random, and keep the change if the loss is less.

    This is an evolution strategy with one parent and one child (Rechenberg 1973), on the logarithms of the costs.
    """
    rng = np.random.default_rng(seed)
    best = start
    initial_loss = lowest = loss(best)
    for number in range(tries):
        changed = space.change(best, rng)
        changed_loss = loss(changed)
        if changed_loss < lowest:
            best, lowest = changed, changed_loss
            log.info("try %d: %.4f with %s", number + 1, lowest, space.values(best))
    return SearchResult(best, lowest, initial_loss)

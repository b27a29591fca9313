"""Random search for weights of the lattice; the networks are asked once for each candidate."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ml.decoding.drawing_decoder import DrawingDecoder
from ml.inference.reader import Reader
from ml.segmentation.costs import Costs

log = logging.getLogger(__name__)

Floats = NDArray[np.float64]

_STEPS = 0.35, 0.1  # standard deviation of the log of a change: far from the best weights, and near them
_CHANGED = 3.6  # weights that a try changes, on average
_SMALLEST = 1e-3  # below that a weight would be rounded to 0, and stay there


class CachedScores:
    """What the networks say of the candidates of one drawing. Other weights find some of the same candidates."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: dict[object, tuple[Floats, float]] = {}

    def of(self, page: DrawingDecoder) -> tuple[Floats, Floats]:
        """Log probabilities of the labels (n, 10), and the probability to be a digit (n,)."""
        keys = [(candidate.components, candidate.min_side) for candidate in page.candidates]
        missing = [i for i, key in enumerate(keys) if key not in self._known]
        if missing:
            digits, digit_probability = self._reader.score_candidates(page, missing)
            for i, labels, sure in zip(missing, digits, digit_probability, strict=True):
                self._known[keys[i]] = (labels, float(sure))
        return np.stack([self._known[key][0] for key in keys]), np.array([self._known[key][1] for key in keys])


@dataclass(frozen=True)
class SearchResult:
    weights: Costs
    loss: float
    first: float  # the loss of the weights that the search began with


def random_search(
    loss: Callable[[Costs], float],
    start: Costs,
    names: Sequence[str],
    tries: int,
    seed: int,
    least: Mapping[str, float] | None = None,
) -> SearchResult:
    """Change some of the weights `names` of the best so far at random, and keep what is better.

    An evolution strategy of one parent and one child (Rechenberg 1973), on the logs of the weights, which must be
    positive. None goes below what `least` says of it.
    """
    rng = np.random.default_rng(seed)
    best = start
    first = lowest = loss(best)
    for number in range(tries):
        other = _changed(best, names, least or {}, rng)
        now = loss(other)
        if now < lowest:
            best, lowest = other, now
            log.info("try %d: %.4f with %s", number + 1, now, {name: getattr(best, name) for name in names})
    return SearchResult(best, lowest, first)


def _changed(weights: Costs, names: Sequence[str], least: Mapping[str, float], rng: Generator) -> Costs:
    chosen = [name for name in names if rng.random() < _CHANGED / len(names)] or [str(rng.choice(names))]
    step = rng.choice(_STEPS)
    values = {name: round(getattr(weights, name) * math.exp(rng.normal(0, step)), 3) for name in chosen}
    return replace(weights, **{name: max(value, least.get(name, _SMALLEST)) for name, value in values.items()})

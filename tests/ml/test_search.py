"""Random search for weights, of losses that are known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ml.search import search
from ml.weights import Weights

NAMES = ("junk", "segment", "cut")


def far_from_two(weights: Weights) -> float:
    return abs(weights.junk - 2.0) + abs(weights.segment - 2.0)


def test_it_comes_near_the_best_weights():
    found = search(far_from_two, Weights(), NAMES, 300, seed=1)
    assert found.weights.junk == pytest.approx(2.0, abs=0.1)
    assert found.weights.segment == pytest.approx(2.0, abs=0.1)
    assert found.loss == far_from_two(found.weights) < found.first == far_from_two(Weights())


def test_the_same_seed_finds_the_same():
    found, again, other = (search(far_from_two, Weights(), NAMES, 20, seed) for seed in (1, 1, 2))
    assert found == again != other


def test_it_never_ends_worse_than_it_began():
    best = replace(Weights(), junk=2.0, segment=2.0)
    found = search(far_from_two, best, NAMES, 50, seed=1)
    assert found.weights == best
    assert found.loss == found.first == 0.0


def test_other_weights_stay():
    found = search(lambda weights: weights.junk + weights.link, Weights(), ("junk",), 20, seed=1)
    assert found.weights == replace(Weights(), junk=found.weights.junk)


def test_no_weight_goes_below_its_least():
    found = search(lambda weights: weights.junk + weights.cut, Weights(), NAMES, 300, seed=1, least={"junk": 1.5})
    assert found.weights.junk == 1.5
    assert 0 < found.weights.cut < 1.5

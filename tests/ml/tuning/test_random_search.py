"""Random search for weights, of losses that are known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ml.segmentation.costs import Costs
from ml.tuning.random_search import random_search

NAMES = ("negative", "segment", "stroke_cut")


def far_from_two(weights: Costs) -> float:
    return abs(weights.negative - 2.0) + abs(weights.segment - 2.0)


def test_it_comes_near_the_best_weights():
    found = random_search(far_from_two, Costs(), NAMES, 300, seed=1)
    assert found.weights.negative == pytest.approx(2.0, abs=0.1)
    assert found.weights.segment == pytest.approx(2.0, abs=0.1)
    assert found.loss == far_from_two(found.weights) < found.first == far_from_two(Costs())


def test_the_same_seed_finds_the_same():
    found, again, other = (random_search(far_from_two, Costs(), NAMES, 20, seed) for seed in (1, 1, 2))
    assert found == again != other


def test_it_never_ends_worse_than_it_began():
    best = replace(Costs(), negative=2.0, segment=2.0)
    found = random_search(far_from_two, best, NAMES, 50, seed=1)
    assert found.weights == best
    assert found.loss == found.first == 0.0


def test_other_weights_stay():
    found = random_search(lambda weights: weights.negative + weights.affinity, Costs(), ("negative",), 20, seed=1)
    assert found.weights == replace(Costs(), negative=found.weights.negative)


def test_no_weight_goes_below_its_least():
    found = random_search(
        lambda weights: weights.negative + weights.stroke_cut, Costs(), NAMES, 300, seed=1, least={"negative": 1.5}
    )
    assert found.weights.negative == 1.5
    assert 0 < found.weights.stroke_cut < 1.5

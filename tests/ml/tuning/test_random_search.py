"""Random search for costs, with losses whose minimum is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ml.segmentation.costs import Costs
from ml.tuning.random_search import SearchSpace, random_search

SPACE = SearchSpace(("negative", "segment", "stroke_cut"))


def far_from_two(costs: Costs) -> float:
    return abs(costs.negative - 2.0) + abs(costs.segment - 2.0)


def test_it_comes_near_the_best_costs():
    result = random_search(far_from_two, Costs(), SPACE, 300, seed=1)
    assert result.costs.negative == pytest.approx(2.0, abs=0.1)
    assert result.costs.segment == pytest.approx(2.0, abs=0.1)
    assert result.loss == far_from_two(result.costs) < result.initial_loss == far_from_two(Costs())


def test_the_same_seed_finds_the_same():
    result, again, other = (random_search(far_from_two, Costs(), SPACE, 20, seed) for seed in (1, 1, 2))
    assert result == again != other


def test_it_never_ends_worse_than_it_began():
    best = replace(Costs(), negative=2.0, segment=2.0)
    result = random_search(far_from_two, best, SPACE, 50, seed=1)
    assert result.costs == best
    assert result.loss == result.initial_loss == 0.0


def test_other_costs_stay():
    result = random_search(
        lambda costs: costs.negative + costs.affinity, Costs(), SearchSpace(("negative",)), 20, seed=1
    )
    assert result.costs == replace(Costs(), negative=result.costs.negative)


def test_no_cost_goes_below_its_least():
    space = SearchSpace(SPACE.names, least={"negative": 1.5})
    result = random_search(lambda costs: costs.negative + costs.stroke_cut, Costs(), space, 300, seed=1)
    assert result.costs.negative == 1.5
    assert 0 < result.costs.stroke_cut < 1.5

from __future__ import annotations

import numpy as np
import pytest

from ml.segmentation.small_network import SmallNetwork


def network(rng) -> SmallNetwork:
    return SmallNetwork(rng.normal(size=2), rng.uniform(0.5, 2, 2), rng.normal(size=(3, 4)), rng.normal(size=5))


def test_log_odds_are_those_of_the_layers():
    one_unit = SmallNetwork(np.array([1.0]), np.array([2.0]), np.array([[3.0], [0.5]]), np.array([4.0, -1.0]))
    assert one_unit.log_odds(np.array([[5.0], [1.0]])) == pytest.approx(4 * np.tanh([6.5, 0.5]) - 1)


def test_stored_and_read_again(rng):
    stored = network(rng)
    again = SmallNetwork.parse(stored.as_json(), 2)
    x = rng.normal(size=(5, 2))
    assert again.log_odds(x) == pytest.approx(stored.log_odds(x), abs=0.01)


@pytest.mark.parametrize("name", ["mean", "spread", "hidden", "output"])
def test_numbers_that_are_missing_or_not_finite_are_refused(rng, name):
    stored = network(rng).as_json()
    broken = np.array(stored[name])
    broken.flat[0] = np.nan
    for values in (stored[name][:-1], broken.tolist()):
        with pytest.raises(ValueError, match="weights"):
            SmallNetwork.parse({**stored, name: values}, 2)


def test_a_feature_without_spread_is_refused(rng):
    with pytest.raises(ValueError, match="finite"):
        SmallNetwork.parse({**network(rng).as_json(), "spread": [1.0, 0.0]}, 2)

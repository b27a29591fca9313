from __future__ import annotations

import numpy as np
import pytest

from ml.tuning.small_network_fitting import fit_small_network


def examples(rng, n=4000):
    """What is true if both features have one sign."""
    features = rng.normal(size=(n, 2))
    return features, features[:, 0] * features[:, 1] > 0


def test_products_of_features_are_fitted(rng):
    features, is_true = examples(rng)
    odds = fit_small_network(features, is_true, np.ones(len(features)), seed=1).log_odds
    assert (odds(np.array([[1.0, 1.0], [-1.0, -1.0]])) > 1).all()
    assert (odds(np.array([[1.0, -1.0], [-1.0, 1.0]])) < -1).all()


def test_what_weighs_more_counts_more(rng):
    features, is_true = np.zeros((200, 1)), np.arange(200) % 2 == 0
    network = fit_small_network(features, is_true, np.where(is_true, 1.0, 3.0), seed=1)
    assert network.log_odds(features[:1]) == pytest.approx(-np.log(3), abs=0.2)


def test_a_seed_gives_one_network(rng):
    features, is_true = examples(rng, 200)
    first, again = (fit_small_network(features, is_true, np.ones(200), seed=4) for _ in range(2))
    assert first.as_json() == again.as_json()

"""Strokes of one digit and strokes of neighbours are separated by where they lie."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ml.segmentation.stroke_affinity import open_affinity, shipped_affinity
from ml.segmentation.stroke_pairs import pair_features, resample
from ml.synthesis.number_cases import NO_DIGIT, WrittenNumber, synthetic_writer, write_numbers


def pairs(written: list[WrittenNumber]):
    """The features of all pairs of strokes drawn one after the other, and whether one digit has both."""
    features, together = [], []
    for number in written:
        own = np.array(number.owners)
        two = np.array([(i, i + 1) for i in range(len(own) - 1) if NO_DIGIT not in own[i : i + 2]]).reshape(-1, 2)
        if len(two):
            features.append(pair_features(resample(number.strokes), two, np.full(len(two), 100.0)))
            together.append(own[two[:, 0]] == own[two[:, 1]])
    return np.concatenate(features), np.concatenate(together)


@pytest.mark.parametrize("name", ["close", "overlapping", "mixed_sizes"])
def test_the_shipped_affinity_separates_strokes_of_neighbours(name):
    features, together = pairs(list(write_numbers(synthetic_writer, [name], 60, seed=1)))
    assert 20 < together.sum() < len(together) - 20
    assert ((shipped_affinity().log_odds(features) > 0) == together).mean() > 0.98


def test_all_features_of_the_shipped_affinity_count():
    assert shipped_affinity().spread.min() > 0.1
    assert shipped_affinity().spread.max() < 2  # one of an endless length would hide all others


def test_what_is_stored_is_read_again(tmp_path):
    (tmp_path / "affinity.json").write_text(json.dumps(shipped_affinity().as_json()))
    features, _ = pairs(list(write_numbers(synthetic_writer, ["close"], 2, seed=1)))
    again = open_affinity(tmp_path / "affinity.json")
    assert again.log_odds(features) == pytest.approx(shipped_affinity().log_odds(features))


def test_a_network_of_other_features_is_refused(tmp_path):
    damaged = {**shipped_affinity().as_json(), "mean": [0.0]}
    (tmp_path / "affinity.json").write_text(json.dumps(damaged))
    with pytest.raises(ValueError, match="weights"):
        open_affinity(tmp_path / "affinity.json")

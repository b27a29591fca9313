"""Strokes of one digit and strokes of neighbours are separated by where they lie."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ml.segmentation.stroke_affinity import (
    FEATURES,
    StrokeAffinity,
    are_underlined,
    fit_affinity,
    pair_features,
    resample,
    shipped_affinity,
)
from ml.synthesis.number_cases import NO_DIGIT, WrittenNumber, synthetic_writer, write_numbers

STROKES = [np.array([[0, 0], [3, 90]], np.float32), np.array([[-20, 50], [40, 52]], np.float32)]
PAIR = np.array([[0, 1]])


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
    assert ((shipped_affinity().log_odds(features) > 0) == together).mean() > 0.97


@pytest.mark.parametrize(
    ("line", "is_below"),
    [
        ([[-10, 104], [60, 105]], True),  # wider than a foot of a 1, not far below
        ([[-40, 101], [60, 102]], True),
        ([[-20, 94], [30, 94]], False),  # a foot
        ([[-40, 50], [60, 52]], False),  # through it
        ([[-10, 110], [60, 160]], False),  # no level line
    ],
)
def test_a_line_below_is_no_part_of_a_digit(line, is_below):
    strokes = [STROKES[0], np.array(line, np.float32)]
    for order in (strokes, strokes[::-1]):
        assert are_underlined(resample(order), PAIR, np.full(1, 90.0)).tolist() == [is_below]


def test_an_affinity_is_fitted():
    features, together = pairs(list(write_numbers(synthetic_writer, ["close"], 60, seed=2)))
    odds = fit_affinity(features, together, steps=8).log_odds(features)
    assert ((odds > 0) == together).mean() > 0.97


@pytest.mark.parametrize(("scale", "shift"), [(0.01, 3), (50, -1e4)])
def test_place_and_size_make_no_difference(scale, shift):
    there = [(stroke * scale + shift).astype(np.float32) for stroke in STROKES]
    here = pair_features(resample(STROKES), PAIR, np.array([90.0]))
    assert pair_features(resample(there), PAIR, np.array([90.0 * scale])) == pytest.approx(here, abs=1e-3)


def test_points_on_one_spot_can_be_features():
    dots = [np.zeros((n, 2), np.float32) for n in (1, 3)]
    assert np.isfinite(shipped_affinity().log_odds(pair_features(resample(dots), PAIR, np.zeros(1)))).all()


def test_what_is_stored_is_read_again(tmp_path):
    (tmp_path / "affinity.json").write_text(json.dumps(shipped_affinity().as_json()))
    features = pair_features(resample(STROKES), PAIR, np.array([90.0]))
    again = StrokeAffinity.open(tmp_path / "affinity.json")
    assert again.log_odds(features) == pytest.approx(shipped_affinity().log_odds(features), abs=1e-6)


@pytest.mark.parametrize(
    "damage",
    [{"mean": [0.0]}, {"spread": [1.0] * (FEATURES - 1)}, {"form": [0.0, 1.0]}, {"form": [float("nan")] * 190}],
)
def test_damaged_coefficients_are_refused(damage):
    with pytest.raises(ValueError):  # noqa: PT011 NumPy has words of its own for arrays of another shape
        StrokeAffinity.parse({**shipped_affinity().as_json(), **damage})

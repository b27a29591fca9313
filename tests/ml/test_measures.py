"""Figures about readings are what their definitions say."""

from __future__ import annotations

import numpy as np
import pytest

from ml.measures import auroc, calibration_error, edits, passing, reliability, wilson


def test_the_interval_is_wilsons():
    low, high = wilson(25, 10_000)
    assert low == pytest.approx(0.9963, abs=1e-4)
    assert high == pytest.approx(0.9983, abs=1e-4)
    assert wilson(0, 10)[1] == 1.0
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("text", "truth", "n"), [("", "", 0), ("12", "", 2), ("", "123", 3), ("1243", "123", 1),
                                                   ("193", "123", 1), ("21", "12", 2)])  # fmt: skip
def test_edits(text, truth, n):
    assert edits(text, truth) == n


def test_auroc_counts_ties_half():
    assert auroc(np.array([0.9, 0.8]), np.array([0.1, 0.2])) == 1.0
    assert auroc(np.array([0.5, 0.5]), np.array([0.5])) == 0.5
    assert np.isnan(auroc(np.array([]), np.array([0.5])))


def test_passing_a_threshold_that_refuses_a_tenth():
    positive = np.arange(100.0)
    assert passing(positive, np.array([5.0, 50.0, 95.0, -1.0]), 0.1) == 0.5


def test_equal_confidences_share_a_bin():
    confidence = np.repeat([0.3, 0.9], 50)
    right = np.concatenate([np.arange(50) < 20, np.arange(50) < 45])
    bins = reliability(confidence, right)
    assert [n for _, _, n in bins] == [50, 50]
    assert calibration_error(confidence, right) == pytest.approx((0.1 + 0.0) / 2)

"""Figures about readings are what their definitions say."""

from __future__ import annotations

import numpy as np
import pytest

from ml.evaluation.metrics import (
    accuracy_interval,
    auroc,
    bootstrap,
    brier,
    calibration_error,
    coverage,
    edit_distance,
    log_loss,
    pass_rate,
    reliability,
    roc,
)


def test_the_interval_is_wilsons():
    low, high = accuracy_interval(25, 10_000)
    assert low == pytest.approx(0.9963, abs=1e-4)
    assert high == pytest.approx(0.9983, abs=1e-4)
    assert accuracy_interval(0, 10)[1] == 1.0
    assert accuracy_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("text", "truth", "n"), [("", "", 0), ("12", "", 2), ("", "123", 3), ("1243", "123", 1),
                                                   ("193", "123", 1), ("21", "12", 2)])  # fmt: skip
def test_edits(text, truth, n):
    assert edit_distance(text, truth) == n


def test_auroc_counts_ties_half():
    assert auroc(np.array([0.9, 0.8]), np.array([0.1, 0.2])) == 1.0
    assert auroc(np.array([0.5, 0.5]), np.array([0.5])) == 0.5
    assert np.isnan(auroc(np.array([]), np.array([0.5])))


def test_passing_a_threshold_that_refuses_a_tenth():
    positive = np.arange(100.0)
    assert pass_rate(positive, np.array([5.0, 50.0, 95.0, -1.0]), 0.1) == 0.5


def test_equal_confidences_share_a_bin():
    confidence = np.repeat([0.3, 0.9], 50)
    right = np.concatenate([np.arange(50) < 20, np.arange(50) < 45])
    bins = reliability(confidence, right)
    assert [n for _, _, n in bins] == [50, 50]
    assert calibration_error(confidence, right) == pytest.approx((0.1 + 0.0) / 2)


def test_roc_runs_from_nothing_to_everything():
    taken, kept = roc(np.array([0.9, 0.8, 0.4]), np.array([0.5, 0.1]))
    assert (taken[0], kept[0], taken[-1], kept[-1]) == (0.0, 0.0, 1.0, 1.0)
    assert (np.diff(taken) >= 0).all()
    assert (np.diff(kept) >= 0).all()
    assert kept[taken == 0].max() == pytest.approx(2 / 3)


def test_coverage_keeps_the_surest_first_and_ties_together():
    kept, wrong = coverage(np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, False, True, False]))
    assert kept.tolist() == [0.25, 0.75, 1.0]
    assert wrong.tolist() == pytest.approx([0.0, 1 / 3, 0.5])
    assert len(coverage(np.array([]), np.array([], bool))[0]) == 0


def test_log_loss_and_brier():
    confidence, right = np.array([0.8, 0.6]), np.array([True, False])
    assert log_loss(confidence, right) == pytest.approx(-(np.log(0.8) + np.log(0.4)) / 2)
    assert brier(confidence, right) == pytest.approx((0.04 + 0.36) / 2)
    assert np.isnan(log_loss(np.array([]), np.array([], bool)))
    assert np.isnan(brier(np.array([]), np.array([], bool)))


def test_the_bootstrap_surrounds_the_figure_and_is_seeded():
    confidence = np.full(400, 0.8)
    right = np.arange(400) % 4 > 0
    low, high = bootstrap(brier, confidence, right)
    assert low < brier(confidence, right) < high
    assert high - low < 0.1
    assert (low, high) == bootstrap(brier, confidence, right)
    assert np.isnan(bootstrap(brier, np.array([]), np.array([], bool))[0])

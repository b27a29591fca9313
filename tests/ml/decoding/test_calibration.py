"""A fitted calibration gives probabilities that agree with how often the networks are right."""

from __future__ import annotations

import numpy as np
import pytest

from ml.decoding.calibration import Calibration
from ml.decoding.calibration_fitting import NetworkOutputs, fit_calibration, transfer_calibration


@pytest.fixture
def overconfident(rng):
    """Outputs of a network whose digit logits are three times too large, with the labels."""
    n = 4000
    truth = rng.integers(0, 11, n)
    logits = rng.normal(0, 1, (n, 11)).astype(np.float32)
    p = np.exp(logits[:, :10]) / np.exp(logits[:, :10]).sum(axis=1, keepdims=True)
    labels = np.array([rng.choice(10, p=row) for row in p])
    labels[truth == 10] = 10
    logits[:, 10] = np.where(truth == 10, -2, 2) + rng.normal(0, 2, n)
    logits[:, :10] *= 3
    return logits, labels


def test_it_finds_the_temperature(overconfident):
    assert fit_calibration([NetworkOutputs(*overconfident)]).temperature == pytest.approx(3.0, rel=0.15)


def test_probabilities_are_probabilities(overconfident):
    digits, digit_probability = fit_calibration([NetworkOutputs(*overconfident)]).probabilities(overconfident[0])
    assert np.exp(digits).sum(axis=1) == pytest.approx(1.0)
    assert ((digit_probability >= 0) & (digit_probability <= 1)).all()


def test_the_probability_of_being_a_digit_is_as_often_right(overconfident):
    outputs, labels = overconfident
    _, digit_probability = fit_calibration([NetworkOutputs(outputs, labels)]).probabilities(outputs)
    for low, high in ((0.1, 0.4), (0.6, 0.9)):
        among = (digit_probability > low) & (digit_probability < high)
        assert (labels[among] < 10).mean() == pytest.approx(digit_probability[among].mean(), abs=0.06)


def test_two_networks_of_the_same_outputs_are_no_surer_than_one(overconfident):
    outputs, labels = overconfident[0] / 2, overconfident[1]
    both = fit_calibration([NetworkOutputs(outputs, labels, outputs), NetworkOutputs(outputs, labels)])
    one = fit_calibration([NetworkOutputs(outputs, labels)])
    assert both.drawn_temperature == pytest.approx((1 + both.drawn_weight) * one.temperature, rel=0.05)
    together, alone = both.probabilities(outputs, outputs), one.probabilities(outputs)
    assert together[1] == pytest.approx(alone[1], abs=0.02)


def test_without_trajectories_nothing_is_fitted_to_them(overconfident):
    assert fit_calibration([NetworkOutputs(*overconfident)]).drawn_temperature == Calibration().drawn_temperature


def test_extreme_logits_stay_finite():
    outputs = np.array([[1e30] + [0] * 9 + [-1e30], [-1e30] * 10 + [1e30]], np.float32)
    digits, digit_probability = Calibration().probabilities(outputs)
    assert np.isfinite(digit_probability).all()
    assert not np.isnan(digits).any()


def test_a_card_without_calibration_gives_the_defaults():
    assert Calibration.parse({}) == Calibration()
    assert Calibration.parse({"temperature": 2, "more": "ignored"}).temperature == 2.0


@pytest.mark.parametrize(("digits", "negatives"), [(12, 4), (20, 10), (30, 5), (-5, -20)])
def test_digits_and_negatives_that_are_separable_stay_separated(digits: float, negatives: float) -> None:
    rng = np.random.default_rng(0)
    outputs = np.zeros((4000, 11), np.float32)
    outputs[:, 10] = np.concatenate([rng.normal(digits, 1, 2000), rng.normal(negatives, 1, 2000)])
    labels = np.repeat([0, 10], 2000)
    outputs[:2000, 0] = 9
    fitted = fit_calibration([NetworkOutputs(outputs, labels)])
    _, digit_probability = fitted.probabilities(outputs)
    assert ((digit_probability > 0.5) == (labels < 10)).all()


def test_a_calibration_is_carried_over_by_what_changed():
    known = Calibration(temperature=0.9, digitness_shift=-1.0, drawn_weight=0.75, sure=0.86)
    before, after = (
        Calibration(temperature=0.4, digitness_shift=0.5),
        Calibration(temperature=0.5, digitness_shift=0.8),
    )
    found = transfer_calibration(known, before, after)
    assert found.temperature == pytest.approx(0.9 * 0.5 / 0.4)
    assert found.digitness_shift == pytest.approx(-0.7)
    assert (found.drawn_weight, found.sure) == (0.75, 0.86)
    assert transfer_calibration(known, before, before) == known

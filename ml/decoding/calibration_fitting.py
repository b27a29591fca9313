"""Fit a calibration to the outputs of the networks for examples with known labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ml.decoding.calibration import SCALES, SHIFTS, Calibration, log_softmax

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

_WRONG_LABELS = 3e-4  # share of digits with a wrong label; a set without any would ask for boundless confidence
# Higher weights fit better, for hardly anybody here goes back over a stroke. They misread those who do: of 300
# synthetic digits 62 with 1.75, 20 with 1.0, 7 with 0.75.
_WEIGHTS = (0.25, 0.5, 0.75)
_TEMPERATURES = [float(t) for t in np.geomspace(0.3, 4.0, 100).round(4)]

# Logits (n, 11) of one set of examples, float32, and their labels (n,): 0 to 9, or 10 for no digit.
_Logits = tuple[NDArray[np.float32], Labels]


@dataclass(frozen=True)
class NetworkOutputs:
    """The outputs of the networks for a set of n examples.

    `glyph_outputs` are (n, 11 or more); `labels` (n,) are 0 to 9, or 10 for negatives; `trajectory_outputs` (n,
    11) are None where there are no trajectories.
    """

    glyph_outputs: NDArray[np.float32]
    labels: Labels
    trajectory_outputs: NDArray[np.float32] | None = None


def fit_calibration(
    sets: Sequence[NetworkOutputs], most_wrong: float = 0.0015, drawn_weight: float | None = None
) -> Calibration:
    """Fit to several sets, digits and negatives.

    `sure` becomes the least confidence above which no more than the share `most_wrong` of the digits is misread. A
    given `drawn_weight` is taken instead of the best one. Some labels of these sets are wrong (3 of 695 in one):
    with 0.001 one reader was unsure of a quarter of MNIST's pictures, 94 % of which it read right.
    """
    fitted = Calibration(*_fit([(each.glyph_outputs[:, :11], each.labels) for each in sets]))
    if any(each.trajectory_outputs is not None for each in sets):
        weight = drawn_weight or min(_WEIGHTS, key=lambda w: _fit_temperature(_added_logits(sets, w))[1])
        temperature, scale, shift = _fit(_added_logits(sets, weight))
        fitted = replace(
            fitted, drawn_weight=weight, drawn_temperature=temperature, drawn_scale=scale, drawn_shift=shift
        )
    return replace(fitted, sure=round(_least_confidence(fitted, sets, most_wrong), 4))


def _least_confidence(fitted: Calibration, sets: Sequence[NetworkOutputs], most_wrong: float) -> float:
    """The least confidence above which no more than the share `most_wrong` of the digits is misread."""
    confidences, correct = [], []
    for each in sets:
        digits, digit_probability = fitted.probabilities(each.glyph_outputs, each.trajectory_outputs)
        is_digit = each.labels < 10
        confidences.append((digit_probability * np.exp(digits.max(axis=1)))[is_digit])
        correct.append((digits.argmax(axis=1) == each.labels)[is_digit])
    all_confidences = np.concatenate(confidences)
    order = np.argsort(-all_confidences)
    share_wrong = np.cumsum(~np.concatenate(correct)[order]) / np.arange(1, len(order) + 1)
    allowed = np.flatnonzero(share_wrong <= most_wrong)
    return float(np.clip(all_confidences[order[allowed[-1]]] if len(allowed) else 0.99, 0.5, 0.99))


def transfer_calibration(known: Calibration, before: Calibration, after: Calibration) -> Calibration:
    """What `known` becomes when networks are trained further: `before` and `after` were fitted to the same sets.

    Few or easy sets give temperatures that are too low or too high, but they do so before and after. `sure` stays:
    its meaning does not change as long as the probabilities are as well calibrated as they were.
    """
    old, first, last = asdict(known), asdict(before), asdict(after)
    scales = {name: round(old[name] * last[name] / first[name], 4) for name in SCALES}
    shifts = {name: round(old[name] + last[name] - first[name], 4) for name in SHIFTS}
    return replace(known, **scales, **shifts)


def _added_logits(sets: Sequence[NetworkOutputs], weight: float) -> list[_Logits]:
    """Those of both networks, of the sets with trajectories."""
    return [
        (each.glyph_outputs[:, :11] + np.float32(weight) * each.trajectory_outputs, each.labels)
        for each in sets
        if each.trajectory_outputs is not None
    ]


def _fit(sets: Sequence[_Logits]) -> tuple[float, float, float]:
    """The temperature of the digit logits, and the scale and the shift of the logit of being a digit."""
    digit_logits = np.concatenate([logits[:, 10] for logits, _ in sets]).astype(np.float64)
    is_digit = np.concatenate([labels for _, labels in sets]) < 10
    return _fit_temperature(sets)[0], *_fit_line(digit_logits, is_digit)


def _fit_temperature(sets: Sequence[_Logits]) -> tuple[float, float]:
    """The temperature of least loss for the digits, and this loss.

    The loss has one minimum, which a grid finds well enough. Each set counts the same: the largest hold the ink
    that is easiest to read.
    """
    digits = [
        (logits[labels < 10, :10].astype(np.float64), labels[labels < 10])
        for logits, labels in sets
        if (labels < 10).any()
    ]
    losses = [float(np.mean([_cross_entropy(z / t, labels) for z, labels in digits])) for t in _TEMPERATURES]
    best = int(np.argmin(losses))
    return _TEMPERATURES[best], losses[best]


def _cross_entropy(logits: Floats, labels: Labels) -> float:
    """The mean in nats, with label smoothing: a few writers whose digits are all read right give no certainty."""
    log_p = log_softmax(logits)
    right = log_p[np.arange(len(labels)), labels]
    others = (log_p.sum(axis=1) - right) / (log_p.shape[1] - 1)
    return -float(((1 - _WRONG_LABELS) * right + _WRONG_LABELS * others).mean())


def _fit_line(digit_logits: Floats, is_digit: NDArray[np.bool_]) -> tuple[float, float]:
    """Scale and shift: logistic regression on one number by Newton's method, with a little decay towards (1, 0).

    Where digits and negatives are told apart without a mistake, a whole step leads far beyond the minimum, and the
    next one anywhere: steps are halved until the loss does not rise.
    """
    inputs = np.stack([digit_logits, np.ones_like(digit_logits)], axis=1)
    signs = np.where(is_digit, 1.0, -1.0)
    start, decay = np.array([1.0, 0.0]), 1e-3 * len(digit_logits)

    def loss(w: Floats) -> float:
        z = signs * (inputs @ w)
        return float(np.logaddexp(0.0, -z).sum() + decay / 2 * ((w - start) ** 2).sum())

    w = start
    for _ in range(30):
        p = 1.0 / (1.0 + np.exp(-(inputs @ w).clip(-50, 50)))
        gradient = inputs.T @ (p - is_digit) + decay * (w - start)
        hessian = (inputs * (p * (1 - p))[:, None]).T @ inputs + decay * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        shortened = [w - step / 2**n for n in range(20)]
        before = loss(w)
        w = next((other for other in shortened if loss(other) <= before), w)
    return float(round(max(w[0], 0.05), 4)), float(round(w[1], 4))

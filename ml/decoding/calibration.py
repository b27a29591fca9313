"""From logits to probabilities: a temperature, a line for digit-ness, and when a reading counts as sure.

There is one of each for glyphs alone, and one for glyphs and trajectories together. All are fitted on writers who
did not train, and travel in the card of the artifact.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


_DOUBT = 3e-4  # share of digits that are labelled wrong; sets without errors would ask for endless trust
_WEIGHTS = (0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0)
_TEMPERATURES = [float(t) for t in np.geomspace(0.3, 4.0, 100).round(4)]
_SHIFTS = ("digitness_shift", "drawn_shift")
_POSITIVE = ("temperature", "digitness_scale", "drawn_weight", "drawn_temperature", "drawn_scale")


@dataclass(frozen=True)
class Calibration:
    temperature: float = 1.0  # divides the digit logits
    digitness_scale: float = 1.0
    digitness_shift: float = 0.0
    # The same of the sums of both networks' logits, where a trajectory is known; those of the second are weighted.
    drawn_weight: float = 1.0
    drawn_temperature: float = 1.0
    drawn_scale: float = 1.0
    drawn_shift: float = 0.0
    sure: float = 0.9  # readings less sure than this are "unsure"
    offer: float = 0.1  # a second text at least this likely is offered

    @classmethod
    def parse(cls, stored: object) -> Calibration:
        """From a card. Raises ValueError for anything that is not numbers in their range."""
        if not isinstance(stored, Mapping):
            raise ValueError("The calibration is not a table.")
        values = {**asdict(cls()), **{name: stored[name] for name in asdict(cls()) if name in stored}}
        if not all(_is_number(value) for value in values.values()):
            raise ValueError("The calibration holds something that is not a number.")
        if min(values[name] for name in _POSITIVE) <= 0:
            raise ValueError("Temperatures and scales must be positive.")
        return cls(**{name: float(value) for name, value in values.items()})

    def probabilities(
        self, outputs: NDArray[np.float32], drawn: NDArray[np.float32] | None = None
    ) -> tuple[Floats, Floats]:
        """Log probabilities of the labels (n, 10), and the probability to be a digit (n,).

        `outputs` (n, 11 or more) are those of the glyphs, `drawn` (n, 11) those of the trajectories.
        """
        if drawn is None:
            temperature, scale, shift = self.temperature, self.digitness_scale, self.digitness_shift
            logits = outputs[:, :11]
        else:
            temperature, scale, shift = self.drawn_temperature, self.drawn_scale, self.drawn_shift
            logits = outputs[:, :11] + self.drawn_weight * drawn
        d = scale * logits[:, 10].astype(np.float64) + shift
        return _log_softmax(logits[:, :10] / temperature), 1.0 / (1.0 + np.exp(-d.clip(-50, 50)))


@dataclass(frozen=True)
class NetworkOutputs:
    """What the networks say of examples with labels (n,), 10 of junk; `drawn` where trajectories are known."""

    outputs: NDArray[np.float32]  # (n, 11 or more)
    labels: NDArray[np.int64]
    drawn: NDArray[np.float32] | None = None  # (n, 11)


def fit_calibration(
    answers: Sequence[NetworkOutputs], most_wrong: float = 0.001, drawn_weight: float | None = None
) -> Calibration:
    """Fit to what the networks say of several sets, digits and junk.

    `sure` is the least confidence above which no more than `most_wrong` of the digits are misread. With a
    `drawn_weight` that is taken instead of the best one.
    """
    found = Calibration(*_fit([(each.outputs[:, :11], each.labels) for each in answers]))
    drawn = [each for each in answers if each.drawn is not None]
    if drawn:
        weight = drawn_weight or min(_WEIGHTS, key=lambda w: _least_loss(_digits(_sums(drawn, w))))
        temperature, scale, shift = _fit(_sums(drawn, weight))
        found = replace(
            found, drawn_weight=weight, drawn_temperature=temperature, drawn_scale=scale, drawn_shift=shift
        )
    confidence, right = (
        np.concatenate(column) for column in zip(*(_judged(found, a) for a in answers), strict=True)
    )
    return replace(found, sure=round(_least_sure(confidence, right, most_wrong), 4))


def transfer_calibration(known: Calibration, before: Calibration, after: Calibration) -> Calibration:
    """What `known` becomes when networks are trained further: `before` and `after` were fitted to the same sets.

    Few or easy sets ask for too much trust, or too little, but they do so of both. `sure` stays: it means the same
    of probabilities that are as honest as they were.
    """
    scaled = {name: _value(known, name) * _value(after, name) / _value(before, name) for name in _POSITIVE}
    moved = {name: _value(known, name) + _value(after, name) - _value(before, name) for name in _SHIFTS}
    return replace(known, **{name: round(value, 4) for name, value in {**scaled, **moved}.items()})


def _value(found: Calibration, name: str) -> float:
    return float(getattr(found, name))


_Logits = tuple[NDArray[np.float32], NDArray[np.int64]]  # (n, 11), labels (n,)
_Digits = Sequence[tuple[Floats, NDArray[np.int64]]]  # (n, 10), labels (n,)


def _sums(answers: Sequence[NetworkOutputs], weight: float) -> list[_Logits]:
    return [(a.outputs[:, :11] + np.float32(weight) * a.drawn, a.labels) for a in answers if a.drawn is not None]


def _fit(sets: Sequence[_Logits]) -> tuple[float, float, float]:
    digit_probability = np.concatenate([z[:, 10] for z, _ in sets]).astype(np.float64)
    is_digit = np.concatenate([y for _, y in sets]) < 10
    return _fit_temperature(_digits(sets)), *_fit_line(digit_probability, is_digit)


def _digits(sets: Sequence[_Logits]) -> _Digits:
    return [(z[y < 10, :10].astype(np.float64), y[y < 10]) for z, y in sets if (y < 10).any()]


def _judged(found: Calibration, answers: NetworkOutputs) -> tuple[Floats, NDArray[np.bool_]]:
    """The confidence in each digit, and whether it is right."""
    digits, digit_probability = found.probabilities(answers.outputs, answers.drawn)
    mine = answers.labels < 10
    right = digits.argmax(axis=1) == answers.labels
    return (digit_probability * np.exp(digits.max(axis=1)))[mine], right[mine]


def _fit_temperature(sets: _Digits) -> float:
    """The temperature of least loss, by a grid: there is one minimum and no need to hurry."""
    return min(_TEMPERATURES, key=lambda t: _mean_loss(sets, t))


def _least_loss(sets: _Digits) -> float:
    return min(_mean_loss(sets, t) for t in _TEMPERATURES)


def _mean_loss(sets: _Digits, temperature: float) -> float:
    """Each set counts the same: the largest hold the ink that is easiest to read."""
    return float(np.mean([_loss(_log_softmax(z / temperature), y) for z, y in sets]))


def _loss(log_p: Floats, labels: NDArray[np.int64]) -> float:
    """Mean cross-entropy. A few writers who are all read right do not make the networks sure of everything."""
    known = log_p[np.arange(len(labels)), labels]
    others = (log_p.sum(axis=1) - known) / (log_p.shape[1] - 1)
    return -float(((1 - _DOUBT) * known + _DOUBT * others).mean())


def _fit_line(d: Floats, is_digit: NDArray[np.bool_]) -> tuple[float, float]:
    """Logistic regression on one number by Newton's method, with a little decay towards (1, 0).

    Where digits and junk are told apart without a mistake a whole step leads far beyond the minimum, and the next
    one anywhere: steps are halved until the loss falls.
    """
    X = np.stack([d, np.ones_like(d)], axis=1)
    home, decay = np.array([1.0, 0.0]), 1e-3 * len(d)
    w = home
    for _ in range(30):
        p = 1.0 / (1.0 + np.exp(-(X @ w).clip(-50, 50)))
        gradient = X.T @ (p - is_digit) + decay * (w - home)
        hessian = (X * (p * (1 - p))[:, None]).T @ X + decay * np.eye(2)
        w = _downhill(w, np.linalg.solve(hessian, gradient), lambda v: _line_loss(X, is_digit, v, home, decay))
    return float(round(max(w[0], 0.05), 4)), float(round(w[1], 4))


def _line_loss(X: Floats, is_digit: NDArray[np.bool_], w: Floats, home: Floats, decay: float) -> float:
    z = np.where(is_digit, 1.0, -1.0) * (X @ w)
    return float(np.logaddexp(0.0, -z).sum() + decay / 2 * ((w - home) ** 2).sum())


def _downhill(w: Floats, step: Floats, loss: Callable[[Floats], float]) -> Floats:
    """The whole step, or the largest half, quarter ... of it that leads down; none where nothing does."""
    best = loss(w)
    lower = (w - step / 2**n for n in range(20) if loss(w - step / 2**n) <= best)
    return next(lower, w)


def _least_sure(confidence: Floats, right: NDArray[np.bool_], most_wrong: float) -> float:
    order = np.argsort(-confidence)
    wrong = np.cumsum(~right[order]) / np.arange(1, len(order) + 1)
    allowed = np.flatnonzero(wrong <= most_wrong)
    return float(np.clip(confidence[order[allowed[-1]]] if len(allowed) else 0.99, 0.5, 0.99))


def _log_softmax(z: NDArray[np.floating]) -> Floats:
    z = z.astype(np.float64) - z.max(axis=1, keepdims=True)
    return np.asarray(z - np.log(np.exp(z).sum(axis=1, keepdims=True)))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)

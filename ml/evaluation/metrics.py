"""Figures about readings: intervals, calibration, separation, edit distance. NumPy only."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def wilson_interval(errors: int, n: int) -> tuple[float, float]:
    """The 95 % interval of the accuracy (Wilson 1927); 0 to 1 where there is nothing."""
    if not n:
        return 0.0, 1.0
    z, p = 1.96, 1.0 - errors / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n**2))
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))


def edit_distance(text: str, truth: str) -> int:
    """Characters to insert, drop or change (Levenshtein 1965)."""
    row = list(range(len(truth) + 1))
    for i, mine in enumerate(text, 1):
        diagonal, row[0] = row[0], i
        for j, theirs in enumerate(truth, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (mine != theirs))
    return row[-1]


def auroc(positive: Floats, negative: Floats) -> float:
    """The probability that a positive scores higher than a negative, ties counting half; nan without either."""
    if not len(positive) or not len(negative):
        return float("nan")
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, "left") + np.searchsorted(ordered, positive, "right")
    return float(below.mean() / (2 * len(negative)))


def pass_rate(positive: Floats, negative: Floats, refused: float) -> float:
    """The share of negatives that pass a threshold which refuses the share `refused` of the positives."""
    if not len(positive) or not len(negative):
        return float("nan")
    threshold = np.quantile(positive, refused, method="lower")
    return float((negative >= threshold).mean())


def roc(positive: Floats, negative: Floats) -> tuple[Floats, Floats]:
    """Shares of the negatives (k,) and of the positives (k,) that pass each threshold, from strict to lenient."""
    cuts = np.unique(np.concatenate([positive, negative]))[::-1]
    passed = [
        1.0 - np.searchsorted(np.sort(part), cuts, "left") / max(len(part), 1) for part in (negative, positive)
    ]
    return np.concatenate([[0.0], passed[0]]), np.concatenate([[0.0], passed[1]])


def coverage(confidence: Floats, right: Bools) -> tuple[Floats, Floats]:
    """The share kept (k,) and the share of errors among the kept (k,) as the threshold falls; equal confidences
    are kept together."""
    order = np.argsort(-confidence, kind="stable")
    last = np.flatnonzero(np.append(np.diff(confidence[order]) != 0, True))[: len(order)]
    wrong = np.cumsum(~right[order])
    return (last + 1) / max(len(order), 1), wrong[last] / (last + 1)


def log_loss(confidence: Floats, right: Bools) -> float:
    """Mean negative log likelihood of "right" and "wrong", in nats; nan where there is nothing."""
    likely = np.where(right, confidence, 1.0 - confidence).clip(1e-12)
    return float(-np.log(likely).mean()) if len(likely) else float("nan")


def brier(confidence: Floats, right: Bools) -> float:
    """Mean squared distance of the confidence from 0 or 1 (Brier 1950); nan where there is nothing."""
    return float(((confidence - right) ** 2).mean()) if len(confidence) else float("nan")


def bootstrap(
    measure: Callable[[Floats, Bools], float], confidence: Floats, right: Bools, rounds: int = 300
) -> tuple[float, float]:
    """The 95 % interval of `measure` over resampled readings, seeded (Efron 1979, percentiles)."""
    rng = np.random.default_rng(0)
    chosen = (rng.integers(0, len(confidence), len(confidence)) for _ in range(rounds if len(confidence) else 0))
    found = [measure(confidence[part], right[part]) for part in chosen] or [float("nan")]
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def reliability(confidence: Floats, right: Bools, bins: int = 15) -> list[tuple[float, float, int]]:
    """Mean confidence, accuracy and count of bins of equal mass; equal confidences never fall in two bins."""
    order = np.argsort(confidence, kind="stable")
    confidence, right = confidence[order], right[order]
    cuts = np.searchsorted(confidence, confidence[[len(order) * i // bins for i in range(1, bins)]], "left")
    edges = [0, *sorted(set(cuts.tolist()) - {0}), len(order)]
    return [(float(confidence[a:b].mean()), float(right[a:b].mean()), b - a) for a, b in pairwise(edges) if b > a]


def calibration_error(confidence: Floats, right: Bools, bins: int = 15) -> float:
    """Expected calibration error over those bins; 0 where there is nothing."""
    if not len(confidence):
        return 0.0
    parts = reliability(confidence, right, bins)
    return sum(n * abs(sure - accuracy) for sure, accuracy, n in parts) / len(confidence)

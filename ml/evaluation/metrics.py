"""Metrics of readings: intervals, calibration, separation of digits from other signs, edit distance.

Arrays called `confidence` hold one confidence a reading, from 0 to 1, and `right` whether that reading is right;
both have shape (n,). `positive` and `negative` hold scores of digits and of what is no digit, of any shapes (p,)
and (q,); a higher score says that the drawing is more likely a digit.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ml.labels import Floats
from ml.statistics import wilson_interval

Bools = NDArray[np.bool_]


def accuracy_interval(errors: int, n: int) -> tuple[float, float]:
    """The 95 % interval (Wilson 1927) of the accuracy with `errors` errors in `n` readings; 0 to 1 for n = 0."""
    return wilson_interval(1.0 - errors / n, n) if n else (0.0, 1.0)


def edit_distance(text: str, truth: str) -> int:
    """The number of characters to insert, delete or replace to turn `text` into `truth` (Levenshtein 1965)."""
    row = list(range(len(truth) + 1))
    for i, character in enumerate(text, 1):
        diagonal, row[0] = row[0], i
        for j, true_character in enumerate(truth, 1):
            replaced = diagonal + (character != true_character)
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, replaced)
    return row[-1]


def auroc(positive: Floats, negative: Floats) -> float:
    """The probability that a positive scores higher than a negative, ties counting half; nan without either."""
    if not len(positive) or not len(negative):
        return float("nan")
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, "left") + np.searchsorted(ordered, positive, "right")
    return float(below.mean() / (2 * len(negative)))


def pass_rate(positive: Floats, negative: Floats, refused: float) -> float:
    """The share of negatives that pass the threshold at which the share `refused` of the positives fails; nan
    without either."""
    if not len(positive) or not len(negative):
        return float("nan")
    threshold = np.quantile(positive, refused, method="lower")
    return float((negative >= threshold).mean())


def roc(positive: Floats, negative: Floats) -> tuple[Floats, Floats]:
    """The ROC curve: shares of the negatives (k,) and of the positives (k,) that pass each threshold, from the
    strictest to the most lenient."""
    thresholds = np.unique(np.concatenate([positive, negative]))[::-1]
    negatives, positives = (
        1.0 - np.searchsorted(np.sort(scores), thresholds, "left") / max(len(scores), 1)
        for scores in (negative, positive)
    )
    return np.concatenate([[0.0], negatives]), np.concatenate([[0.0], positives])


def coverage(confidence: Floats, right: Bools) -> tuple[Floats, Floats]:
    """The share of readings kept (k,) and the share of errors among them (k,) as the threshold on the confidence
    falls; equal confidences are kept together."""
    order = np.argsort(-confidence, kind="stable")
    last = np.flatnonzero(np.append(np.diff(confidence[order]) != 0, True))[: len(order)]
    wrong = np.cumsum(~right[order])
    return (last + 1) / max(len(order), 1), wrong[last] / (last + 1)


def log_loss(confidence: Floats, right: Bools) -> float:
    """The mean negative log-likelihood of "right" and "wrong", in nats; nan for n = 0."""
    likelihood = np.where(right, confidence, 1.0 - confidence).clip(1e-12)
    return float(-np.log(likelihood).mean()) if len(likelihood) else float("nan")


def brier(confidence: Floats, right: Bools) -> float:
    """The mean squared difference of the confidence from 0 or 1 (Brier 1950); nan for n = 0."""
    return float(((confidence - right) ** 2).mean()) if len(confidence) else float("nan")


def bootstrap(
    measure: Callable[[Floats, Bools], float], confidence: Floats, right: Bools, rounds: int = 300
) -> tuple[float, float]:
    """The 95 % interval of `measure` over resampled readings, with a fixed seed (Efron 1979, percentiles); nan for
    n = 0."""
    n = len(confidence)
    if not n:
        return float("nan"), float("nan")
    rng = np.random.default_rng(0)
    resampled = [rng.integers(0, n, n) for _ in range(rounds)]
    low, high = np.quantile([measure(confidence[rows], right[rows]) for rows in resampled], [0.025, 0.975])
    return float(low), float(high)


def reliability(confidence: Floats, right: Bools, bins: int = 15) -> list[tuple[float, float, int]]:
    """Mean confidence, accuracy and count of bins of equal mass; equal confidences never fall in two bins.

    Raises IndexError for n = 0.
    """
    order = np.argsort(confidence, kind="stable")
    confidence, right = confidence[order], right[order]
    first = confidence[[len(order) * i // bins for i in range(1, bins)]]  # of each bin but the lowest
    starts = np.searchsorted(confidence, first, "left")
    edges = [0, *sorted(set(starts.tolist()) - {0}), len(order)]
    return [(float(confidence[a:b].mean()), float(right[a:b].mean()), b - a) for a, b in pairwise(edges) if b > a]


def calibration_error(confidence: Floats, right: Bools, bins: int = 15) -> float:
    """The expected calibration error over the bins of `reliability`; 0 for n = 0."""
    if not len(confidence):
        return 0.0
    parts = reliability(confidence, right, bins)
    return sum(n * abs(mean - accuracy) for mean, accuracy, n in parts) / len(confidence)

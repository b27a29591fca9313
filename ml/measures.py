"""Figures about readings: intervals, calibration, separation, edit distance. NumPy only."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def wilson(errors: int, n: int) -> tuple[float, float]:
    """The 95 % interval of the accuracy (Wilson 1927); 0 to 1 where there is nothing."""
    if not n:
        return 0.0, 1.0
    z, p = 1.96, 1.0 - errors / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n**2))
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))


def edits(text: str, truth: str) -> int:
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


def passing(positive: Floats, negative: Floats, refused: float) -> float:
    """The share of negatives that pass a threshold which refuses the share `refused` of the positives."""
    if not len(positive) or not len(negative):
        return float("nan")
    threshold = np.quantile(positive, refused, method="lower")
    return float((negative >= threshold).mean())


def reliability(confidence: Floats, right: NDArray[np.bool_], bins: int = 15) -> list[tuple[float, float, int]]:
    """Mean confidence, accuracy and count of bins of equal mass; equal confidences never fall in two bins."""
    order = np.argsort(confidence, kind="stable")
    confidence, right = confidence[order], right[order]
    cuts = np.searchsorted(confidence, confidence[[len(order) * i // bins for i in range(1, bins)]], "left")
    edges = [0, *sorted(set(cuts.tolist()) - {0}), len(order)]
    return [(float(confidence[a:b].mean()), float(right[a:b].mean()), b - a) for a, b in pairwise(edges) if b > a]


def calibration_error(confidence: Floats, right: NDArray[np.bool_], bins: int = 15) -> float:
    """Expected calibration error over those bins; 0 where there is nothing."""
    if not len(confidence):
        return 0.0
    parts = reliability(confidence, right, bins)
    return sum(n * abs(sure - accuracy) for sure, accuracy, n in parts) / len(confidence)

"""How unusual the digits of a drawing are: whether known digits with the label that was read are like them.

Only the ratio of two distances counts, so the numbers of two readers, whose embeddings mean different things, can
be compared (docs/experiments.md, "Which readings are reviewed first").
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ml.curation.label_noise import ReferenceDigits
from ml.inference.exemplars import unit_vectors

Floats = NDArray[np.float64]

_NEAREST = 5  # known digits that a digit is compared with, on each side; one or ten are about as good


def unusual_drawing(
    embeddings: NDArray[np.float32], labels: Sequence[int | None], references: ReferenceDigits
) -> float:
    """That of the most unusual digit of a reading, as `unusual_digits` says, 0 to 1.

    1 where ink was taken for no digit (None), and where nothing was read. `embeddings` (n, d) are of the digits.
    """
    known = [label for label in labels if label is not None]
    if len(known) < len(labels) or not known:
        return 1.0
    return float(unusual_digits(embeddings, np.array(known, np.int64), references).max())


def unusual_digits(
    embeddings: NDArray[np.float32], labels: NDArray[np.int64], references: ReferenceDigits
) -> Floats:
    """(n,) 0 to 1 for digits with these embeddings (n, d) that were read as `labels` (n,).

    0 is the middle of the known digits with the same label, 0.5 is as far from these as from known digits with
    another label, and more is nearer to those.
    """
    distances = 1.0 - unit_vectors(embeddings).astype(np.float64) @ references.embeddings.T
    is_same = labels[:, None] == references.labels
    same = _nearest(np.where(is_same, distances, np.inf))
    other = _nearest(np.where(is_same, np.inf, distances))
    return np.asarray(same / np.maximum(same + other, 1e-9))


def _nearest(distances: Floats) -> Floats:
    """(n,) the mean of the smallest distances of each row."""
    return np.asarray(np.partition(distances, _NEAREST, axis=1)[:, :_NEAREST].mean(axis=1).clip(0.0))

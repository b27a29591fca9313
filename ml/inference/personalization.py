"""Personalization: adapt label probabilities to a writer by digits that the writer confirmed, without training.

By Bayes' theorem a label k becomes more likely by the ratio of two densities at the embedding x of a glyph, those
of this writer's and of everybody's digits with this label: log p(k | x, writer) = log p(k | x) + log (p(x | k,
writer) / p(x | k)) + c. Both are kernel density estimates with Gaussian kernels. Everybody's digits are synthetic
ones in many handwritings, so that each network gets its own, also one that was trained a minute ago
(docs/reader.md, "Personal adaptation").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.inference.exemplars import unit_vectors
from ml.ink.glyph import strokes_to_glyph
from ml.synthesis.handwriting import random_handwriting, write_digit

MIN_CONFIRMED = 3  # confirmed digits; among fewer a single wrong confirmation would weigh too much
MAX_CONFIRMED = 50  # the newest; more take time and add little

Glyphs = NDArray[np.uint8]
Embeddings = NDArray[np.float32]
Floats = NDArray[np.float64]

_LABELS = 10
_HANDWRITINGS, _DIGITS_EACH = 30, 2  # of the reference population; with five times as many it did no better


@dataclass(frozen=True)
class KernelSettings:
    """The settings of the density estimates, chosen on writers of the training parts in strange variations.

    The optimum is flat.
    """

    width: float = 0.28  # of a kernel, between vectors of length 1
    floor: float = 0.008  # added to the density of everybody's digits; limits the effect of one digit to 5 nats
    prior: float = 0.5  # weight of everybody's digits of a label, in confirmed digits
    ridge: float = 0.03  # of the mean variance; added to each variance before whitening


@dataclass(frozen=True, eq=False)
class ReferencePopulation:
    """Everybody's digits as one network sees them.

    `whitening` (d, d) is applied to embeddings (n, d): it makes alike what differs between digits of one
    handwriting and label, so that what still differs is the handwriting or the label. `points` (m, d) are the
    whitened embeddings of the digits, of length 1, with `labels` (m,). `version` is that of the reader: the
    embeddings of another one mean something else.
    """

    version: str
    whitening: Floats
    points: Floats
    labels: NDArray[np.int64]
    settings: KernelSettings

    @classmethod
    def gather(
        cls, version: str, embed: Callable[[Glyphs], Embeddings], settings: KernelSettings | None = None
    ) -> ReferencePopulation:
        """Write the digits, always the same, and embed them; `embed` takes glyphs (n, 28, 28) to (n, d)."""
        settings = settings or KernelSettings()
        rng = np.random.default_rng(0)
        handwritings = [random_handwriting(rng) for _ in range(_HANDWRITINGS)]
        labels = np.repeat(np.arange(_LABELS), _DIGITS_EACH)
        glyphs = [
            strokes_to_glyph(write_digit(int(label), rng=rng, handwriting=handwriting))
            for handwriting in handwritings
            for label in labels
        ]
        embeddings = embed(np.stack(glyphs)).astype(np.float64)
        groups = embeddings.reshape(_HANDWRITINGS * _LABELS, _DIGITS_EACH, -1)
        # The embeddings of one group, of one handwriting and label, differ by chance only.
        deviations = (groups - groups.mean(axis=1, keepdims=True)).reshape(-1, groups.shape[2])
        values, vectors = np.linalg.eigh(deviations.T @ deviations)
        whitening = np.asarray(vectors / np.sqrt(values + settings.ridge * values.mean() + 1e-9))
        points = unit_vectors(embeddings @ whitening).astype(np.float64)
        return cls(version, whitening, points, np.tile(labels, _HANDWRITINGS), settings)

    def profile(self, labels: Sequence[int], embeddings: Embeddings) -> WriterProfile | None:
        """From a writer's confirmed digits and their embeddings (n, d), the newest first; None of too few."""
        if len(labels) < MIN_CONFIRMED:
            return None
        confirmed = np.asarray(labels[:MAX_CONFIRMED], np.int64)
        return WriterProfile(self, confirmed, self.whiten(embeddings[:MAX_CONFIRMED]))

    def whiten(self, embeddings: Embeddings) -> Floats:
        """(n, d), of length 1, from embeddings (n, d)."""
        return unit_vectors(embeddings @ self.whitening).astype(np.float64)


@dataclass(frozen=True, eq=False)
class WriterProfile:
    """The confirmed digits of a writer: `labels` (n,), and `points` (n, d) as those of a reference population."""

    population: ReferencePopulation
    labels: NDArray[np.int64]
    points: Floats

    def adapt(self, digits: Floats, embeddings: Embeddings) -> Floats:
        """Log probabilities (n, 10) of the labels of glyphs by this writer, from those of glyphs by anybody.

        They sum to 1 as before: the probability of being a digit at all does not change.
        """
        settings, points = self.population.settings, self.population.whiten(embeddings)
        count = np.bincount(self.labels, minlength=_LABELS)
        own = _kernel_sums(points, self.points, self.labels, settings.width)
        everybody = _kernel_sums(points, self.population.points, self.population.labels, settings.width)
        everybody = everybody / (_HANDWRITINGS * _DIGITS_EACH)
        ratio = (own / (settings.floor + everybody) + settings.prior) / (count + settings.prior)
        adapted = digits + np.log(ratio)
        return np.asarray(adapted - np.logaddexp.reduce(adapted, axis=1, keepdims=True))


def _kernel_sums(points: Floats, known: Floats, labels: NDArray[np.int64], width: float) -> Floats:
    """(n, 10) the sums at `points` (n, d) of the kernels around the `known` points (m, d) of each label."""
    squares = 2.0 - 2.0 * points @ known.T  # squared distances between vectors of length 1
    kernels = np.exp(squares.clip(0.0) / (-2.0 * width**2))
    return np.asarray(kernels @ np.eye(_LABELS)[labels])

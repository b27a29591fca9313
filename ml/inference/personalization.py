"""Read somebody's digits better by those that they confirmed: a vote of kernels over embeddings, without training.

By Bayes a label k is as likely as the network says, times how much more of this hand's digits of that label than
of everybody's lie where the glyph x lies: log p(k | x, hand) = log p(k | x) + log (p(x | k, hand) / p(x | k)) + c.
Both densities are sums of Gaussian kernels. Everybody's digits are synthetic ones by many hands, so that each
network has its own, also one that was trained a minute ago (docs/reader.md, "Personal adaptation").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ml.inference.exemplars import unit_vectors
from ml.ink.glyph import strokes_to_glyph
from ml.synthesis.handwriting import random_handwriting, write_digit

MIN_CONFIRMED = 3  # confirmed digits: one or two would give a single slip of the finger too much weight
MAX_CONFIRMED = 50  # that are worth their time; a hand does not change from one to the next

Glyphs = NDArray[np.uint8]
Embeddings = NDArray[np.float32]
Floats = NDArray[np.float64]

_LABELS = 10
_HANDS, _EACH = 30, 2  # of everybody's digits; five times as many voted no better


@dataclass(frozen=True)
class KernelSettings:
    """What was chosen on writers of the training parts, in strange variations; the optimum is flat."""

    width: float = 0.28  # of the kernel, on directions of length 1
    floor: float = 0.008  # density of everybody where nobody is near; bounds what one digit can say to 5 nats
    prior: float = 0.5  # confirmed digits that everybody's are worth, for each label
    ridge: float = 0.03  # of the mean variance, added to each when directions are made alike


@dataclass(frozen=True, eq=False)
class ReferencePopulation:
    """Digits by many hands as one network sees them.

    `directions` (d, d) take from embeddings (n, d) what differs between digits of one hand and label, so that what
    still differs is the hand or the label. `places` (m, d) of length 1 are everybody's, of `labels` (m,).
    `version` is that of the reader: what another one sees lies elsewhere.
    """

    version: str
    directions: Floats
    places: Floats
    labels: NDArray[np.int64]
    vote: KernelSettings

    @classmethod
    def gather(
        cls, version: str, embed: Callable[[Glyphs], Embeddings], vote: KernelSettings | None = None
    ) -> ReferencePopulation:
        """Have `embed`, from glyphs (n, 28, 28) to (n, d), see digits that are written for it, always the same."""
        vote = vote or KernelSettings()
        embeddings = embed(_written(np.random.default_rng(0))).astype(np.float64)
        directions = _whitening(embeddings.reshape(_HANDS * _LABELS, _EACH, -1), vote.ridge)
        labels = np.tile(np.repeat(np.arange(_LABELS), _EACH), _HANDS)
        return cls(version, directions, unit_vectors(embeddings @ directions).astype(np.float64), labels, vote)

    def profile(self, labels: Sequence[int], embeddings: Embeddings) -> WriterProfile | None:
        """Of confirmed digits, the newest first, with what the network makes of them; None of too few."""
        if len(labels) < MIN_CONFIRMED:
            return None
        known = np.asarray(labels[:MAX_CONFIRMED], np.int64)
        return WriterProfile(self, known, self.project(embeddings[:MAX_CONFIRMED]))

    def project(self, embeddings: Embeddings) -> Floats:
        return unit_vectors(embeddings @ self.directions).astype(np.float64)


@dataclass(frozen=True, eq=False)
class WriterProfile:
    """Somebody's confirmed digits: `labels` (n,) and `places` (n, d) among those of a population."""

    population: ReferencePopulation
    labels: NDArray[np.int64]
    places: Floats

    def adapt(self, digits: Floats, embeddings: Embeddings) -> Floats:
        """Log probabilities (n, 10) of the labels of glyphs by this hand, from those for anybody's.

        They sum to 1 as before: how much there is of all labels together, against no digit, is not touched.
        """
        vote, places = self.population.vote, self.population.project(embeddings)
        count = np.bincount(self.labels, minlength=_LABELS)
        own = _votes(places, self.places, self.labels, vote.width)
        everybody = _votes(places, self.population.places, self.population.labels, vote.width) / (_HANDS * _EACH)
        found = digits + np.log((own / (vote.floor + everybody) + vote.prior) / (count + vote.prior))
        return np.asarray(found - np.logaddexp.reduce(found, axis=1, keepdims=True))


def _votes(places: Floats, known: Floats, labels: NDArray[np.int64], width: float) -> Floats:
    """(n, 10) sums of the kernels around what is known of each label, at places (n, d)."""
    squares = 2.0 - 2.0 * places @ known.T  # of distances between vectors of length 1
    kernels = np.exp(squares.clip(0.0) / (-2.0 * width**2))
    return np.asarray(kernels @ np.eye(_LABELS)[labels])


def _whitening(groups: Floats, ridge: float) -> Floats:
    """(d, d), from embeddings (groups, each, d) that differ within a group by chance only."""
    apart = (groups - groups.mean(axis=1, keepdims=True)).reshape(-1, groups.shape[2])
    values, vectors = np.linalg.eigh(apart.T @ apart)
    return np.asarray(vectors / np.sqrt(values + ridge * values.mean() + 1e-9))


def _written(rng: Generator) -> Glyphs:
    """Hand after hand the labels 0 to 9, each so many times."""
    hands = [random_handwriting(rng) for _ in range(_HANDS)]
    return np.stack(
        [
            strokes_to_glyph(write_digit(label, rng=rng, handwriting=hand))
            for hand in hands
            for label in range(_LABELS)
            for _ in range(_EACH)
        ]
    )

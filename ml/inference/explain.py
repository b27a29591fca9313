"""Explain why a glyph was read as it was: by the effect of missing parts of its ink, and by similar digits.

The method is occlusion, after "Visualizing and Understanding Convolutional Networks" (Zeiler, Fergus 2014).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.decoding.reading import ReadGlyph
from ml.inference.exemplars import Exemplars, unit_vectors
from ml.inference.occlusion import Occlusions, Trajectories, occlude_patches, occlude_strokes
from ml.ink.glyph import BOX, SIDE, Glyph

_NO_DIGIT = 10  # the column of "no digit" among the probabilities
_MOST_SIMILAR = 5

_STRAIGHT = 0.93  # of its length; a line whose ends are nearer to each other is a curve
_LEVEL = 0.45  # height by width; a straight line below that is a bar, one as steep is upright
_AREA_PENALTY = 0.02  # of the largest occlusion; of two that cost about the same the smaller one is the strongest

Floats = NDArray[np.float64]
Embeddings = NDArray[np.float32]

# From glyphs (n, 28, 28) and their trajectories, where they are known, to probabilities (n, 11) of the ten labels
# and of no digit, and embeddings (n, d).
Classify = Callable[[NDArray[np.uint8], Trajectories | None], tuple[Floats, Embeddings]]


@dataclass(frozen=True, eq=False)
class StrokeContribution:
    """A part of a stroke, points (n, 2) in units of the drawing, with the mean effect of occlusions that hide it.

    `weight` is the loss of probability and `contrast` that of log odds, as in `Explanation.heat` and `.contrast`.
    """

    points: NDArray[np.float32]
    weight: float
    contrast: float


@dataclass(frozen=True)
class OcclusionLoss:
    """An occlusion: its place, the shape of the ink that it hides, the loss of probability, and what is read then.

    `place` is "middle", or "top", "bottom", "left", "right" or two of them, such as "top left". `shape` is "bar",
    "upright", "slant", "curve" or "dot", in a picture "". `without` is the label that is read then (None: no
    digit).
    """

    place: str
    shape: str
    weight: float
    without: int | None


@dataclass(frozen=True, eq=False)
class SimilarDigit:
    """A reference digit. `similarity` is the cosine of the embeddings; `own` is true of digits of the writer."""

    label: int
    similarity: float
    glyph: Glyph
    own: bool


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why a glyph was read as `label` (None: no digit), and not as `second`, the next likeliest digit.

    `chance` and `second_chance` are their probabilities. `heat` (28, 28) is the loss of the probability of `label`
    where ink is missing, the mean over the occlusions that hide it; it is negative where the ink speaks against
    the label. `contrast` (28, 28) is the same of the log odds of `label` to `second`, in nats.

    `parts` are empty of a picture. `strongest` is the occlusion that costs most, None where there is no ink to
    hide; `turning` the smallest that makes another digit of it, None where none does; `against` the one that gains
    most, None where none gains. `nearest` are the most similar reference digits, `nearest_second` the most similar
    one of label `second`.
    """

    glyph: Glyph
    label: int | None
    chance: float
    second: int
    second_chance: float
    heat: NDArray[np.float32]
    contrast: NDArray[np.float32]
    parts: tuple[StrokeContribution, ...]
    strongest: OcclusionLoss | None
    turning: OcclusionLoss | None
    against: OcclusionLoss | None
    nearest: tuple[SimilarDigit, ...]
    nearest_second: SimilarDigit | None


@dataclass(frozen=True, eq=False)
class ReferenceGlyphs:
    """Digits to compare a glyph with: the artifact's exemplars, and glyphs (28, 28) of a writer with labels."""

    exemplars: Exemplars | None = None
    glyphs: Sequence[Glyph] = ()
    labels: Sequence[int] = ()

    def by_similarity(self, embedding: Embeddings, own: Embeddings) -> list[SimilarDigit]:
        """All of them, the most similar to a glyph with this embedding (d,) first.

        `own` (n, d) are the embeddings of the writer's glyphs.
        """
        vector = unit_vectors(embedding[None])[0]
        digits = []
        for label, similarity, glyph in zip(self.labels, unit_vectors(own) @ vector, self.glyphs, strict=True):
            digits.append(SimilarDigit(int(label), float(similarity), glyph, own=True))
        exemplars = self.exemplars
        if exemplars is not None:
            for label, similarity, glyph in zip(
                exemplars.labels, exemplars.embeddings @ vector, exemplars.glyphs, strict=True
            ):
                digits.append(SimilarDigit(int(label), float(similarity), glyph, own=False))
        return sorted(digits, key=lambda digit: -digit.similarity)


@dataclass(frozen=True, eq=False)
class _Effects:
    """What m occlusions of a glyph change.

    `probabilities` (m, 11) are those with each occlusion, `losses` (m,) how much less likely than without it
    `label` is (_NO_DIGIT: no digit), and `contrasts` (m,) how much lower its log odds to the second label are.
    """

    glyph: Glyph
    label: int
    occlusions: Occlusions
    probabilities: Floats
    losses: Floats
    contrasts: Floats

    def heat(self, values: Floats) -> NDArray[np.float32]:
        """(28, 28): the mean of the values (m,) at each pixel of ink, by how much of it they hide; else 0."""
        hidden = self.occlusions.missing.sum(axis=0)
        heat = np.tensordot(values, self.occlusions.missing, axes=1) / np.maximum(hidden, 1e-6)
        return np.asarray(np.where(self.glyph > 0, heat, 0.0), np.float32)

    def contributions(self) -> tuple[StrokeContribution, ...]:
        """One for each part of the strokes; none of a picture."""
        contributions = []
        for number, points in enumerate(self.occlusions.parts):
            hiding = [number in hidden for hidden in self.occlusions.hidden]
            weight, contrast = float(self.losses[hiding].mean()), float(self.contrasts[hiding].mean())
            contributions.append(StrokeContribution(points, weight, contrast))
        return tuple(contributions)

    def strongest(self) -> OcclusionLoss | None:
        """As in `Explanation`."""
        if not len(self.losses) or not self.glyph.any():
            return None
        areas = self.occlusions.areas
        # The areas are all 0 where each line was drawn twice.
        penalties = _AREA_PENALTY * areas / max(areas.max(), 1e-6)
        return self._loss(int((self.losses - penalties).argmax()))

    def turning(self) -> OcclusionLoss | None:
        """As in `Explanation`."""
        labels = self.probabilities.argmax(axis=1)
        others = np.flatnonzero((labels != self.label) & (labels != _NO_DIGIT) & (self.losses > 0))
        if not len(others) or not self.glyph.any():
            return None
        return self._loss(int(others[self.occlusions.areas[others].argmin()]))

    def against(self) -> OcclusionLoss | None:
        """As in `Explanation`."""
        if not len(self.losses) or self.losses.min() >= 0 or not self.glyph.any():
            return None
        return self._loss(int(self.losses.argmin()))

    def _loss(self, number: int) -> OcclusionLoss:
        points = self.occlusions.points(number)
        without = int(self.probabilities[number].argmax())
        return OcclusionLoss(
            place=_place(self.occlusions.missing[number] * self.glyph, self.glyph),
            shape="" if points is None else _shape(points),
            weight=float(self.losses[number]),
            without=None if without == _NO_DIGIT else without,
        )


def explain_glyph(subject: ReadGlyph, references: ReferenceGlyphs, classify: Classify) -> Explanation:
    """Classify the glyph with and without each occlusion, in one call, and compare it with the references."""
    if subject.strokes:
        occlusions = occlude_strokes(subject)
        trajectories = occlusions.trajectories(subject.strokes, subject.min_side)
    else:
        occlusions, trajectories = occlude_patches(subject.glyph), None
    glyphs = np.concatenate([subject.glyph[None], occlusions.glyphs(subject.glyph)])
    probabilities, embeddings = classify(glyphs, trajectories)
    probabilities = _adjust_for_height(probabilities, subject.low_cost)
    label = _NO_DIGIT if subject.label is None else subject.label
    second = max((k for k in range(_NO_DIGIT) if k != label), key=lambda k: float(probabilities[0, k]))
    losses = probabilities[0, label] - probabilities[1:, label]
    safe = np.maximum(probabilities, 1e-6)
    log_odds = np.log(safe[:, label] / safe[:, second])
    contrasts = log_odds[0] - log_odds[1:]
    effects = _Effects(subject.glyph, label, occlusions, probabilities[1:], losses, contrasts)
    own = classify(np.stack(references.glyphs), None)[1] if references.glyphs else embeddings[:0]
    nearest = references.by_similarity(embeddings[0], own)
    return Explanation(
        glyph=subject.glyph,
        label=subject.label,
        chance=float(probabilities[0, label]),
        second=second,
        second_chance=float(probabilities[0, second]),
        heat=effects.heat(losses),
        contrast=effects.heat(contrasts),
        parts=effects.contributions(),
        strongest=effects.strongest(),
        turning=effects.turning(),
        against=effects.against(),
        nearest=tuple(nearest[:_MOST_SIMILAR]),
        nearest_second=next((digit for digit in nearest if digit.label == second), None),
    )


def _adjust_for_height(probabilities: Floats, low_cost: float) -> Floats:
    """The probabilities (n, 11) of ink that is as low in its line as the glyph: only a 0 is often low."""
    digits = probabilities[:, :_NO_DIGIT] * np.where(np.arange(_NO_DIGIT) == 0, 1.0, np.exp(-low_cost))
    digits = digits / np.maximum(digits.sum(axis=1, keepdims=True), 1e-12)
    return np.column_stack([digits * (1.0 - probabilities[:, _NO_DIGIT:]), probabilities[:, _NO_DIGIT]])


def _place(hidden: NDArray[np.float32], glyph: Glyph) -> str:
    """In which ninth of the glyph's box the middle of the hidden ink (28, 28) lies."""
    words = []
    for axis, names in ((1, ("top", "", "bottom")), (0, ("left", "", "right"))):
        inked = np.flatnonzero(glyph.any(axis=axis))
        middle = np.average(np.arange(SIDE), weights=hidden.sum(axis=axis) + 1e-9)
        share = (middle - inked[0]) / max(np.ptp(inked), 1) if np.ptp(inked) >= BOX / 3 else 0.5
        words.append(names[int(np.clip(3 * share, 0, 2))])
    return " ".join(filter(None, words)) or "middle"


def _shape(points: NDArray[np.float32]) -> str:
    length = float(np.hypot(*np.diff(points, axis=0).T).sum())
    across, down = np.abs(points[-1] - points[0])
    if length == 0:
        return "dot"
    if np.hypot(across, down) < _STRAIGHT * length:
        return "curve"
    if down < _LEVEL * across:
        return "bar"
    return "upright" if across < _LEVEL * down else "slant"

"""Sources of training examples: recorded strokes and glyphs, how they are rendered, and mixtures of them.

All have the one method of `ExampleSource`. The drawings of a stroke source are rendered to glyphs by
`RenderedGlyphs`, and to trajectories by `ml.augmentation.trajectory_batches.VariedTrajectories`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ml.augmentation.pen_habits import apply_habits
from ml.augmentation.thinning import redraw, thin
from ml.augmentation.warping import GlyphWarper
from ml.data.corpus import LabeledInk
from ml.ink.glyph import strokes_to_glyph
from ml.ink.strokes import Strokes
from ml.labels import Floats, Glyphs, Labels

PEN_WIDTHS = (1.4, 4.6)  # glyph px: the fifth and the ninety-fifth percentile of MNIST, and a little beyond

Examples = TypeVar("Examples", covariant=True)


class ExampleSource(Protocol[Examples]):
    """Something that training examples can be drawn from, again and again."""

    def draw(self, n: int, rng: Generator, strength: float) -> tuple[Examples, Labels]:
        """`n` examples and their labels (n,). `strength`, 0 to 1, scales all deformation.

        The same state of `rng` gives the same examples.
        """
        ...


class SizedStrokes(NamedTuple):
    """A drawing, and the smallest side of its square in stroke units, which keeps a dot a dot (`ml.ink.glyph`)."""

    strokes: Strokes
    min_side: float = 0.0


StrokeSource = ExampleSource[list[SizedStrokes]]
GlyphSource = ExampleSource[Glyphs]


class RecordedStrokes:
    """Drawings that are kept as strokes, with habits of other hands (`ml.augmentation.pen_habits`)."""

    def __init__(self, part: LabeledInk) -> None:
        self._drawings, self._labels = part.drawings, part.labels
        self._chances = _chances(part)

    def draw(self, n: int, rng: Generator, strength: float) -> tuple[list[SizedStrokes], Labels]:
        """`n` of the drawings, with replacement; at strength 0 as they were recorded."""
        chosen = _choose(self._chances, n, rng)
        labels = self._labels[chosen]
        drawings = [
            apply_habits(self._drawings[i], int(label), rng, strength)
            for i, label in zip(chosen, labels, strict=True)
        ]
        return [SizedStrokes(drawing) for drawing in drawings], labels


class RecordedGlyphs:
    """Glyphs of which no strokes are known, such as MNIST's."""

    def __init__(self, part: LabeledInk) -> None:
        self._glyphs, self._labels = part.glyphs, part.labels
        self._chances = _chances(part)

    def draw(self, n: int, rng: Generator, strength: float) -> tuple[Glyphs, Labels]:
        """`n` of the glyphs (n, 28, 28), with replacement, as they are at any strength."""
        chosen = _choose(self._chances, n, rng)
        return self._glyphs[chosen], self._labels[chosen]


class RedrawnGlyphs:
    """Glyphs drawn anew along their skeletons with a round pen, as strokes on a screen are."""

    def __init__(self, part: LabeledInk) -> None:
        self._skeletons = np.packbits(thin(part.glyphs), axis=2)
        self._labels = part.labels
        self._chances = _chances(part)

    def draw(self, n: int, rng: Generator, strength: float) -> tuple[Glyphs, Labels]:
        """`n` of the glyphs (n, 28, 28), with replacement, each with a pen of random width at any strength."""
        chosen = _choose(self._chances, n, rng)
        skeletons = np.unpackbits(self._skeletons[chosen], axis=2).astype(bool)
        pens = rng.uniform(*PEN_WIDTHS, size=n)
        glyphs = [redraw(skeleton, pen) for skeleton, pen in zip(skeletons, pens, strict=True)]
        return np.stack(glyphs), self._labels[chosen]


@dataclass(frozen=True)
class RenderedGlyphs:
    """Glyphs of the drawings of a stroke source, each with a pen of random width."""

    strokes: StrokeSource

    def draw(self, n: int, rng: Generator, strength: float) -> tuple[Glyphs, Labels]:
        """Glyphs (n, 28, 28) of `n` drawings; `strength` is passed on to their source."""
        drawings, labels = self.strokes.draw(n, rng, strength)
        pens = rng.uniform(*PEN_WIDTHS, size=n)
        glyphs = [
            strokes_to_glyph(strokes, pen, min_side)
            for (strokes, min_side), pen in zip(drawings, pens, strict=True)
        ]
        return np.stack(glyphs), labels


@dataclass(frozen=True)
class WarpedGlyphs:
    """The glyphs of a source, warped."""

    glyphs: GlyphSource
    warper: GlyphWarper

    def draw(self, n: int, rng: Generator, strength: float) -> tuple[Glyphs, Labels]:
        """`n` glyphs (n, 28, 28) of the source, warped; `strength` is that of the source and of the warp."""
        glyphs, labels = self.glyphs.draw(n, rng, strength)
        return self.warper(glyphs, rng, strength), labels


@dataclass(frozen=True)
class Mixture(Generic[Examples]):
    """Examples of several sources, one source after the other, by the shares that stand beside them.

    The shares need not sum to 1.
    """

    parts: Sequence[tuple[ExampleSource[Examples], float]]

    def draw(self, n: int, rng: Generator, strength: float) -> tuple[Examples, Labels]:
        """`n` examples, as one array or one list, like those of the sources, and their labels (n,)."""
        whole = sum(share for _, share in self.parts)
        counts = [round(share / whole * n) for _, share in self.parts]
        counts[counts.index(max(counts))] += n - sum(counts)  # the largest takes what rounding leaves
        counted = zip(self.parts, counts, strict=True)
        drawn = [source.draw(count, rng, strength) for (source, _), count in counted if count]
        parts: list[Any] = [examples for examples, _ in drawn]
        joined: Any = np.concatenate(parts) if isinstance(parts[0], np.ndarray) else [*chain.from_iterable(parts)]
        return joined, np.concatenate([labels for _, labels in drawn])


def _chances(part: LabeledInk) -> Floats:
    """(n,) the summed probabilities with which examples are drawn.

    Where writers are known, a writer counts by the square root of the number of their examples: the few who wrote
    much do not outweigh the many who wrote little, and are still seen more often.
    """
    weights = np.ones(len(part.labels))
    if part.writers is not None:
        _, writer, count = np.unique(part.writers, return_inverse=True, return_counts=True)
        weights = count[writer] ** -0.5
    return np.asarray(np.cumsum(weights) / weights.sum())


def _choose(chances: Floats, n: int, rng: Generator) -> NDArray[np.int64]:
    """(n,) indices drawn with replacement, with these summed probabilities."""
    return np.searchsorted(chances, rng.random(n), side="right").clip(0, len(chances) - 1)

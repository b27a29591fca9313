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

from ml.augmentation.thinning import redraw, thin
from ml.augmentation.warping import GlyphWarper
from ml.ink.glyph import strokes_to_glyph
from ml.ink.strokes import Strokes, bounds
from ml.labels import Glyphs, Labels

PEN_WIDTHS = (1.4, 4.6)  # glyph px: the fifth and the ninety-fifth percentile of MNIST, and a little beyond
_HASTY = 0.5  # share of the recorded drawings that are drawn as if in haste, at full strength

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
    """Drawings that are kept as strokes, half of them changed as if they were drawn in haste."""

    def __init__(self, drawings: Sequence[Strokes], labels: Labels) -> None:
        self._drawings, self._labels = drawings, labels

    def draw(self, n: int, rng: Generator, strength: float) -> tuple[list[SizedStrokes], Labels]:
        """`n` of the drawings, with replacement; at strength 0 as they were recorded."""
        chosen = rng.integers(len(self._drawings), size=n)
        drawings = [
            _hasten(self._drawings[i], rng) if rng.random() <= _HASTY * strength else self._drawings[i]
            for i in chosen
        ]
        return [SizedStrokes(drawing) for drawing in drawings], self._labels[chosen]


def _hasten(drawing: Strokes, rng: Generator) -> Strokes:
    """Strokes that start late or end early by up to 7 % of their points, and miss their place by about 2 %."""
    *_, width, height = bounds(drawing)
    shifts = rng.normal(0, 0.02 * max(width, height), (len(drawing), 1, 2)).astype(np.float32)
    cuts = (rng.uniform(0, 0.07, (len(drawing), 2)) * [[len(stroke)] for stroke in drawing]).astype(int)
    return [
        stroke[first : len(stroke) - last] + shift
        for stroke, shift, (first, last) in zip(drawing, shifts, cuts.tolist(), strict=True)
    ]


class RecordedGlyphs:
    """Glyphs of which no strokes are known, such as MNIST's."""

    def __init__(self, glyphs: Glyphs, labels: Labels) -> None:
        self._glyphs, self._labels = glyphs, labels

    def draw(self, n: int, rng: Generator, strength: float) -> tuple[Glyphs, Labels]:
        """`n` of the glyphs (n, 28, 28), with replacement, as they are at any strength."""
        chosen = rng.integers(len(self._labels), size=n)
        return self._glyphs[chosen], self._labels[chosen]


class RedrawnGlyphs:
    """Glyphs drawn anew along their skeletons with a round pen, as strokes on a screen are."""

    def __init__(self, glyphs: Glyphs, labels: Labels) -> None:
        self._skeletons = np.packbits(thin(glyphs), axis=2)
        self._labels = labels

    def draw(self, n: int, rng: Generator, strength: float) -> tuple[Glyphs, Labels]:
        """`n` of the glyphs (n, 28, 28), with replacement, each with a pen of random width at any strength."""
        chosen = rng.integers(len(self._labels), size=n)
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

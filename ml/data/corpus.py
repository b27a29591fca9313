"""The corpus that a reader learns from: labeled ink in named parts, and how it is split.

Where the parts come from stands in `ml.data.data_sets`; `ml.data.gathering` puts them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.ink.glyph import strokes_to_glyph
from ml.ink.greyscale import Grey
from ml.ink.strokes import Strokes
from ml.labels import Glyphs, Labels


@dataclass(frozen=True)
class LabeledInk:
    """Glyphs or drawings with their labels and, where they are known, their writers.

    `ink` is glyphs (n, 28, 28) uint8 or a list of n drawings. `labels` (n,) are 0 to 9, NOT_A_DIGIT or UNCLEAR.
    `writers` (n,) holds the number of the writer of each, -1 where it is not known.
    """

    ink: Glyphs | list[Strokes]
    labels: Labels
    writers: NDArray[np.integer] | None = None

    def select(self, chosen: NDArray[np.bool_]) -> LabeledInk:
        """The examples for which `chosen` (n,) is true, in the same order."""
        indices = np.flatnonzero(chosen)
        ink = self.ink[indices] if isinstance(self.ink, np.ndarray) else [self.ink[int(i)] for i in indices]
        return LabeledInk(ink, self.labels[indices], None if self.writers is None else self.writers[indices])

    def sample(self, most: int, rng: np.random.Generator) -> LabeledInk:
        """At most `most` examples, drawn at random without replacement, in the same order."""
        n = len(self.labels)
        return self if n <= most else self.select(rng.permutation(n) < most)

    @property
    def glyphs(self) -> Glyphs:
        """Glyphs (n, 28, 28); drawings are rendered with the pen that the reader renders them with."""
        if isinstance(self.ink, np.ndarray):
            return self.ink
        return np.stack([strokes_to_glyph(drawing) for drawing in self.ink])

    @property
    def drawings(self) -> list[Strokes]:
        """The n drawings. Raises TypeError where only glyphs are known."""
        if isinstance(self.ink, np.ndarray):
            raise TypeError("Glyphs cannot be turned back into strokes.")
        return self.ink


Corpus = dict[str, LabeledInk]  # parts by name
LineLabels = tuple[int, ...]  # the digits of a line, from left to right


@dataclass(frozen=True)
class LabeledLines:
    """The ink of n lines, (h, w) uint8 each and high on ink, and their digits."""

    ink: Sequence[Grey]
    texts: Sequence[LineLabels]


@dataclass(frozen=True)
class CorpusSplit:
    """What a run trains on, what it validates on, and what its artifact card says about both."""

    training: Corpus
    validation: Corpus
    lines: LabeledLines  # real lines to train on
    validation_lines: LabeledLines
    sources: tuple[str, ...]  # names, authors and licences of the data sets
    strangers: dict[str, list[int]]  # writers in neither part, by data set: they are kept for evaluation

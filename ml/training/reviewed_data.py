"""Reviewed digits: what people confirmed, to learn from or to validate on, and how it enters a batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from ml.augmentation.sources import Mixture, RecordedGlyphs, RecordedStrokes, RenderedGlyphs, WarpedGlyphs
from ml.augmentation.warping import GlyphWarper
from ml.data.corpus import Corpus, LabeledInk
from ml.labels import NOT_A_DIGIT, Glyphs, Labels

_NO_LABELS = np.zeros(0, np.int64)
_NO_DRAWINGS = LabeledInk([], _NO_LABELS)
_NO_GLYPHS = LabeledInk(np.zeros((0, 28, 28), np.uint8), _NO_LABELS)


@dataclass(frozen=True, eq=False)
class ReviewedDigits:
    """Digits that were drawn, as strokes, and glyphs of pictures, with the labels 0 to 9 or NOT_A_DIGIT.

    Raises ValueError for other labels, for drawings among the pictures or the reverse, and where the numbers of
    digits and labels differ.
    """

    NAMES: ClassVar = ("reviewed", "reviewed_pictures")  # of the parts of a corpus, see `ml.augmentation.sampling`

    written: LabeledInk = field(default_factory=lambda: _NO_DRAWINGS)
    pictures: LabeledInk = field(default_factory=lambda: _NO_GLYPHS)

    def __post_init__(self) -> None:
        if not isinstance(self.written.ink, list) or not isinstance(self.pictures.ink, np.ndarray):
            raise ValueError("What was written is strokes, pictures are glyphs.")
        for part in (self.written, self.pictures):
            if len(part.ink) != len(part.labels):
                raise ValueError("There must be one label for each digit.")
            if len(part.labels) and not (part.labels.min() >= 0 and part.labels.max() <= NOT_A_DIGIT):
                raise ValueError(f"Labels are 0 to 9, or {NOT_A_DIGIT} for what is no digit.")

    @classmethod
    def of(cls, parts: Iterable[LabeledInk]) -> ReviewedDigits:
        """All parts together, such as those that `ml.curation.forced_alignment` makes."""
        written, pictures = [_NO_DRAWINGS], [_NO_GLYPHS]
        for part in parts:
            (written if isinstance(part.ink, list) else pictures).append(part)
        drawings = [drawing for part in written for drawing in part.ink]
        glyphs = np.concatenate([part.glyphs for part in pictures])
        return cls(LabeledInk(drawings, _join_labels(written)), LabeledInk(glyphs, _join_labels(pictures)))

    def __len__(self) -> int:
        return len(self.written.labels) + len(self.pictures.labels)

    @property
    def corpus(self) -> Corpus:
        """The parts that are not empty, by their names."""
        parts = zip(self.NAMES, (self.written, self.pictures), strict=True)
        return {name: part for name, part in parts if len(part.labels)}

    def balanced(self, max_repeats: int) -> ReviewedDigits:
        """Each label as often as the most frequent one, but no example more than `max_repeats` times."""
        return ReviewedDigits(_balance(self.written, max_repeats), _balance(self.pictures, max_repeats))


def _join_labels(parts: Sequence[LabeledInk]) -> Labels:
    return np.concatenate([part.labels for part in parts])


def _balance(part: LabeledInk, max_repeats: int) -> LabeledInk:
    counts = np.bincount(part.labels, minlength=NOT_A_DIGIT + 1)
    repeats = np.rint(counts.max() / counts.clip(1)).astype(int).clip(1, max_repeats)
    indices = np.repeat(np.arange(len(part.labels)), repeats[part.labels])
    if isinstance(part.ink, list):
        return LabeledInk([part.ink[i] for i in indices.tolist()], part.labels[indices])
    return LabeledInk(part.ink[indices], part.labels[indices])


def reviewed_strokes(new: ReviewedDigits) -> RecordedStrokes:
    """A source of the drawings among the new digits."""
    return RecordedStrokes(new.written)


def reviewed_glyphs(new: ReviewedDigits, seed: int) -> Mixture[Glyphs]:
    """A source of new glyphs: of drawings and of pictures, in proportion. `seed` is that of the warper."""
    warper = GlyphWarper(seed=seed)
    drawn = RenderedGlyphs(reviewed_strokes(new))
    pictures = RecordedGlyphs(new.pictures)
    return Mixture(
        [
            (WarpedGlyphs(drawn, warper), len(new.written.labels)),
            (WarpedGlyphs(pictures, warper), len(new.pictures.labels)),
        ]
    )

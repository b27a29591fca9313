"""What people confirmed: new digits to learn from or to validate on, and how they come into a batch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from ml.augmentation.sources import Mixture, RecordedGlyphs, RecordedStrokes, RenderedGlyphs, WarpedGlyphs
from ml.augmentation.warping import GlyphWarper
from ml.data.corpus import Corpus, LabeledInk
from ml.ink.strokes import Strokes
from ml.labels import NOT_A_DIGIT, Glyphs, Labels

_NO_LABELS = np.zeros(0, np.int64)


def _nothing_written() -> LabeledInk:
    return LabeledInk([], _NO_LABELS)


def _no_pictures() -> LabeledInk:
    return LabeledInk(np.zeros((0, 28, 28), np.uint8), _NO_LABELS)


@dataclass(frozen=True, eq=False)
class ReviewedDigits:
    """Digits that were drawn, and glyphs of pictures, labelled 0 to 9 or NOT_A_DIGIT.

    Raises ValueError for other labels, for drawings among the pictures, and where there are not as many labels.
    """

    NAMES: ClassVar = ("reviewed", "reviewed_pictures")  # of the parts, as `ml.augmentation.sampling` knows them

    written: LabeledInk = field(default_factory=_nothing_written)
    pictures: LabeledInk = field(default_factory=_no_pictures)

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
        """All parts together, such as those of `ml.curation.forced_alignment`."""
        known = list(parts)
        drawings: list[Strokes] = []
        glyphs: list[Glyphs] = [_no_pictures().glyphs]
        for part in known:
            if isinstance(part.ink, list):
                drawings += part.ink
            else:
                glyphs.append(part.ink)
        labels = [_labels(part for part in known if isinstance(part.ink, kind)) for kind in (list, np.ndarray)]
        return cls(LabeledInk(drawings, labels[0]), LabeledInk(np.concatenate(glyphs), labels[1]))

    def __len__(self) -> int:
        return len(self.written.labels) + len(self.pictures.labels)

    @property
    def material(self) -> Corpus:
        """The parts that hold anything, by their names."""
        parts = zip(self.NAMES, (self.written, self.pictures), strict=True)
        return {name: part for name, part in parts if len(part.labels)}

    def balanced(self, most: int) -> ReviewedDigits:
        """Each label as often as the most frequent one, but no example more than `most` times."""
        return ReviewedDigits(_balanced(self.written, most), _balanced(self.pictures, most))


def _labels(parts: Iterable[LabeledInk]) -> Labels:
    return np.concatenate([_NO_LABELS, *(part.labels for part in parts)])


def _balanced(part: LabeledInk, most: int) -> LabeledInk:
    counts = np.bincount(part.labels, minlength=NOT_A_DIGIT + 1)
    times = np.rint(counts.max() / counts.clip(1)).astype(int).clip(1, most)
    places = np.repeat(np.arange(len(part.labels)), times[part.labels])
    if isinstance(part.ink, list):
        return LabeledInk([part.ink[i] for i in places.tolist()], part.labels[places])
    return LabeledInk(part.ink[places], part.labels[places])


def reviewed_strokes(new: ReviewedDigits) -> RecordedStrokes:
    return RecordedStrokes(new.written.drawings, new.written.labels)


def reviewed_glyphs(new: ReviewedDigits, seed: int) -> Mixture[Glyphs]:
    """New glyphs, of drawings and of pictures, as many of each as there are."""
    warper = GlyphWarper(seed=seed)
    drawn, pictures = (
        RenderedGlyphs(reviewed_strokes(new)),
        RecordedGlyphs(new.pictures.glyphs, new.pictures.labels),
    )
    return Mixture(
        [
            (WarpedGlyphs(drawn, warper), len(new.written.labels)),
            (WarpedGlyphs(pictures, warper), len(new.pictures.labels)),
        ]
    )

"""What is no digit, for training: signs, and the wrong candidates that a lattice makes of right numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ml.augmentation.warping import GlyphWarper, RecordedStrokes, SizedStrokes, StrokeSource
from ml.ink.glyph import SIDE, Glyph, normalise_glyph
from ml.ink.strokes import Strokes, bounds
from ml.labels import NOT_A_DIGIT, UNCLEAR, UNFINISHED, Glyphs, Labels
from ml.synthesis.handwriting import SIGN_KINDS, write_sign

_STACKABLE = (2, 3, 4, 5, 6, 7, 9)  # a 0 over a 0 is an 8, a 1 over a 1 is a 1
_CIRCLED = (8, 9)  # what is not finished of these is a 0
_HALVABLE = (2, 5)  # parts of the others can be read: half a 0 is a 1, half an 8 is a 3 or a 0, ...


def sign_source(n: int, rng: Generator, warper: GlyphWarper) -> RecordedStrokes:
    """A pool of `n` drawings, as many letters as signs, shapes and scribbles."""
    letters = [kind for kind in SIGN_KINDS if len(kind.split("_")[0]) == 1]
    others = [kind for kind in SIGN_KINDS if kind not in letters] + ["polygon"] * 6
    kinds = [str(rng.choice(letters if i % 2 else others)) for i in range(n)]
    return RecordedStrokes([write_sign(rng, kind) for kind in kinds], np.full(n, NOT_A_DIGIT, np.int64), warper)


class StrokeFragments(StrokeSource):
    """Parts of drawn digits. Without its last stroke a digit is one that is not finished, and read while somebody
    writes. What a part of a stroke is nobody can tell."""

    def __init__(self, drawings: Sequence[Strokes], labels: Labels, warper: GlyphWarper) -> None:
        super().__init__(warper)
        self._drawings, self._labels = drawings, labels
        several = np.array([len(drawing) > 1 for drawing in drawings])
        self._several = np.flatnonzero(several & ~np.isin(labels, _CIRCLED))

    def ink(self, n: int, rng: Generator, strength: float) -> tuple[list[SizedStrokes], Labels]:
        begun = rng.random(n) < (0.6 if len(self._several) else 0.0)
        chosen = rng.integers(len(self._drawings), size=n)
        if begun.any():
            chosen[begun] = rng.choice(self._several, int(begun.sum()))
        drawings = [self._drawings[i] for i in chosen]
        parts = [d[:-1] if first else _part(d, rng) for d, first in zip(drawings, begun, strict=True)]
        return [(part, 0.0) for part in parts], np.where(begun, self._labels[chosen] + UNFINISHED, UNCLEAR)


def _part(drawing: Strokes, rng: Generator) -> Strokes:
    """Up to two thirds of the longest stroke, its beginning or its end."""
    stroke = max(drawing, key=len)
    length = max(2, int(len(stroke) * rng.uniform(0.3, 0.65)))
    return [stroke[:length] if rng.random() < 0.5 else stroke[-length:]]


class CutFragments:
    """Parts of digits in pictures, as a cut in the wrong place leaves them. What they are nobody can tell."""

    def __init__(self, glyphs: Glyphs, warper: GlyphWarper) -> None:
        self._glyphs, self._warper = glyphs, warper

    def draw(self, n: int, rng: Generator, strength: float) -> tuple[Glyphs, Labels]:
        chosen = rng.integers(len(self._glyphs), size=n)
        parts = [_side_of(_tight(self._glyphs[i]), rng.uniform(0.3, 0.6), rng) for i in chosen]
        glyphs = [normalise_glyph(part, min_side=14.0) for part in parts]
        return self._warper(np.stack(glyphs), rng, strength), np.full(n, UNCLEAR, np.int64)


def _side_of(ink: Glyph, share: float, rng: Generator) -> Glyph:
    """The left or the right of a digit (h, w)."""
    width = max(2, round(ink.shape[1] * share))
    return ink[:, :width] if rng.random() < 0.5 else ink[:, -width:]


class LatticeNegatives(StrokeSource):
    """Wrong candidates made of drawn digits: several as one, a digit with part of its neighbour, bars, dots."""

    def __init__(self, drawings: Sequence[Strokes], labels: Labels, warper: GlyphWarper) -> None:
        super().__init__(warper)
        self._drawings = [_unit(drawing) for drawing in drawings]
        self._stackable = np.flatnonzero(np.isin(labels, _STACKABLE))
        self._bars = [bar for drawing in self._drawings for bar in _bars(drawing)]
        makers: list[tuple[Callable[[Generator], SizedStrokes], float]] = [
            (self._pair, 0.4), (self._neighbour, 0.2), (self._stack, 0.1), (self._bar, 0.15), (_dot, 0.15),
        ]  # fmt: skip
        self._makers = [maker for maker, _ in makers]
        self._shares = [share for _, share in makers]

    def ink(self, n: int, rng: Generator, strength: float) -> tuple[list[SizedStrokes], Labels]:
        makers = rng.choice(len(self._makers), size=n, p=self._shares)
        return [self._makers[i](rng) for i in makers], np.full(n, NOT_A_DIGIT, np.int64)

    def _any(self, rng: Generator) -> Strokes:
        return self._drawings[rng.integers(len(self._drawings))]

    def _pair(self, rng: Generator) -> SizedStrokes:
        together = _beside(self._any(rng), self._any(rng), rng.uniform(-0.1, 0.6))
        if rng.random() < 0.15:
            together = _beside(together, self._any(rng), rng.uniform(0.0, 0.4))
        return together, 0.0

    def _neighbour(self, rng: Generator) -> SizedStrokes:
        """A digit and a piece of the next, on either side."""
        other = self._any(rng)
        stroke = other[rng.integers(len(other))]
        length = max(2, int(len(stroke) * rng.uniform(0.25, 0.6)))
        start = int(rng.integers(0, max(1, len(stroke) - length)))
        piece = [stroke[start : start + length]]
        gap = rng.uniform(0.12, 0.5)
        digit = self._any(rng)
        return (_beside(digit, piece, gap) if rng.random() < 0.5 else _beside(piece, digit, gap)), 0.0

    def _stack(self, rng: Generator) -> SizedStrokes:
        if not len(self._stackable):
            return self._pair(rng)
        above, below = (self._drawings[i] for i in rng.choice(self._stackable, 2))
        down = np.array([rng.uniform(-0.2, 0.2), 1.0 + rng.uniform(0.05, 0.6)], np.float32)
        return [*above, *(stroke + down for stroke in below)], 0.0

    def _bar(self, rng: Generator) -> SizedStrokes:
        """The hat of a 5 or the bar of a 7 alone, as small as it is beside whole digits, or blown up."""
        if not self._bars:
            return _dot(rng)
        return [self._bars[rng.integers(len(self._bars))]], float(rng.choice([0.35, 0.0]))


class CutNegatives:
    """The same from pictures of digits: two that touch, and parts of those whose parts cannot be read."""

    def __init__(self, glyphs: Glyphs, labels: Labels, warper: GlyphWarper) -> None:
        self._glyphs, self._warper = glyphs, warper
        self._halves = np.flatnonzero(np.isin(labels, _HALVABLE))

    def draw(self, n: int, rng: Generator, strength: float) -> tuple[Glyphs, Labels]:
        kinds = rng.choice(3, size=n, p=[0.6, 0.25, 0.15])
        makers = (self._pair, self._part, _texture)
        glyphs = np.stack([makers[kind](rng) for kind in kinds])
        return self._warper(glyphs, rng, strength), np.full(n, NOT_A_DIGIT, np.int64)

    def _pair(self, rng: Generator) -> Glyph:
        a, b = (_tight(self._glyphs[i]) for i in rng.integers(len(self._glyphs), size=2))
        gap = int(rng.integers(-3, 7))
        sheet = np.zeros((SIDE, a.shape[1] + b.shape[1] + max(gap, 0)), np.uint8)
        sheet[:, : a.shape[1]] = a
        left = max(a.shape[1] + gap, 0)
        window = sheet[:, left : left + b.shape[1]]
        np.maximum(window, b[:, : window.shape[1]], out=window)
        return normalise_glyph(sheet)

    def _part(self, rng: Generator) -> Glyph:
        if not len(self._halves):
            return self._pair(rng)
        ink = _tight(self._glyphs[rng.choice(self._halves)])
        return normalise_glyph(_side_of(ink, rng.uniform(0.3, 0.45), rng), min_side=14.0)


def _unit(drawing: Strokes) -> Strokes:
    """Moved to the origin and scaled to height 1."""
    x, y, width, height = bounds(drawing)
    scale = 1.0 / max(height, 0.3 * width, 1e-6)
    return [((stroke - [x, y]) * scale).astype(np.float32) for stroke in drawing]


def _beside(a: Strokes, b: Strokes, gap: float) -> Strokes:
    """`b` to the right of `a`, on about the same line."""
    x, _, width, _ = bounds(a)
    step = np.array([x + width + gap - bounds(b)[0], 0], np.float32)
    return [*a, *(stroke + step for stroke in b)]


def _bars(drawing: Strokes) -> list[NDArray[np.float32]]:
    """Strokes of a digit of several that are flat: nobody reads them as a 1."""
    if len(drawing) < 2:
        return []
    sides = [bounds([stroke]) for stroke in drawing]
    return [s for s, (_, _, w, h) in zip(drawing, sides, strict=True) if w > 0.15 and h < 0.6 * w]


def _dot(rng: Generator) -> SizedStrokes:
    """A dot, a comma or a dash: smaller than the smallest square."""
    start = np.zeros(2)
    end = rng.normal(0, 1, 2) * rng.choice([0.03, 0.15])
    return [np.array([start, end], np.float32)], 1.0


def _tight(glyph: Glyph) -> Glyph:
    columns = np.flatnonzero(glyph.any(axis=0))
    return glyph[:, columns[0] : columns[-1] + 1] if len(columns) else glyph


def _texture(rng: Generator) -> Glyph:
    """Paper, cloth, shadow: smooth noise cut at a level."""
    noise = cv2.GaussianBlur(rng.normal(size=(SIDE, SIDE)).astype(np.float32), (0, 0), rng.uniform(0.6, 3))
    level = np.quantile(noise, rng.uniform(0.4, 0.9))
    return normalise_glyph(np.where(noise > level, 255, 0).astype(np.uint8))

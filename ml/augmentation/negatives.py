"""Negatives and fragments for training: the wrong candidates that segmentation makes of right numbers.

Negatives are labeled NOT_A_DIGIT. Fragments of digits that might be read as a digit are labeled UNCLEAR.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ml.augmentation.sources import SizedStrokes
from ml.ink.glyph import SIDE, Glyph, normalise_glyph
from ml.ink.strokes import Strokes, bounds
from ml.labels import NOT_A_DIGIT, UNCLEAR, UNFINISHED, Glyphs, Labels

_STACKABLE = (2, 3, 4, 5, 6, 7, 9)  # a 0 over a 0 is an 8, a 1 over a 1 is a 1
_CLOSED_BEFORE_LAST = (8, 9)  # without its last stroke such a digit is a 0
_DIVISIBLE = (2, 5)  # fragments of others can be read: half a 0 is a 1, half an 8 is a 3 or a 0
_FRAGMENT_SIDE = 14.0  # glyph px, of the smallest square: a fragment stays smaller than a digit


class StrokeFragments:
    """Fragments of drawn digits: 60 % lack only their last stroke, the others are a part of one stroke.

    A digit without its last stroke is what is read while somebody still writes; its label tells which digit it may
    become. What a part of a stroke shows is not known: it is unclear.
    """

    def __init__(self, drawings: Sequence[Strokes], labels: Labels) -> None:
        self._drawings, self._labels = drawings, labels
        several = np.array([len(drawing) > 1 for drawing in drawings])
        self._can_be_unfinished = np.flatnonzero(several & ~np.isin(labels, _CLOSED_BEFORE_LAST))

    def draw(self, n: int, rng: Generator, strength: float) -> tuple[list[SizedStrokes], Labels]:
        """`n` fragments, the same at any strength, and their labels (n,): UNFINISHED + digit, or UNCLEAR."""
        unfinished = rng.random(n) < (0.6 if len(self._can_be_unfinished) else 0.0)
        chosen = rng.integers(len(self._drawings), size=n)
        if unfinished.any():
            chosen[unfinished] = rng.choice(self._can_be_unfinished, int(unfinished.sum()))
        fragments = []
        for i, lacks_last in zip(chosen, unfinished, strict=True):
            if lacks_last:
                fragments.append(self._drawings[i][:-1])
                continue
            # A third to two thirds of the longest stroke, its beginning or its end.
            stroke = max(self._drawings[i], key=len)
            length = max(2, int(len(stroke) * rng.uniform(0.3, 0.65)))
            fragments.append([stroke[:length] if rng.random() < 0.5 else stroke[-length:]])
        labels = np.where(unfinished, self._labels[chosen] + UNFINISHED, UNCLEAR)
        return [SizedStrokes(fragment) for fragment in fragments], labels


class CutFragments:
    """Parts of digits in pictures, as a cut in the wrong place leaves them; all are unclear."""

    def __init__(self, glyphs: Glyphs) -> None:
        self._glyphs = glyphs

    def draw(self, n: int, rng: Generator, strength: float) -> tuple[Glyphs, Labels]:
        """`n` fragments (n, 28, 28), the same at any strength; their labels (n,) are UNCLEAR."""
        chosen = rng.integers(len(self._glyphs), size=n)
        glyphs = [_cut_off(_crop_columns(self._glyphs[i]), rng.uniform(0.3, 0.6), rng) for i in chosen]
        return np.stack(glyphs), np.full(n, UNCLEAR, np.int64)


class LatticeNegatives:
    """Wrong candidates made of drawn digits: several as one, a digit with part of its neighbour, bars, dots."""

    def __init__(self, drawings: Sequence[Strokes], labels: Labels) -> None:
        # Each at the origin and scaled to height 1; a flat drawing to width 1 / 0.3.
        self._drawings: list[Strokes] = []
        for drawing in drawings:
            x, y, width, height = bounds(drawing)
            scale = 1.0 / max(height, 0.3 * width, 1e-6)
            self._drawings.append([((stroke - [x, y]) * scale).astype(np.float32) for stroke in drawing])
        self._stackable = np.flatnonzero(np.isin(labels, _STACKABLE))
        self._bars = [bar for drawing in self._drawings for bar in _bars(drawing)]
        makers: dict[Callable[[Generator], SizedStrokes], float] = {
            self._neighbours: 0.4,
            self._digit_and_part: 0.2,
            self._stack: 0.1,
            self._bar: 0.15,
            _dot: 0.15,
        }
        self._makers, self._shares = [*makers], [*makers.values()]

    def draw(self, n: int, rng: Generator, strength: float) -> tuple[list[SizedStrokes], Labels]:
        """`n` candidates, the same at any strength; their labels (n,) are NOT_A_DIGIT."""
        kinds = rng.choice(len(self._makers), size=n, p=self._shares)
        return [self._makers[kind](rng) for kind in kinds], np.full(n, NOT_A_DIGIT, np.int64)

    def _random_digit(self, rng: Generator) -> Strokes:
        return self._drawings[rng.integers(len(self._drawings))]

    def _neighbours(self, rng: Generator) -> SizedStrokes:
        """Two digits side by side, now and then three."""
        together = _beside(self._random_digit(rng), self._random_digit(rng), rng.uniform(-0.1, 0.6))
        if rng.random() < 0.15:
            together = _beside(together, self._random_digit(rng), rng.uniform(0.0, 0.4))
        return SizedStrokes(together)

    def _digit_and_part(self, rng: Generator) -> SizedStrokes:
        """A digit with a part of its neighbour, on either side."""
        neighbour = self._random_digit(rng)
        stroke = neighbour[rng.integers(len(neighbour))]
        length = max(2, int(len(stroke) * rng.uniform(0.25, 0.6)))
        start = int(rng.integers(0, max(1, len(stroke) - length)))
        part = [stroke[start : start + length]]
        gap = rng.uniform(0.12, 0.5)
        digit = self._random_digit(rng)
        return SizedStrokes(_beside(digit, part, gap) if rng.random() < 0.5 else _beside(part, digit, gap))

    def _stack(self, rng: Generator) -> SizedStrokes:
        """A digit above another one."""
        if not len(self._stackable):
            return self._neighbours(rng)
        above, below = (self._drawings[i] for i in rng.choice(self._stackable, 2))
        offset = np.array([rng.uniform(-0.2, 0.2), 1.0 + rng.uniform(0.05, 0.6)], np.float32)
        return SizedStrokes([*above, *(stroke + offset for stroke in below)])

    def _bar(self, rng: Generator) -> SizedStrokes:
        """The hat of a 5 or the bar of a 7 alone, as small as it is beside whole digits, or enlarged."""
        if not self._bars:
            return _dot(rng)
        return SizedStrokes([self._bars[rng.integers(len(self._bars))]], float(rng.choice([0.35, 0.0])))


class CutNegatives:
    """Negatives made of pictures of digits: two that touch, parts of 2 and 5, and textures."""

    def __init__(self, glyphs: Glyphs, labels: Labels) -> None:
        self._glyphs = glyphs
        self._divisible = np.flatnonzero(np.isin(labels, _DIVISIBLE))

    def draw(self, n: int, rng: Generator, strength: float) -> tuple[Glyphs, Labels]:
        """`n` glyphs (n, 28, 28), the same at any strength; their labels (n,) are NOT_A_DIGIT."""
        kinds = rng.choice(3, size=n, p=[0.6, 0.25, 0.15])
        makers = (self._neighbours, self._part, _texture)
        return np.stack([makers[kind](rng) for kind in kinds]), np.full(n, NOT_A_DIGIT, np.int64)

    def _neighbours(self, rng: Generator) -> Glyph:
        left, right = (_crop_columns(self._glyphs[i]) for i in rng.integers(len(self._glyphs), size=2))
        gap = int(rng.integers(-3, 7))
        canvas = np.zeros((SIDE, left.shape[1] + right.shape[1] + max(gap, 0)), np.uint8)
        canvas[:, : left.shape[1]] = left
        start = max(left.shape[1] + gap, 0)
        window = canvas[:, start : start + right.shape[1]]
        np.maximum(window, right[:, : window.shape[1]], out=window)
        return normalise_glyph(canvas)

    def _part(self, rng: Generator) -> Glyph:
        if not len(self._divisible):
            return self._neighbours(rng)
        digit = _crop_columns(self._glyphs[rng.choice(self._divisible)])
        return _cut_off(digit, rng.uniform(0.3, 0.45), rng)


def _beside(left: Strokes, right: Strokes, gap: float) -> Strokes:
    """`right` moved so that its box begins `gap` after that of `left`."""
    x, _, width, _ = bounds(left)
    offset = np.array([x + width + gap - bounds(right)[0], 0], np.float32)
    return [*left, *(stroke + offset for stroke in right)]


def _bars(drawing: Strokes) -> list[NDArray[np.float32]]:
    """The flat strokes of a digit of several strokes. Steeper ones could be read as a 1."""
    if len(drawing) < 2:
        return []
    sides = [bounds([stroke]) for stroke in drawing]
    return [s for s, (_, _, w, h) in zip(drawing, sides, strict=True) if w > 0.15 and h < 0.6 * w]


def _dot(rng: Generator) -> SizedStrokes:
    """A dot, a comma or a dash, smaller than the smallest square."""
    start = np.zeros(2)
    end = rng.normal(0, 1, 2) * rng.choice([0.03, 0.15])
    return SizedStrokes([np.array([start, end], np.float32)], 1.0)


def _crop_columns(glyph: Glyph) -> Glyph:
    """The glyph without empty columns on its left and right."""
    columns = np.flatnonzero(glyph.any(axis=0))
    return glyph[:, columns[0] : columns[-1] + 1] if len(columns) else glyph


def _cut_off(digit: Glyph, share: float, rng: Generator) -> Glyph:
    """The glyph of the left or the right `share` of a digit (h, w)."""
    width = max(2, round(digit.shape[1] * share))
    return normalise_glyph(digit[:, :width] if rng.random() < 0.5 else digit[:, -width:], min_side=_FRAGMENT_SIDE)


def _texture(rng: Generator) -> Glyph:
    """Paper, cloth or shadow: smooth noise, thresholded."""
    noise = cv2.GaussianBlur(rng.normal(size=(SIDE, SIDE)).astype(np.float32), (0, 0), rng.uniform(0.6, 3))
    threshold = np.quantile(noise, rng.uniform(0.4, 0.9))
    return normalise_glyph(np.where(noise > threshold, 255, 0).astype(np.uint8))

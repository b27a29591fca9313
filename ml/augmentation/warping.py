"""What training sees: endless batches of warped glyphs and of strokes drawn anew, digits and junk."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ml.augmentation.thinning import redraw, thin
from ml.ink.glyph import SIDE, strokes_to_glyph
from ml.ink.strokes import Strokes, bounds
from ml.labels import Glyphs, Labels


class GlyphSource(Protocol):
    """Something that training examples can be drawn from. `strength` 0..1 scales all deformation."""

    def draw(self, n: int, rng: Generator, strength: float) -> tuple[Glyphs, Labels]: ...


@dataclass(frozen=True)
class WarpRanges:
    """Ranges of the deformation of one glyph, at full strength. No flips and no turns that would make a 6 a 9."""

    rotation: float = 9.0  # degrees, standard deviation; cut at 20
    shear: float = 0.25
    scale: float = 0.18
    shift: float = 2.5  # px
    elastic: float = 1.5  # px, standard deviation at most; Simard's alpha 34, sigma 4
    thickness: float = 0.4  # probability of a thinner or thicker pen
    gap: float = 0.1  # probability of a small hole
    coarse: float = 0.06  # probability of few pixels, black or white
    faint: float = 0.15  # probability of pale or unsharp ink


class GlyphWarper:
    """Warps batches of glyphs: one remap each, with affine and elastic displacement added up."""

    _FIELDS = 1024

    def __init__(self, ranges: WarpRanges | None = None, seed: int = 0) -> None:
        self.ranges = ranges or WarpRanges()
        self._fields = elastic_fields(self._FIELDS, (SIDE, SIDE), 4.0, np.random.default_rng(seed))
        middle = (SIDE - 1) / 2
        axis = np.arange(SIDE, dtype=np.float32) - middle
        self._grid = np.stack(np.meshgrid(axis, axis), axis=-1)  # (28, 28, 2): x, y from the middle

    def __call__(self, glyphs: Glyphs, rng: Generator, strength: float = 1.0) -> Glyphs:
        """Warped copies, (n, 28, 28) uint8."""
        n = len(glyphs)
        linear, shift = self._affine(n, rng, strength)
        amount = rng.uniform(0, self.ranges.elastic * strength, (n, 1, 1, 1))
        fields = self._fields[rng.integers(len(self._fields), size=n)]
        maps = self._grid.reshape(1, -1, 2) @ linear + shift[:, None] + (SIDE - 1) / 2
        maps = maps.reshape(n, SIDE, SIDE, 2) + fields * amount
        maps = maps.astype(np.float32)
        warped = np.stack(
            [cv2.remap(g, m[..., 0], m[..., 1], cv2.INTER_LINEAR) for g, m in zip(glyphs, maps, strict=True)]
        )
        return self._pen(warped, rng, strength)

    def _affine(self, n: int, rng: Generator, strength: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Matrices (n, 2, 2), to be applied to row vectors, and shifts (n, 2)."""
        r = self.ranges
        turn = np.deg2rad(rng.normal(0, r.rotation * strength, n).clip(-20, 20))
        shear = rng.uniform(-r.shear, r.shear, n) * strength
        sx, sy = np.exp(rng.uniform(-r.scale, r.scale, (2, n)) * strength)
        cos, sin = np.cos(turn), np.sin(turn)
        linear = np.stack([sx * cos, sx * sin, sy * (shear * cos - sin), sy * (shear * sin + cos)], axis=-1)
        return linear.reshape(n, 2, 2), rng.uniform(-r.shift, r.shift, (n, 2)) * strength

    def _pen(self, glyphs: Glyphs, rng: Generator, strength: float) -> Glyphs:
        """Thicken, thin, pierce, pale or coarsen some of the glyphs."""
        out = glyphs.astype(np.float32)
        changes = ((self.ranges.thickness, _rewrite), (self.ranges.gap, _pierce),
                   (self.ranges.faint, _pale), (self.ranges.coarse, _coarsen))  # fmt: skip
        for share, change in changes:
            for i in np.flatnonzero(rng.random(len(glyphs)) < share * strength):
                out[i] = change(out[i], rng)
        return np.asarray(np.rint(out.clip(0, 255)), np.uint8)


_Soft = NDArray[np.float32]  # (28, 28) grey levels
_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))


def _rewrite(glyph: _Soft, rng: Generator) -> _Soft:
    """With a thicker or thinner pen."""
    other = (cv2.dilate if rng.random() < 0.5 else cv2.erode)(glyph, _CROSS)
    return np.asarray(glyph + rng.uniform(0.1, 0.7) * (other - glyph), np.float32)


def _pierce(glyph: _Soft, rng: Generator) -> _Soft:
    y, x = rng.integers(4, SIDE - 8, 2)
    glyph[y : y + rng.integers(2, 5), x : x + rng.integers(2, 5)] = 0
    return glyph


def _pale(glyph: _Soft, rng: Generator) -> _Soft:
    """Pencil, or out of focus: blurred, then grey levels bent, which keeps the darkest dark."""
    soft = cv2.GaussianBlur(glyph, (0, 0), rng.uniform(0.3, 0.9))
    return np.asarray(255 * (soft / max(float(soft.max()), 1.0)) ** rng.uniform(0.6, 1.8), np.float32)


def _coarsen(glyph: _Soft, rng: Generator) -> _Soft:
    """From a picture of few pixels without grey, as old scanners and small canvases give."""
    side = int(rng.integers(14, 24))
    small = cv2.resize(glyph, (side, side), interpolation=cv2.INTER_AREA)
    small = np.where(small > rng.uniform(60, 150), np.float32(255), np.float32(0))
    smooth = cv2.INTER_LINEAR if rng.random() < 0.7 else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(small, (SIDE, SIDE), interpolation=smooth), np.float32)


def elastic_fields(n: int, shape: tuple[int, int], sigma: float, rng: Generator) -> NDArray[np.float32]:
    """(n, *shape, 2) displacements of standard deviation 1, smooth over `sigma` pixels, as lively at the edges as
    inside."""
    margin = 12
    noise = rng.normal(size=(n, shape[0] + 2 * margin, shape[1] + 2 * margin, 2)).astype(np.float32)
    smooth = np.stack([cv2.GaussianBlur(field, (0, 0), sigma) for field in noise])
    cut = smooth[:, margin:-margin, margin:-margin]
    return np.ascontiguousarray(cut / cut.std())


class ImageSource:
    """Glyphs that exist as pictures only, such as MNIST."""

    def __init__(self, glyphs: Glyphs, labels: Labels, warper: GlyphWarper) -> None:
        self._glyphs, self._labels, self._warper = glyphs, labels, warper

    def draw(self, n: int, rng: Generator, strength: float) -> tuple[Glyphs, Labels]:
        chosen = rng.integers(len(self._labels), size=n)
        return self._warper(self._glyphs[chosen], rng, strength), self._labels[chosen]


SizedStrokes = tuple[Strokes, float]  # strokes, and the smallest side of their square (see `ml.ink.glyph`)


class StrokeSource(ABC):
    """Something that drawings can be had from, to be rendered with another pen each time."""

    pens = (1.4, 4.6)  # glyph px: the fifth and the ninety-fifth percentile of MNIST, and a little beyond

    def __init__(self, warper: GlyphWarper) -> None:
        self._warper = warper

    @abstractmethod
    def ink(self, n: int, rng: Generator, strength: float) -> tuple[list[SizedStrokes], Labels]:
        """`n` drawings and their labels."""

    def draw(self, n: int, rng: Generator, strength: float) -> tuple[Glyphs, Labels]:
        drawings, labels = self.ink(n, rng, strength)
        pens = rng.uniform(*self.pens, size=n)
        glyphs = [
            strokes_to_glyph(strokes, pen, side) for (strokes, side), pen in zip(drawings, pens, strict=True)
        ]
        return self._warper(np.stack(glyphs), rng, strength), labels


class RecordedStrokes(StrokeSource):
    """Drawings kept as strokes."""

    def __init__(self, drawings: Sequence[Strokes], labels: Labels, warper: GlyphWarper) -> None:
        super().__init__(warper)
        self._drawings, self._labels = drawings, labels

    def ink(self, n: int, rng: Generator, strength: float) -> tuple[list[SizedStrokes], Labels]:
        chosen = rng.integers(len(self._drawings), size=n)
        return [(_hasten(self._drawings[i], rng, strength), 0.0) for i in chosen], self._labels[chosen]


def _hasten(drawing: Strokes, rng: Generator, strength: float) -> Strokes:
    """As if written in haste: strokes start late or end early, and miss their place by a few hundredths."""
    if rng.random() > 0.5 * strength:
        return drawing
    *_, width, height = bounds(drawing)
    miss = rng.normal(0, 0.02 * max(width, height), (len(drawing), 1, 2)).astype(np.float32)
    ends = (rng.uniform(0, 0.07, (len(drawing), 2)) * [[len(stroke)] for stroke in drawing]).astype(int)
    return [
        stroke[first : len(stroke) - last] + shift
        for stroke, shift, (first, last) in zip(drawing, miss, ends.tolist(), strict=True)
    ]


class RedrawnSource:
    """Glyphs drawn anew along their middle lines with a round pen, as strokes on a screen are."""

    def __init__(self, glyphs: Glyphs, labels: Labels, warper: GlyphWarper) -> None:
        self._skeletons = np.packbits(thin(glyphs), axis=2)
        self._labels, self._warper = labels, warper

    def draw(self, n: int, rng: Generator, strength: float) -> tuple[Glyphs, Labels]:
        chosen = rng.integers(len(self._labels), size=n)
        skeletons = np.unpackbits(self._skeletons[chosen], axis=2).astype(bool)
        pens = rng.uniform(*StrokeSource.pens, size=n)
        glyphs = [redraw(skeleton, pen) for skeleton, pen in zip(skeletons, pens, strict=True)]
        return self._warper(np.stack(glyphs), rng, strength), self._labels[chosen]


@dataclass(frozen=True)
class GlyphMixture:
    """Sources and how many examples of each go into one batch."""

    sources: Sequence[tuple[GlyphSource, int]]

    def batch(self, rng: Generator, strength: float) -> tuple[Glyphs, Labels]:
        parts = [source.draw(n, rng, strength) for source, n in self.sources if n]
        return np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts])

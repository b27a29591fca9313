"""Warp glyphs for training: affine and elastic deformation, other pens, holes, pale ink, few pixels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ml.ink.glyph import SIDE
from ml.labels import Glyphs


@dataclass(frozen=True)
class WarpRanges:
    """Ranges of the deformation of one glyph, at full strength.

    Nothing is flipped, and nothing is rotated so far that a 6 becomes a 9.
    """

    rotation: float = 9.0  # degrees, standard deviation; cut at 20
    shear: float = 0.25  # at most, either way
    scale: float = 0.18  # at most, either way, of the logarithm, for each axis by itself
    shift: float = 2.5  # px, at most, either way
    elastic: float = 1.5  # px, standard deviation at most; equals Simard's alpha 34, sigma 4
    thickness: float = 0.4  # probability of a thinner or thicker pen
    rough: float = 0.06  # probability of ragged edges
    gap: float = 0.1  # probability of a small hole
    coarse: float = 0.06  # probability of few pixels, black or white
    faint: float = 0.15  # probability of pale or unsharp ink


class GlyphWarper:
    """Warps batches of glyphs: one remap each, with affine and elastic displacement added up."""

    _FIELDS = 1024  # elastic fields, made once from `seed`
    _FINE_FIELDS = 64  # of ragged edges

    def __init__(self, ranges: WarpRanges | None = None, seed: int = 0) -> None:
        self.ranges = ranges or WarpRanges()
        self._fields = elastic_fields(self._FIELDS, (SIDE, SIDE), 4.0, np.random.default_rng(seed))
        self._fine_fields = elastic_fields(self._FINE_FIELDS, (SIDE, SIDE), 1.3, np.random.default_rng((seed, 1)))
        middle = (SIDE - 1) / 2
        axis = np.arange(SIDE, dtype=np.float32) - middle
        self._grid = np.stack(np.meshgrid(axis, axis), axis=-1)  # (28, 28, 2): x, y from the middle

    def __call__(self, glyphs: Glyphs, rng: Generator, strength: float = 1.0) -> Glyphs:
        """Warped copies (n, 28, 28) of glyphs (n, 28, 28). At strength 0 they are equal to them."""
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
        return self._change_ink(warped, rng, strength)

    def _affine(self, n: int, rng: Generator, strength: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Matrices (n, 2, 2), to be applied to row vectors, and shifts (n, 2) in px."""
        r = self.ranges
        turn = np.deg2rad(rng.normal(0, r.rotation * strength, n).clip(-20, 20))
        shear = rng.uniform(-r.shear, r.shear, n) * strength
        sx, sy = np.exp(rng.uniform(-r.scale, r.scale, (2, n)) * strength)
        cos, sin = np.cos(turn), np.sin(turn)
        linear = np.stack([sx * cos, sx * sin, sy * (shear * cos - sin), sy * (shear * sin + cos)], axis=-1)
        return linear.reshape(n, 2, 2), rng.uniform(-r.shift, r.shift, (n, 2)) * strength

    def _change_ink(self, glyphs: Glyphs, rng: Generator, strength: float) -> Glyphs:
        """Change the pen of some glyphs, pierce, pale or coarsen some."""
        changed = glyphs.astype(np.float32)
        changes = (
            (self.ranges.thickness, _change_pen),
            (self.ranges.rough, self._roughen),
            (self.ranges.gap, _pierce),
            (self.ranges.faint, _pale),
            (self.ranges.coarse, _coarsen),
        )
        for share, change in changes:
            for i in np.flatnonzero(rng.random(len(glyphs)) < share * strength):
                changed[i] = change(changed[i], rng)
        return np.asarray(np.rint(changed.clip(0, 255)), np.uint8)

    def _roughen(self, glyph: _GreyLevels, rng: Generator) -> _GreyLevels:
        """With edges as of fat ink in a picture of few pixels, when its pen is made a usual one."""
        field = self._fine_fields[rng.integers(len(self._fine_fields))] * rng.uniform(0.3, 0.8)
        x, y = np.moveaxis((self._grid + (SIDE - 1) / 2 + field).astype(np.float32), -1, 0)
        return np.asarray(cv2.remap(glyph, x, y, cv2.INTER_LINEAR), np.float32)


_GreyLevels = NDArray[np.float32]  # (28, 28), 0 to 255
_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))


def _change_pen(glyph: _GreyLevels, rng: Generator) -> _GreyLevels:
    """The glyph as a thicker or thinner pen leaves it."""
    other = (cv2.dilate if rng.random() < 0.5 else cv2.erode)(glyph, _CROSS)
    return np.asarray(glyph + rng.uniform(0.1, 0.7) * (other - glyph), np.float32)


def _pierce(glyph: _GreyLevels, rng: Generator) -> _GreyLevels:
    """The glyph, in place, with a hole of two to four pixels a side."""
    y, x = rng.integers(4, SIDE - 8, 2)
    glyph[y : y + rng.integers(2, 5), x : x + rng.integers(2, 5)] = 0
    return glyph


def _pale(glyph: _GreyLevels, rng: Generator) -> _GreyLevels:
    """As pencil, or out of focus: blurred, then a random gamma, which keeps the darkest level."""
    soft = cv2.GaussianBlur(glyph, (0, 0), rng.uniform(0.3, 0.9))
    return np.asarray(255 * (soft / max(float(soft.max()), 1.0)) ** rng.uniform(0.6, 1.8), np.float32)


def _coarsen(glyph: _GreyLevels, rng: Generator) -> _GreyLevels:
    """As from a picture of few pixels in black and white, such as old scanners and small canvases give."""
    side = int(rng.integers(14, 24))
    small = cv2.resize(glyph, (side, side), interpolation=cv2.INTER_AREA)
    small = np.where(small > rng.uniform(60, 150), np.float32(255), np.float32(0))
    smooth = cv2.INTER_LINEAR if rng.random() < 0.7 else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(small, (SIDE, SIDE), interpolation=smooth), np.float32)


def elastic_fields(n: int, shape: tuple[int, int], sigma: float, rng: Generator) -> NDArray[np.float32]:
    """(n, *shape, 2) displacements of standard deviation 1, smooth over `sigma` pixels."""
    margin = 12  # px, cut off, so that displacements at the edges are as large as inside
    noise = rng.normal(size=(n, shape[0] + 2 * margin, shape[1] + 2 * margin, 2)).astype(np.float32)
    smooth = np.stack([cv2.GaussianBlur(field, (0, 0), sigma) for field in noise])
    cut = smooth[:, margin:-margin, margin:-margin]
    return np.ascontiguousarray(cut / cut.std())

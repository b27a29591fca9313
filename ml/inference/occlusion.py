"""Occlusions of a glyph: copies of it in which a part of the ink is missing.

Of a drawing with strokes parts of these are left out; of a picture square patches are filled with their
surroundings. Gaps of several sizes are made, because ink next to a small gap often shows the same as the ink that
is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.decoding.reading import ReadGlyph
from ml.ink.glyph import BOX, PEN, SIDE, Glyph
from ml.ink.strokes import Strokes, bounds
from ml.ink.trajectory import strokes_to_trajectory

_PARTS = 16  # about this many parts of equal length are made of the strokes of a digit
_POINTS = 8  # of a part
_GAPS = (1, 2, 4)  # neighbouring parts that are left out together
_PATCHES = ((5, 2), (9, 3))  # side and stride in pixels

Images = NDArray[np.float32]  # (n, 28, 28)
Trajectories = NDArray[np.float32]  # (n, 48, 5), see `ml.ink.trajectory`


@dataclass(frozen=True, eq=False)
class Occlusions:
    """m occlusions of a glyph.

    `missing` (m, 28, 28) is the share of each pixel that is replaced by `fill`. `parts` are the parts of the
    strokes, points (n, 2) in units of the drawing, and `hidden` the numbers of the parts that each occlusion
    leaves out; of a picture both are empty.
    """

    missing: Images
    fill: Glyph
    parts: tuple[NDArray[np.float32], ...] = ()
    hidden: tuple[tuple[int, ...], ...] = ()

    def __len__(self) -> int:
        return len(self.missing)

    @property
    def areas(self) -> NDArray[np.float32]:
        """(m,) the sums of `missing`, in pixels."""
        return np.asarray(self.missing.sum(axis=(1, 2)))

    def glyphs(self, glyph: Glyph) -> NDArray[np.uint8]:
        """(m, 28, 28) the glyph with each occlusion."""
        change = self.fill.astype(np.float32) - glyph
        return np.asarray(np.rint(glyph + self.missing * change), np.uint8)

    def trajectories(self, strokes: Strokes, min_side: float) -> Trajectories:
        """(m + 1, 48, 5): that of all strokes, then those of the strokes with each occlusion."""
        drawings = [strokes]
        for hidden in self.hidden:
            left = [part for number, part in enumerate(self.parts) if number not in hidden]
            drawings.append(left or strokes)
        return np.stack([strokes_to_trajectory(drawing, min_side) for drawing in drawings])

    def points(self, number: int) -> NDArray[np.float32] | None:
        """(n, 2) of the parts that an occlusion hides; None of a picture."""
        return np.concatenate([self.parts[i] for i in self.hidden[number]]) if self.hidden else None


def occlude_patches(glyph: Glyph) -> Occlusions:
    """Squares with ink, filled with the blurred glyph: plain paper would make edges that no digit has."""
    fill = np.asarray(cv2.GaussianBlur(glyph, (0, 0), 3.0), np.uint8)
    change = np.abs(glyph.astype(np.float32) - fill)
    missing = []
    for side, stride in _PATCHES:
        for top in range(0, SIDE - side + 1, stride):
            for left in range(0, SIDE - side + 1, stride):
                window = np.s_[top : top + side, left : left + side]
                if glyph[window].max(initial=0) and change[window].max() > 16:
                    missing.append(np.zeros((SIDE, SIDE), np.float32))
                    missing[-1][window] = 1.0
    return Occlusions(np.array(missing, np.float32).reshape(-1, SIDE, SIDE), fill)


def occlude_strokes(subject: ReadGlyph) -> Occlusions:
    """One part of a stroke, or several neighbours of one stroke, are left out."""
    assert subject.strokes
    parts, stroke_of = _cut(subject.strokes)
    hidden = []
    for length in _GAPS:
        for first in range(len(parts) - length + 1):
            if stroke_of[first] == stroke_of[first + length - 1]:
                hidden.append(tuple(range(first, first + length)))
    ink = _ink_of_parts(subject, parts)
    whole = ink.max(axis=0)
    missing = np.empty((len(hidden), SIDE, SIDE), np.float32)
    for image, run in zip(missing, hidden, strict=True):
        rest = np.delete(ink, run, axis=0)
        image[:] = 1 - (rest.max(axis=0) if len(rest) else 0.0) / whole
    return Occlusions(missing, np.zeros((SIDE, SIDE), np.uint8), tuple(parts), tuple(hidden))


def _cut(strokes: Strokes) -> tuple[list[NDArray[np.float32]], list[int]]:
    """Parts (n, 2) of about equal length along the strokes, and the number of the stroke of each part."""
    lengths = [np.concatenate([[0.0], np.hypot(*np.diff(s, axis=0).T).cumsum()]) for s in strokes]
    total = max(sum(float(length[-1]) for length in lengths), 1e-9)
    parts, stroke_of = [], []
    for number, (stroke, length) in enumerate(zip(strokes, lengths, strict=True)):
        count = max(1, round(_PARTS * float(length[-1]) / total))
        stops = np.linspace(0, length[-1], count * _POINTS + 1)
        points = np.stack([np.interp(stops, length, stroke[:, k]) for k in (0, 1)], axis=1).astype(np.float32)
        parts += [points[i * _POINTS : (i + 1) * _POINTS + 1] for i in range(count)]
        stroke_of += [number] * count
    return parts, stroke_of


def _ink_of_parts(subject: ReadGlyph, parts: Sequence[NDArray[np.float32]]) -> Images:
    """(n, 28, 28) how much of each pixel of the glyph each part inks.

    It is nowhere quite 0: ink that no part covers belongs to the nearest.
    """
    assert subject.strokes
    x, y, width, height = bounds(subject.strokes)
    scale = (BOX - PEN) / max(width, height, subject.min_side, 1e-6)
    middle = np.array([x + width / 2, y + height / 2], np.float32)
    centred = [(part - middle) * scale + SIDE / 2 for part in parts]
    # The normalisation moved the ink by whole pixels: to where the glyph lies best on the wide image (56, 56).
    wide = _draw(centred, SIDE / 2, 2 * SIDE).max(axis=0)
    windows = np.lib.stride_tricks.sliding_window_view(wide, (SIDE, SIDE))
    fit = np.einsum("ijkl,kl->ij", windows, subject.glyph.astype(np.float32), optimize=True)
    down, right = np.unravel_index(int(fit.argmax()), fit.shape)
    shift = np.array([SIDE // 2 - right, SIDE // 2 - down], np.float32)
    return _draw([part + shift for part in centred], 0.0, SIDE)


def _draw(lines: Sequence[NDArray[np.float32]], margin: float, side: int) -> Images:
    """What a round pen inks along lines (n, 2) in glyph pixels, on images (side, side) that begin at -`margin`."""
    centres = np.arange(side, dtype=np.float32) + 0.5 - margin
    images = np.empty((len(lines), side, side), np.float32)
    for image, line in zip(images, lines, strict=True):
        across = (centres[None, :, None] - line[:, 0]) ** 2
        down = (centres[:, None, None] - line[:, 1]) ** 2
        distance = np.sqrt((across + down).min(axis=2))
        image[:] = np.clip(PEN / 2 + 0.5 - distance, 0, 1) + 1e-4 / (1 + distance)
    return images

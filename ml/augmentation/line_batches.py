"""Batches of strips to learn from: rows put together from glyphs, and lines of real pictures."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ml.augmentation.warping import elastic_fields
from ml.data.corpus import LabeledLines, LineLabels
from ml.ink.greyscale import Grey, as_uint8
from ml.ink.line_image import INK_HEIGHT, LINE_HEIGHT, LineImage, ink_to_line_image, pad_to_width

TRAINING_WIDTH = 192  # px, of all strips that are learned from
MAX_DIGITS = 10  # digits
_FIELDS = 256
_FAINTEST = 0.12  # of the darkest ink; what is fainter the reader does not see as ink
_REAL = 2 * INK_HEIGHT  # px, height of the ink of a real line before it is deformed

LineImages = NDArray[np.uint8]  # (n, 32, 192)
LabelRows = NDArray[np.int64]  # (n, 10), -1 after the last digit


class LineSource:
    """Endless batches. Rows are slanted once, real lines each time they are drawn; `share` of all are real."""

    def __init__(self, rows: LabeledLines, real: LabeledLines, share: float, batch: int, seed: int) -> None:
        rng = np.random.default_rng((seed, 4))
        self._rows = np.stack([_as_row(ink, rng) for ink in rows.ink])
        self._row_texts, self._real_texts = pad_labels(rows.texts), pad_labels(real.texts)
        self._real = [_smaller(ink) for ink in real.ink]
        self._count = round(share * batch) if self._real else 0
        self._batch = batch
        self._warper = _Warper(rng)

    def batch(self, rng: Generator, strength: float) -> tuple[LineImages, LabelRows]:
        rows = rng.integers(len(self._rows), size=self._batch - self._count)
        real = rng.integers(max(1, len(self._real)), size=self._count)
        strips = [*self._rows[rows], *(_as_row(self._real[i], rng, strength) for i in real)]
        warped = np.stack([self._warper(strip, rng, strength) for strip in strips])
        return warped, np.concatenate([self._row_texts[rows], self._real_texts[real]])


def pad_labels(texts: Sequence[LineLabels]) -> LabelRows:
    """As an array, to count with. Longer texts lose their end, which no line that trains has."""
    found = np.full((len(texts), MAX_DIGITS), -1, np.int64)
    for row, text in zip(found, texts, strict=True):
        row[: len(text)] = text[:MAX_DIGITS]
    return found


def to_line_images(ink: Sequence[Grey]) -> LineImages:
    """As the reader sees them, longer ones squeezed to the width of those that are learned from."""
    return np.stack([pad_to_width(ink_to_line_image(each, TRAINING_WIDTH), TRAINING_WIDTH) for each in ink])


def _as_row(ink: Grey, rng: Generator, strength: float = 1.0) -> LineImage:
    deformed = _other_ink(_slanted(ink, rng, strength), rng, strength)
    faintest = _FAINTEST * int(deformed.max())
    return pad_to_width(
        ink_to_line_image(np.where(deformed > faintest, deformed, np.uint8(0)), TRAINING_WIDTH), TRAINING_WIDTH
    )


def _smaller(ink: Grey) -> Grey:
    size = max(1, round(ink.shape[1] * _REAL / ink.shape[0])), _REAL
    return np.pad(as_uint8(cv2.resize(ink, size, interpolation=cv2.INTER_AREA)), 4)


def _slanted(ink: Grey, rng: Generator, strength: float) -> Grey:
    """Sheared, turned by a few degrees and widened, whole."""
    h, w = ink.shape
    turn = np.deg2rad(np.clip(rng.normal(0, 2.5), -7, 7)) * strength
    shear, wider = rng.normal(0, 0.22) * strength, np.exp(rng.uniform(-0.25, 0.25) * strength)
    linear = np.array([[wider * np.cos(turn), -shear - np.sin(turn)], [wider * np.sin(turn), np.cos(turn)]])
    corners = linear @ np.array([[0, w, 0, w], [0, 0, h, h]])
    size = np.ceil(np.ptp(corners, axis=1)).astype(int) + 1
    return as_uint8(cv2.warpAffine(ink, np.c_[linear, -corners.min(axis=1)], size.tolist()))


def _other_ink(ink: Grey, rng: Generator, strength: float) -> Grey:
    """Some broader or finer, unsharp, pale, or torn."""
    for share, change in ((0.2, _broader), (0.15, _finer), (0.3, _unsharp), (0.3, _paler), (0.15, _torn)):
        if rng.random() < share * strength:
            ink = as_uint8(change(ink, rng))
    return ink


_DISC = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))


def _broader(ink: Grey, rng: Generator) -> object:
    return cv2.dilate(ink, _DISC)


def _finer(ink: Grey, rng: Generator) -> object:
    return cv2.addWeighted(ink, 0.5, cv2.erode(ink, _DISC), 0.5, 0)


def _unsharp(ink: Grey, rng: Generator) -> object:
    return cv2.GaussianBlur(ink, (0, 0), rng.uniform(0.5, 2.0))


def _paler(ink: Grey, rng: Generator) -> object:
    levels = 255 * (np.arange(256) / 255) ** rng.uniform(0.6, 1.8)
    return cv2.LUT(ink, levels.astype(np.uint8))


def _torn(ink: Grey, rng: Generator) -> object:
    return ink * (rng.random(ink.shape) > rng.uniform(0, 0.2))


class _Warper:
    """Displaces, shakes and rewrites a strip a little: cheap enough for each time that it is seen."""

    def __init__(self, rng: Generator) -> None:
        self._y, self._x = np.mgrid[:LINE_HEIGHT, :TRAINING_WIDTH].astype(np.float32)
        self._fields = elastic_fields(_FIELDS, (LINE_HEIGHT, TRAINING_WIDTH), 5.0, rng)

    def __call__(self, strip: LineImage, rng: Generator, strength: float) -> LineImage:
        field = self._fields[rng.integers(_FIELDS)] * np.float32(rng.uniform(0, 1.3) * strength)
        wider, higher = np.exp(rng.uniform(-1, 1, 2) * strength * [0.12, 0.08])
        shear, slope = rng.normal(0, 1, 2) * strength * [0.1, 0.012]
        right, down = rng.uniform(-1, 1, 2) * strength * [3, 1.2]
        y = self._y - LINE_HEIGHT / 2
        x = (self._x + shear * y) * wider + right + field[..., 0]
        y = LINE_HEIGHT / 2 + y * higher + slope * (self._x - TRAINING_WIDTH / 3) + down + field[..., 1]
        moved = cv2.remap(strip, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR)
        return as_uint8(_rewritten(as_uint8(moved), rng, strength))


def _rewritten(strip: LineImage, rng: Generator, strength: float) -> object:
    kind = rng.random()
    if kind < 0.15 * strength:
        return cv2.addWeighted(strip, 0.5, cv2.dilate(strip, np.ones((2, 2), np.uint8)), 0.5, 0)
    if kind < 0.3 * strength:
        return cv2.GaussianBlur(strip, (0, 0), rng.uniform(0.3, 0.9))
    if kind < 0.45 * strength:
        return _paler(strip, rng)
    if kind < 0.55 * strength:
        return np.where(strip > rng.uniform(60, 140), np.uint8(255), np.uint8(0))
    return strip

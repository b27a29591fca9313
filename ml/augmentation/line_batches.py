"""Draw batches of deformed line images for training: of synthetic lines, and of real lines."""

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

TRAINING_WIDTH = 192  # px, of all line images that are trained on
MAX_DIGITS = 10  # of a line
_FIELDS = 256  # elastic fields
_FAINTEST = 0.12  # of the darkest ink; segmentation does not find fainter ink
_REAL_HEIGHT = 2 * INK_HEIGHT  # px, of the ink of a real line before it is deformed
_REAL_MARGIN = 4  # px around it
_DISC = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))

LineImages = NDArray[np.uint8]  # (n, 32, 192)
PaddedLabels = NDArray[np.int64]  # (n, 10), -1 after the last digit


class LineSource:
    """Line images of synthetic lines and, for `real_share` of them, of real lines where there are any.

    Synthetic lines are sheared, rotated and given other ink once; real lines, which are few, each time that they
    are drawn. All are warped each time.
    """

    def __init__(self, synthetic: LabeledLines, real: LabeledLines, real_share: float, seed: int) -> None:
        rng = np.random.default_rng((seed, 4))
        self._synthetic = np.stack([_deformed_image(ink, rng, 1.0) for ink in synthetic.ink])
        self._real: list[Grey] = []
        for ink in real.ink:
            size = max(1, round(ink.shape[1] * _REAL_HEIGHT / ink.shape[0])), _REAL_HEIGHT
            resized = as_uint8(cv2.resize(ink, size, interpolation=cv2.INTER_AREA))
            self._real.append(np.pad(resized, _REAL_MARGIN))
        self._synthetic_labels, self._real_labels = pad_labels(synthetic.texts), pad_labels(real.texts)
        self._real_share = real_share if self._real else 0.0
        self._warper = _LineWarper(rng)

    def draw(self, n: int, rng: Generator, strength: float) -> tuple[LineImages, PaddedLabels]:
        """`n` line images (n, 32, 192) and their digits (n, 10). `strength`, 0 to 1, scales all deformation."""
        real_count = round(self._real_share * n)
        synthetic = rng.integers(len(self._synthetic), size=n - real_count)
        real = rng.integers(max(1, len(self._real)), size=real_count)
        images = [*self._synthetic[synthetic], *(_deformed_image(self._real[i], rng, strength) for i in real)]
        warped = np.stack([self._warper(image, rng, strength) for image in images])
        return warped, np.concatenate([self._synthetic_labels[synthetic], self._real_labels[real]])


def pad_labels(texts: Sequence[LineLabels]) -> PaddedLabels:
    """The digits of n lines as an array (n, 10). Digits after the tenth are dropped; no training line has more."""
    labels = np.full((len(texts), MAX_DIGITS), -1, np.int64)
    for row, text in zip(labels, texts, strict=True):
        row[: len(text)] = text[:MAX_DIGITS]
    return labels


def to_line_images(ink: Sequence[Grey]) -> LineImages:
    """Lines as the reader's line network sees them; those wider than 192 px are squeezed."""
    return np.stack([_training_image(line) for line in ink])


def _training_image(ink: Grey) -> LineImage:
    return pad_to_width(ink_to_line_image(ink, TRAINING_WIDTH), TRAINING_WIDTH)


def _deformed_image(ink: Grey, rng: Generator, strength: float) -> LineImage:
    """The line image of a sheared line, of some lines with broader or finer, blurred, pale, or torn ink."""
    deformed = _sheared(ink, rng, strength)
    for share, change in ((0.2, _dilated), (0.15, _thinned), (0.3, _blurred), (0.3, _paled), (0.15, _torn)):
        if rng.random() < share * strength:
            deformed = as_uint8(change(deformed, rng))
    faintest = _FAINTEST * int(deformed.max())
    return _training_image(np.where(deformed > faintest, deformed, np.uint8(0)))


def _sheared(ink: Grey, rng: Generator, strength: float) -> Grey:
    """The whole line sheared, rotated by at most 7 degrees, and scaled in width by up to e**0.25."""
    h, w = ink.shape
    turn = np.deg2rad(np.clip(rng.normal(0, 2.5), -7, 7)) * strength
    shear, scale = rng.normal(0, 0.22) * strength, np.exp(rng.uniform(-0.25, 0.25) * strength)
    linear = np.array([[scale * np.cos(turn), -shear - np.sin(turn)], [scale * np.sin(turn), np.cos(turn)]])
    corners = linear @ np.array([[0, w, 0, w], [0, 0, h, h]])
    size = np.ceil(np.ptp(corners, axis=1)).astype(int) + 1
    return as_uint8(cv2.warpAffine(ink, np.c_[linear, -corners.min(axis=1)], size.tolist()))


def _dilated(ink: Grey, rng: Generator) -> object:
    return cv2.dilate(ink, _DISC)


def _thinned(ink: Grey, rng: Generator) -> object:
    return cv2.addWeighted(ink, 0.5, cv2.erode(ink, _DISC), 0.5, 0)


def _blurred(ink: Grey, rng: Generator) -> object:
    return cv2.GaussianBlur(ink, (0, 0), rng.uniform(0.5, 2.0))


def _paled(ink: Grey, rng: Generator) -> object:
    """With a random gamma."""
    levels = 255 * (np.arange(256) / 255) ** rng.uniform(0.6, 1.8)
    return cv2.LUT(ink, levels.astype(np.uint8))


def _torn(ink: Grey, rng: Generator) -> object:
    """Without up to 20 % of the pixels."""
    return ink * (rng.random(ink.shape) > rng.uniform(0, 0.2))


class _LineWarper:
    """Warps a line image a little: fast enough for each time that it is drawn."""

    def __init__(self, rng: Generator) -> None:
        self._y, self._x = np.mgrid[:LINE_HEIGHT, :TRAINING_WIDTH].astype(np.float32)
        self._fields = elastic_fields(_FIELDS, (LINE_HEIGHT, TRAINING_WIDTH), 5.0, rng)

    def __call__(self, image: LineImage, rng: Generator, strength: float) -> LineImage:
        field = self._fields[rng.integers(_FIELDS)] * np.float32(rng.uniform(0, 1.3) * strength)
        wider, higher = np.exp(rng.uniform(-1, 1, 2) * strength * [0.12, 0.08])
        shear, slope = rng.normal(0, 1, 2) * strength * [0.1, 0.012]
        right, down = rng.uniform(-1, 1, 2) * strength * [3, 1.2]
        y = self._y - LINE_HEIGHT / 2
        x = (self._x + shear * y) * wider + right + field[..., 0]
        y = LINE_HEIGHT / 2 + y * higher + slope * (self._x - TRAINING_WIDTH / 3) + down + field[..., 1]
        moved = cv2.remap(image, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR)
        return as_uint8(_changed_pixels(as_uint8(moved), rng, strength))


def _changed_pixels(image: LineImage, rng: Generator, strength: float) -> object:
    """At full strength 55 % of the images broader, blurred, pale, or black and white; the others unchanged."""
    kind = rng.random()
    if kind < 0.15 * strength:
        return cv2.addWeighted(image, 0.5, cv2.dilate(image, np.ones((2, 2), np.uint8)), 0.5, 0)
    if kind < 0.3 * strength:
        return cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 0.9))
    if kind < 0.45 * strength:
        return _paled(image, rng)
    if kind < 0.55 * strength:
        return np.where(image > rng.uniform(60, 140), np.uint8(255), np.uint8(0))
    return image

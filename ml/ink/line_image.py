"""A line of a picture as the line network sees it: level, its ink 26 pixels high."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.ink.greyscale import Grey, as_uint8

LINE_HEIGHT = 32
INK_HEIGHT = 26  # px
STEP_WIDTH = 4  # px of a line image for each step of the network's output
MAX_WIDTH = 1024  # px; longer lines are squeezed
_MARGIN = 4  # px left and right of the ink
_LONG = 2.0  # heights; a shorter line may be taller on one side because of the digits that it holds
_MAX_SLOPE = 0.3
_TAIL = 0.03  # of the ink, above and below, that may be cut off
_SPARE = 0.08  # of the height of the rest, above and below it, that is never cut off

LineImage = NDArray[np.uint8]  # (32, w), ink high


def ink_to_line_image(ink: Grey, widest: int = MAX_WIDTH) -> LineImage:
    """The line image of ink (h, w) that is high on ink and 0 on paper; its width is a multiple of STEP_WIDTH.

    There must be some ink. It is made level, and the darkest becomes 255. `widest` is the largest width.
    """
    level = crop_to_ink(_levelled(crop_to_ink(ink)))
    # Cut off the ends of the tallest strokes: beside a long tail digits would become small.
    share = np.cumsum(level.sum(axis=1, dtype=np.float64))
    first, last = np.searchsorted(share, [_TAIL * share[-1], (1 - _TAIL) * share[-1]])
    spare = round(_SPARE * (last - first + 1))
    box = crop_to_ink(level[max(0, first - spare) : last + 1 + spare])
    width = min(max(1, round(box.shape[1] * INK_HEIGHT / box.shape[0])), widest - 2 * _MARGIN)
    small = cv2.resize(box.astype(np.float32), (width, INK_HEIGHT), interpolation=cv2.INTER_AREA)
    top = (LINE_HEIGHT - INK_HEIGHT) // 2
    steps = -(-(width + 2 * _MARGIN) // STEP_WIDTH)
    image = np.zeros((LINE_HEIGHT, steps * STEP_WIDTH), np.uint8)
    gain = 255 / max(float(small.max()), 1e-3)
    image[top : top + INK_HEIGHT, _MARGIN : _MARGIN + width] = as_uint8(np.rint(small * gain))
    return image


def crop_to_ink(ink: Grey) -> Grey:
    """The part (h, w) of ink that holds all of it. There must be some."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _levelled(ink: Grey) -> Grey:
    """Ink sheared so that it rises no more than it falls: on a sloping line digits would become small."""
    h, w = ink.shape
    if w < _LONG * h:
        return ink
    mass = ink.sum(axis=0, dtype=np.float64)
    x = np.arange(w) - np.average(np.arange(w), weights=mass)
    height = (np.arange(h) @ ink.astype(np.float64)) / np.maximum(mass, 1.0)
    slope = float(np.clip((mass * x * height).sum() / (mass * x**2).sum(), -_MAX_SLOPE, _MAX_SLOPE))
    rise = abs(slope) * w
    shear = np.array([[1, 0, 0], [-slope, 1, max(slope, 0.0) * w]])
    return as_uint8(cv2.warpAffine(ink, shear, (w, h + int(np.ceil(rise)))))


def pad_to_width(image: LineImage, width: int) -> LineImage:
    """The line image with paper on the right, up to `width` pixels."""
    return np.pad(image, ((0, 0), (0, width - image.shape[1])))

"""From the colours of a picture to the grey in which ink differs most from paper.

A weighted mean would turn a red pen into light grey, and blue ink on a yellow note into nearly the grey of the
note. Of the three channels, their darkest and their lightest, the one is taken in which ink and paper lie farthest
apart.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.ink.paper import flatten_papers

Grey = NDArray[np.uint8]  # (h, w)
Colours = NDArray[np.uint8]  # (..., 3)

_STEP = 3  # one pixel in nine is sampled; lines of a pen are wider
_INK_SHARE = 0.02  # of the pixels count as ink: those that differ most from paper
_CLEARLY = 1.25  # how much farther apart another grey must have them; the reader was trained on the usual one


def as_uint8(array: object) -> Grey:
    """The array with the type that OpenCV's results have, which its annotations do not say."""
    return np.asarray(array, np.uint8)


def to_grey(pixels: Grey | Colours) -> Grey:
    """Grey pixels (h, w), 0 black to 255 white, of grey ones or of colours (h, w, 3).

    The usual grey is the darkest channel of a light page and the lightest of a dark one: coloured ink is at full
    strength in it.
    """
    flat = flatten_papers(pixels if pixels.ndim == 3 else pixels[..., None])
    if flat is not None:
        return flat
    if pixels.ndim == 2:
        return np.ascontiguousarray(pixels)
    sample = pixels[::_STEP, ::_STEP].reshape(-1, 3)
    usual = np.min if np.median(sample) >= 128 else np.max
    channels = [partial(np.take, indices=k) for k in range(3)]
    conversions: list[Callable[..., Any]] = [usual, *channels, np.min, np.max]
    away = np.abs(sample - np.median(sample, axis=0)).sum(axis=1)  # most pixels are paper
    is_ink = away >= np.quantile(away, 1 - _INK_SHARE)
    contrasts = []  # between ink and paper in each of the greys
    for convert in conversions:
        grey = convert(sample, axis=-1).astype(np.float32)
        contrasts.append(float(abs(np.median(grey[is_ink]) - np.median(grey))))
    best = int(np.argmax(contrasts))
    chosen = conversions[best] if contrasts[best] > _CLEARLY * contrasts[0] else usual
    if chosen is np.min or chosen is np.max:  # OpenCV takes a tenth of the time
        red, green, blue = cv2.split(pixels)
        pick = cv2.min if chosen is np.min else cv2.max
        return as_uint8(pick(pick(red, green), blue))
    return np.ascontiguousarray(chosen(pixels, axis=-1))

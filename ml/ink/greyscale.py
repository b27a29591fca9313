"""From the colours of a picture to the grey in which ink differs most from paper.

A weighted mean would turn a red pen into light grey, and blue ink on a yellow note into nearly the grey of the
note. Of the three channels, their darkest and their lightest, the one is taken in which ink and paper lie farthest
apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.ink.counts import count_values, darkest, lightest, median
from ml.ink.paper import flatten_papers

Grey = NDArray[np.uint8]  # (h, w)
Colours = NDArray[np.uint8]  # (..., 3)

_STEP = 3  # one pixel in nine is sampled; lines of a pen are wider
_LIGHT = 128  # of 255; paper that is at least so light is light
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
    sample = [np.ascontiguousarray(pixels[::_STEP, ::_STEP, channel]) for channel in range(3)]
    greys = [*sample, darkest(sample), lightest(sample)]
    counts = [count_values(grey) for grey in greys]
    middles = [median(values) for values in counts]
    usual = 3 if median(np.sum(counts[:3], axis=0)) >= _LIGHT else 4
    is_ink = _farthest(sample, middles[:3])
    contrasts = [
        abs(median(count_values(grey, is_ink)) - middle) for grey, middle in zip(greys, middles, strict=True)
    ]
    best = int(np.argmax(contrasts))
    if contrasts[best] <= _CLEARLY * contrasts[usual]:
        best = usual
    if best < 3:
        return as_uint8(cv2.extractChannel(pixels, best))
    return (darkest if best == 3 else lightest)(cv2.split(pixels))


def _farthest(channels: Sequence[Grey], middles: Sequence[float]) -> Grey:
    """1 on the pixels (h, w) of the greatest sums of differences from the middles of the channels; 0 elsewhere."""
    away = np.zeros(channels[0].shape, np.uint16)  # twice the sum: a median may be half a level
    for channel, middle in zip(channels, middles, strict=True):
        differences = abs(2 * np.arange(256) - 2 * middle).astype(np.uint16)
        away += np.asarray(cv2.LUT(channel, differences), np.uint16).reshape(away.shape)
    counts = np.cumsum(np.bincount(away.ravel()))
    least = int(np.searchsorted(counts, math.ceil((1 - _INK_SHARE) * (int(counts[-1]) - 1)) + 1))
    return (away >= least).view(np.uint8)

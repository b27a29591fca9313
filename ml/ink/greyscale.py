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

from ml.ink.paper import flatten_papers, fold

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
    middles = [_doubled_median(channel) for channel in sample]
    darkest, lightest = fold(cv2.min, sample), fold(cv2.max, sample)
    is_light = _doubled_median(np.concatenate(sample)) >= 2 * _LIGHT
    greys = [darkest if is_light else lightest, *sample, darkest, lightest]
    is_ink = _farthest(sample, middles)
    contrasts = [abs(_doubled_median(grey, is_ink) - _doubled_median(grey)) for grey in greys]
    best = int(np.argmax(contrasts))
    if contrasts[best] <= _CLEARLY * contrasts[0]:
        best = 0
    if 1 <= best <= 3:
        return as_uint8(cv2.extractChannel(pixels, best - 1))
    return fold(cv2.min if greys[best] is darkest else cv2.max, cv2.split(pixels))


def _doubled_median(grey: Grey, mask: Grey | None = None) -> int:
    """Twice the median of grey pixels (h, w) where the mask is not 0. `np.median` takes ten times as long."""
    below = np.cumsum(cv2.calcHist([grey], [0], mask, [256], [0, 256]), dtype=np.int64)
    count = int(below[-1])
    return int(np.searchsorted(below, [(count + 1) // 2, count // 2 + 1]).sum())


def _farthest(channels: Sequence[Grey], doubled_middles: Sequence[int]) -> Grey:
    """1 on the pixels (h, w) of the greatest sums of differences from the middles of the channels; 0 elsewhere."""
    away = np.zeros(channels[0].shape, np.uint16)
    for channel, middle in zip(channels, doubled_middles, strict=True):
        differences = abs(2 * np.arange(256) - middle).astype(np.uint16)
        away += np.asarray(cv2.LUT(channel, differences)).reshape(away.shape)
    counts = np.cumsum(np.bincount(away.ravel()))
    least = np.searchsorted(counts, math.ceil((1 - _INK_SHARE) * (int(counts[-1]) - 1)) + 1)
    return (away >= least).view(np.uint8)

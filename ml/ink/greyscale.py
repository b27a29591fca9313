"""From the colours of a picture to the grey in which ink differs most from paper.

A weighted mean would turn a red pen into light grey, and blue ink on a yellow note into nearly the grey of the
note. Of the three channels, their darkest and their lightest, the one is taken in which ink and paper lie farthest
apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Colours = NDArray[np.uint8]
ToGrey = Callable[..., Any]  # takes pixels and their axis of colours

_STEP = 3  # one pixel in nine is looked at; lines of a pen are wider
_INK = 0.02  # the share of pixels that differ most from paper and count as ink
_CLEARLY = 1.25  # how much farther apart another channel must have them; the reader knows the usual one


def as_uint8(array: object) -> Grey:
    """The array with the type that OpenCV's results have, which its annotations do not say."""
    return np.asarray(array, np.uint8)


def to_grey(pixels: Grey | Colours) -> Grey:
    """Grey pixels (h, w) of grey ones or of colours (h, w, 3); 0 black .. 255 white."""
    if pixels.ndim == 2:
        return np.ascontiguousarray(pixels)
    sample = pixels[::_STEP, ::_STEP].reshape(-1, 3)
    greys: list[ToGrey] = [_extreme(sample), *(_channel(k) for k in range(3)), np.min, np.max]
    apart = _distances(sample, greys)
    best = int(np.argmax(apart))
    chosen = greys[best] if apart[best] > _CLEARLY * apart[0] else greys[0]
    return np.ascontiguousarray(chosen(pixels, axis=-1))


def _extreme(sample: Colours) -> ToGrey:
    """The darkest channel of a light page, the lightest of a dark one: coloured ink is at full strength in it."""
    return np.min if np.median(sample) >= 128 else np.max


def _channel(k: int) -> ToGrey:
    return lambda pixels, axis: np.take(pixels, k, axis=axis)


def _distances(sample: Colours, greys: list[ToGrey]) -> list[float]:
    """How far ink is from paper in each of the greys; ink is what differs most from the median colour."""
    paper = np.median(sample, axis=0)
    away = np.abs(sample - paper).sum(axis=1)
    ink = away >= np.quantile(away, 1 - _INK)
    return [_distance(grey(sample, axis=-1).astype(np.float32), ink) for grey in greys]


def _distance(grey: NDArray[np.float32], ink: NDArray[np.bool_]) -> float:
    return float(abs(np.median(grey[ink]) - np.median(grey)))

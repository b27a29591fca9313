"""A picture of several papers, or of one in several lights, as if it were dark ink on one white paper.

Paper is the median of a neighbourhood wider than any line, so it has sharp edges where the picture has them: those
of a note on a desk, of a highlighter, of the shadow of a hand, of a page that is half dark and half light.
Whatever departs from it is ink, lighter or darker as most of it is nearby.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]  # (h, w)
Pixels = NDArray[np.uint8]  # (h, w, channels)

_SIDE = 96  # px of the shorter side of the small picture in which paper is looked for
_LEAST_SIDE = 144  # px; a smaller picture is one digit, whose strokes may be broad
_NEIGHBOURHOOD = 0.2  # of that side, over which the median is taken
_WIDER = 0.34  # of that side; what has edges within so wide a neighbourhood too is no broad stroke
_STEP = 45  # of 255, within 6 px of the small picture; light falls off more slowly
_LEAST_EDGE = 150  # px of the small picture: an edge a quarter of its side long, seen 6 px wide
_LASTING = 0.4  # of the edges are there in the wider neighbourhood; of those that broad strokes make, fewer
_LINE = 70  # of 255; the depth of a line in the small picture; the grain of a table is lighter
_LEAST_LINES = 10  # px of lines away from edges, on another paper than most of the picture is
_APART = 0.45  # of the lines are away from edges; broad strokes leave theirs along edges
_DARKEST = 64  # of 255; the depth of ink on darker paper is not enlarged further
_BROAD = 7  # px of the small picture; what is as broad is no line
_NEARBY = 0.3  # of the shorter side; ink is of one polarity within it
_CLEARLY = 1.5  # how much more light ink than dark ink there must be to be believed


def flatten_papers(pixels: Pixels, *, is_divided: bool = False) -> Grey | None:
    """Grey pixels (h, w), 255 on paper, lower on ink, of a picture (h, w, channels); None of a single paper.

    A picture that an edge divides from border to border may have all of its writing on the larger paper.
    """
    found = _find_papers(pixels)
    if found is None:
        return None
    paper, is_edge = found
    height, width = pixels.shape[:2]
    size = is_edge.shape[::-1]
    darker, lighter = _departures(pixels, paper)
    dark, light = (_lines(departure, size) for departure in (darker, lighter))
    is_line = cv2.max(dark, light) > _LINE
    is_apart = is_line & ~is_edge
    written = is_apart if is_divided else is_apart & _is_other(paper)
    if is_apart.sum() < _APART * is_line.sum() or written.sum() < _LEAST_LINES:
        return None
    nearby = 2 * round(_NEARBY * min(size) / 2) + 1
    is_light = cv2.blur(light**2, (nearby, nearby)) > _CLEARLY * cv2.blur(dark**2, (nearby, nearby))
    if not is_light.any():
        return 255 - darker
    mask = cv2.resize(is_light.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    return 255 - np.where(mask > 0, lighter, darker)


def has_edges(pixels: Pixels) -> bool:
    """Whether there are several papers or lights in a picture (h, w, channels)."""
    return _find_papers(pixels) is not None


def _find_papers(pixels: Pixels) -> tuple[Pixels, NDArray[np.bool_]] | None:
    """Paper without ink in a small picture (h, w, channels), and where papers border on each other (h, w).

    None where they do not.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < _LEAST_SIDE:
        return None
    shrink = min(height, width) / _SIDE
    size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    paper = _median(small, _NEIGHBOURHOOD)
    is_edge = _edges(paper)
    lasting = _edges(_median(small, _WIDER)) if is_edge.sum() >= _LEAST_EDGE else is_edge
    return None if lasting.sum() < max(_LEAST_EDGE, _LASTING * is_edge.sum()) else (paper, is_edge)


def _median(small: Pixels, neighbourhood: float) -> Pixels:
    """The small picture without its ink: the median of a square of so many shorter sides."""
    side = round(neighbourhood * min(small.shape[:2])) | 1
    return np.asarray(cv2.medianBlur(small, side), np.uint8).reshape(*small.shape[:2], -1)


def _edges(paper: Pixels) -> NDArray[np.bool_]:
    """(h, w) where papers (h, w, channels) border on each other."""
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
    step = cv2.subtract(cv2.dilate(paper, around), cv2.erode(paper, around)).reshape(paper.shape).max(axis=2)
    return np.asarray(step > _STEP)


def _is_other(paper: Pixels) -> NDArray[np.bool_]:
    """(h, w) where paper (h, w, channels) is not the one that most of the picture is, as a table around a page."""
    usual = np.median(paper, axis=(0, 1))
    return np.asarray(np.abs(paper - usual).max(axis=2) > _STEP)


def _departures(pixels: Pixels, paper: Pixels) -> tuple[Grey, Grey]:
    """How much darker and how much lighter each pixel is than its paper, in the channel that shows it best.

    Along an edge a pixel departs if it is outside of what both papers are.
    """
    height, width = pixels.shape[:2]
    near = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    low, high = (
        np.asarray(cv2.resize(f(paper, near), (width, height)), np.uint8).reshape(pixels.shape)
        for f in (cv2.erode, cv2.dilate)
    )
    darker = _strongest(np.asarray(cv2.subtract(low, pixels), np.uint8), _strongest(low))
    lighter = _strongest(np.asarray(cv2.subtract(pixels, high), np.uint8), 255 - _weakest(high))
    return darker, lighter


def _strongest(values: Pixels, whole: Grey | None = None) -> Grey:
    """The greatest of the channels (h, w), where given as a share of the whole, of 255."""
    best = _fold(cv2.max, values)
    if whole is None:
        return best
    return np.asarray(cv2.divide(best, np.maximum(whole, _DARKEST), scale=255, dtype=cv2.CV_8U), np.uint8)


def _weakest(values: Pixels) -> Grey:
    """The least of the channels (h, w)."""
    return _fold(cv2.min, values)


def _fold(pick: Callable[..., Any], values: Pixels) -> Grey:
    return np.asarray(reduce(pick, cv2.split(values)), np.uint8)


def _lines(departure: Grey, size: tuple[int, int]) -> NDArray[np.float32]:
    """What of a departure (h, w) is no broader than lines, in a picture of `size`, the small one."""
    small = cv2.resize(departure, size, interpolation=cv2.INTER_AREA)
    broad = cv2.morphologyEx(small, cv2.MORPH_OPEN, np.ones((_BROAD, _BROAD), np.uint8))
    return np.asarray(cv2.subtract(small, broad), np.float32)

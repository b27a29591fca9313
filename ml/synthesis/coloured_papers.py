"""Synthetic pictures of coloured ink on coloured papers, notes and highlighters, for tests and for reports."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.ink.strokes import Strokes

Colour = tuple[int, int, int]  # red, green, blue of 255
Pixels = NDArray[np.uint8]  # (h, w, 3)


@dataclass(frozen=True)
class Patch:
    """A note, or another paper, on the page: left, top, right, bottom in shares of its size."""

    colour: Colour
    box: tuple[float, float, float, float]


def lay_papers(size: tuple[int, int], colour: Colour, *patches: Patch) -> Pixels:
    """Pixels (h, w, 3) of a page of `size` (width, height) with patches on it, the last on top."""
    width, height = size
    page = np.empty((height, width, 3), np.uint8)
    page[:] = colour
    for patch in patches:
        left, top, right, bottom = patch.box
        rows = slice(round(top * height), round(bottom * height))
        page[rows, round(left * width) : round(right * width)] = patch.colour
    return page


def write_on(page: Pixels, strokes: Strokes, ink: Colour, pen: float = 6.0) -> Pixels:
    """The page (h, w, 3) with strokes in pixels, drawn by a pen of so many pixels, their edges smooth."""
    cover = np.zeros(page.shape[:2], np.uint8)
    lines = [np.rint(stroke[[0, *range(len(stroke))]] * 16).astype(np.int32) for stroke in strokes]
    cv2.polylines(cover, lines, False, 255, max(1, round(pen)), cv2.LINE_AA, 4)
    share = cover[..., None].astype(np.float32) / 255
    return np.asarray(np.rint(page * (1 - share) + np.array(ink, np.float32) * share), np.uint8)

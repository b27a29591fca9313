"""A margin of paper around a small picture that its ink fills, so that paper is what most of it is.

Which of dark and light is the ink is judged by what digits look like: thin, in one piece, and rarely in a corner.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.ink.greyscale import Grey

_LONGEST_SIDE = 400  # px; a larger picture that ink fills is a page, and what is along its border is no digit
_MAX_GREY = 0.2  # share of pixels between black and white, at edges; in uneven light it is more
_WIDEST = 2.5  # heights; a wider picture is a line of writing, cut out with what is around it
_LEAST_BORDER = 0.1  # of the border is of each shade; where ink hardly reaches it, paper is told without a margin
_MARGIN = 0.25  # of the longer side
_LEAST_PART = 0.01  # of the picture; a smaller part does not count
# What each sign of ink weighs, in nats (`_looks_like_ink`). A logistic regression on synthetic digits and on MNIST
# and Semeion that trains, cropped to 16 to 120 px, gave about these.
_WEIGHTS = np.array([1.7, 1.6, 1.0, 2.4, 1.5])

Area = NDArray[np.bool_]  # (h, w)


def add_margin(grey: Grey) -> tuple[Grey, int]:
    """The picture (h, w) with a margin of paper, and the width of it in pixels.

    The same picture and 0 where it is not small and of two shades, or where a side of it does not show both.
    """
    height, width = grey.shape
    if max(height, width) > _LONGEST_SIDE or min(height, width) < 3 or width > _WIDEST * height:
        return grey, 0
    sides = (grey[0], grey[-1], grey[:, 0], grey[:, -1])
    if int(max(map(np.max, sides))) - int(min(map(np.min, sides))) < (int(grey.max()) - int(grey.min())) / 4:
        return grey, 0
    low, high = np.percentile(grey, (2, 98))
    middle = (low + high) / 2
    if not all(side.min() < middle <= side.max() for side in sides):
        return grey, 0
    if (np.abs(grey - middle) < (high - low) / 6).mean() > _MAX_GREY:
        return grey, 0
    dark, border = grey < middle, np.concatenate(sides) < middle
    if not _LEAST_BORDER < border.mean() < 1 - _LEAST_BORDER:
        return grey, 0
    is_dark_ink = _WEIGHTS @ (_looks_like_ink(dark, border) - _looks_like_ink(~dark, ~border)) > 0
    paper = grey[~dark if is_dark_ink else dark]
    margin = max(2, round(_MARGIN * max(grey.shape)))
    framed = cv2.copyMakeBorder(
        grey, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=float(np.median(paper))
    )
    return np.asarray(framed, np.uint8), margin


def _looks_like_ink(area: Area, border: Area) -> NDArray[np.float64]:
    """Thinness, few parts, one large part, and the corners and border of a picture that are not of the area."""
    _, _, measures, _ = cv2.connectedComponentsWithStats(area.astype(np.uint8), connectivity=8)
    sizes = measures[1:, cv2.CC_STAT_AREA]
    parts = int((sizes > _LEAST_PART * area.size).sum())
    corners = area[[0, 0, -1, -1], [0, -1, 0, -1]]
    return np.array([
        -np.log(_depth(area)), -np.log(parts + 0.5), sizes.max() / sizes.sum(), -corners.mean(), -border.mean(),
    ])  # fmt: skip


def _depth(area: Area) -> float:
    """How far, in pixels, the deepest pixels of an area lie inside it. The picture's edge is none of its."""
    framed = np.pad(area.astype(np.uint8), 1, mode="edge")
    return float(np.quantile(cv2.distanceTransform(framed, cv2.DIST_L2, 3)[framed > 0], 0.9))

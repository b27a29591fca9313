"""A grey picture to components of ink: polarity, light, ruled lines, specks, components, cuts where digits touch.

The mask only selects. What becomes a glyph are the grey values, so that smooth edges stay smooth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.ink.glyph import BOX, Glyph, normalise_glyph
from ml.ink.greyscale import Grey, as_uint8
from ml.segmentation.binarization import binarize, extract_ink, is_blank, pen_width, remove_shadows
from ml.segmentation.components import Boxes, typical_height
from ml.segmentation.form_lines import remove_form_lines
from ml.segmentation.stroke_affinity import Pairs
from ml.segmentation.touching_digits import SplitComponents, split_wide_components

_SMALL = 160  # px; pictures with a shorter side below that are enlarged first
_THINNEST = 1.8  # glyph px; thinner lines are drawn broader, see `_even`
_BROADEST = 4.0  # glyph px; 5 % of MNIST are broader than 3.9
_ENLARGED = 4  # pictures enlarged more than that are one digit, cut out, and may fill them
_STEP = 1.0  # px of the picture as it was given; standard deviation of a blur
_SOFT = 0.25  # the same in what lines are broader than `_FINE`
_FINE = 4.0  # px; loops between finer lines would close
_CONTACT = 0.5  # of the longer side of a component
_MOST_PIECES = 400  # a texture has thousands of spots, a page of numbers does not


class ImageComponents:
    """Connected components of ink, some of them cut.

    `ink` (h, w) is high on ink; `boxes` are in pixels of the picture as it was given, which is `scale` times
    smaller than the arrays.
    """

    has_strokes = False

    def __init__(self, ink: Grey, parts: SplitComponents, scale: float, alone: bool) -> None:
        self._ink, self._labels, self._scale = ink, parts.labels, scale
        self._crossed = parts.crossed
        self._broadest = _BROADEST if alone else math.inf
        self._windows = np.rint(parts.boxes).astype(np.int64)
        self.boxes: Boxes = parts.boxes / scale
        self.owners = parts.owners

    def affinity_log_odds(self, pairs: Pairs, heights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Zeros (m,): of pictures nobody knows what was drawn with what."""
        return np.zeros(len(pairs))

    def may_be_ligature(self, component: int) -> bool:
        return False

    def crossed_ink(self, component: int) -> float:
        """The ink that the cut before a part of a component crosses, in widths of the line."""
        return float(self._crossed[component])

    def glyph(self, chosen: Sequence[int], min_side: float) -> Glyph:
        ink, mine = self._cut_out(chosen)
        side = max(*ink.shape, min_side * self._scale)
        return normalise_glyph(_even(ink, mine, BOX / side, self._broadest), min_side * self._scale)

    def ink(self, chosen: Sequence[int]) -> Grey:
        """The ink (h, w) of some components, high on ink, and 0 between them."""
        return self._cut_out(chosen)[0]

    def _cut_out(self, chosen: Sequence[int]) -> tuple[Grey, NDArray[np.bool_]]:
        windows = self._windows[list(chosen)]
        (left, top), (right, bottom) = windows[:, :2].min(axis=0), (windows[:, :2] + windows[:, 2:]).max(axis=0)
        window = np.s_[top:bottom, left:right]
        wanted = np.zeros(len(self.boxes) + 1, np.bool_)
        wanted[np.asarray(chosen) + 1] = True
        mine = wanted[self._labels[window]]
        return self._ink[window] * mine, mine


def find_image_components(grey: Grey) -> ImageComponents | None:
    """The ink of grey pixels (h, w), 0 black; None where there is none."""
    if grey.size == 0:
        return None
    large, scale = _enlarge(grey)
    ink = extract_ink(large)
    mask = None if is_blank(ink) else binarize(ink, scale)
    if mask is None:
        return None
    if scale > _ENLARGED and _is_black_and_white(grey):
        ink = _rounded(ink, pen_width(mask), scale)
        mask = binarize(ink, scale)
        if mask is None:
            return None
    lit = remove_shadows(ink, mask)
    if lit is not ink:
        ink, mask = lit, binarize(lit, scale)
    if mask is None:
        return None
    alone = scale > _ENLARGED and max(grey.shape) < 2 * min(grey.shape)
    if not alone:
        mask = remove_form_lines(mask)
    labels, boxes = _components(mask, alone)
    if not len(boxes):
        return None
    return ImageComponents(ink, split_wide_components(ink, labels, boxes), scale, alone)


def _enlarge(grey: Grey) -> tuple[Grey, float]:
    """Thin lines in a picture of 28 pixels would fall apart at any threshold."""
    scale = min(_SMALL / min(grey.shape), 2000 / max(grey.shape))
    if scale <= 1:
        return np.ascontiguousarray(grey), 1.0
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    return as_uint8(cv2.resize(grey, size, interpolation=cv2.INTER_CUBIC)), scale


def _is_black_and_white(grey: Grey) -> bool:
    low, high = float(grey.min()), float(grey.max())
    return bool((np.abs(grey - (low + high) / 2) < 0.4 * (high - low)).mean() < 0.02)


def _rounded(ink: Grey, pen: float, scale: float) -> Grey:
    """Ink (h, w) without the steps that pixels in black and white leave at its edges, nor its finest notches."""
    sigma = min(_STEP * scale, _SOFT * (pen - _FINE * scale))
    return as_uint8(cv2.GaussianBlur(ink, (0, 0), sigma)) if sigma > 0 else ink


def _components(mask: Grey, alone: bool) -> tuple[NDArray[np.int32], Boxes]:
    """Labels (h, w) and boxes (n, 4) of what may be writing: no specks, no frame around the page."""
    count, found = cv2.connectedComponents(mask, connectivity=8)
    labels = np.asarray(found, np.int32)
    inked = np.flatnonzero(mask > 0)  # few; all of the picture would take ten times as long
    mine = labels.ravel()[inked] - 1
    boxes = _boxes(mine, inked // mask.shape[1], inked % mask.shape[1], count - 1)
    if count == 1:
        return labels, boxes
    kept = _writing(labels, boxes, alone, np.bincount(mine).astype(np.float64))
    renumber = np.zeros(count - 1, np.int32)
    renumber[kept] = np.arange(1, len(kept) + 1)
    labels.ravel()[inked] = renumber[mine]
    return labels, boxes[kept]


def _boxes(owners: NDArray[np.int32], y: NDArray[np.int64], x: NDArray[np.int64], count: int) -> Boxes:
    """(count, 4) around the pixels (n,) of each owner: left, top, width, height."""
    low, high = np.full((2, count), np.iinfo(np.int64).max), np.zeros((2, count), np.int64)
    for side, place in enumerate((x, y)):
        np.minimum.at(low[side], owners, place)
        np.maximum.at(high[side], owners, place)
    return np.concatenate([low, high - low + 1]).T.astype(np.float64)


def _writing(labels: NDArray[np.int32], boxes: Boxes, alone: bool, area: NDArray[np.float64]) -> NDArray[np.int64]:
    w, h = boxes[:, 2], boxes[:, 3]
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    contact = np.bincount(border, minlength=len(boxes) + 1)[1:]
    # An edge may cut off writing. What lies along it is the table beside the page, or a shadow.
    whole = (contact <= _CONTACT * np.maximum(h, w)) | alone
    if not (area[whole] > 0.002 * area.sum()).any():
        whole[:] = True
    large = whole & (np.maximum(w, h) >= 0.4 * np.maximum(w, h)[whole].max())
    height = typical_height(np.maximum(h, 0.5 * w)[large])
    big_enough = np.maximum(w, h) >= 0.15 * height
    kept = np.flatnonzero(whole & big_enough & (area >= 6))
    return kept[np.argsort(-area[kept], kind="stable")][:_MOST_PIECES]


def _even(ink: Grey, mine: NDArray[np.bool_], scale: float, broadest: float) -> Grey:
    """Widen a line that would be thinner in the glyph than nearly all of MNIST, and narrow one that is broader."""
    inside = cv2.copyMakeBorder(mine.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    edge = float(inside.sum()) - float(cv2.erode(inside, np.ones((3, 3), np.uint8)).sum())
    missing = _THINNEST / scale - 2 * float(inside.sum()) / max(edge, 1.0)  # a line has two edges
    if missing >= 1:
        return _widened(ink, missing)
    if broadest == math.inf:
        return ink
    beyond = 4 * float(cv2.distanceTransform(inside, cv2.DIST_L2, 3)[inside > 0].mean()) - broadest / scale
    return _narrowed(ink, beyond) if beyond >= 1 else ink


def _widened(ink: Grey, missing: float) -> Grey:
    reach = round(missing / 2) + 1
    wide = cv2.copyMakeBorder(ink, reach, reach, reach, reach, cv2.BORDER_CONSTANT, value=0)
    return as_uint8(cv2.dilate(wide, _disc(missing)))


def _narrowed(ink: Grey, beyond: float) -> Grey:
    return as_uint8(cv2.erode(ink, _disc(beyond), borderType=cv2.BORDER_CONSTANT, borderValue=0))


def _disc(width: float) -> Grey:
    return as_uint8(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (round(width) | 1, round(width) | 1)))

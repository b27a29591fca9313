"""A grey picture to components of ink: polarity, light, rules, specks, connected ink, cuts where digits touch.

The mask of ink only selects. Glyphs are made of the grey values, so that smooth edges stay smooth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.ink.glyph import BOX, Glyph, normalise_glyph
from ml.ink.greyscale import Grey, as_uint8
from ml.segmentation.binarization import (
    binarize,
    component_pen_width,
    extract_ink,
    is_blank,
    is_texture,
    pen_width,
    remove_shadows,
)
from ml.segmentation.border import MAX_CONTACT, are_strips, without_lines_at_edge
from ml.segmentation.components import Boxes, typical_height
from ml.segmentation.connected_ink import ConnectedInk
from ml.segmentation.form_lines import remove_form_lines
from ml.segmentation.ink_shape import Cross, InkShape, cross_in_picture, picture_shape
from ml.segmentation.margin import add_margin
from ml.segmentation.points import find_points
from ml.segmentation.stroke_pairs import Pairs
from ml.segmentation.touching_digits import SplitComponents, split_wide_components

_MIN_SIDE = 160  # px; a picture whose shorter side is shorter is enlarged first
_MAX_ENLARGED_SIDE = 2000  # px of the longer side, when a picture is enlarged
_BITMAP_SCALE = 4  # a picture enlarged more than that is one digit, cut out, and may be filled by it
_THINNEST = 1.8  # px of the glyph; thinner lines are widened
_BROADEST = 4.0  # px of the glyph; broader lines of a bitmap are narrowed; 5 % of MNIST are broader than 3.9
_STAIRS_BLUR = 1.0  # px of the given picture; standard deviation of the blur that rounds the edges of pixels
_FINE = 4.0  # px of the given picture; loops between finer lines would close
_FINE_BLUR = 0.25  # of what lines are broader than `_FINE`, the largest standard deviation of that blur
_TEXTURE_SCALE = 1.5  # a picture that was enlarged more shows no grain of paper
_DUST = 8  # px of the picture in which ink is looked for; lower ink is illegible
_ROUND = 0.8  # of its longer side is the shorter side of the box around a disc
_DISC = (0.7, 0.87)  # of that box is filled; of a disc 0.79
_LONG = 400  # px; a thin line as long that goes from border to border is a fold, or the edge of a page
_FOLD = 0.025  # of the square of its length is the greatest area of such a line
_MIN_AREA = 6  # px
_MAX_COMPONENTS = 400  # a texture has thousands of spots, a page of numbers has not


class ImageComponents:
    """Connected ink of a picture, some of it cut.

    `boxes` (n, 4) are in pixels of the picture as it was given, which has no margin and is smaller by `scale` than
    the arrays. `may_go_on` says that writing may go on where the picture shows nothing (`ml.ink.glare`).
    """

    has_strokes = False
    may_go_on = False

    def __init__(self, ink: Grey, parts: SplitComponents, scale: float, margin: int, is_bitmap: bool) -> None:
        self._ink, self._labels, self._scale = ink, parts.labels, scale
        self._crossed = parts.crossed
        self._broadest = _BROADEST if is_bitmap else math.inf
        self._windows = np.rint(parts.boxes).astype(np.int64)
        self.boxes: Boxes = parts.boxes / scale - [margin, margin, 0, 0]
        self.owners = parts.owners

    def affinity_log_odds(self, pairs: Pairs, heights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Zeros (m,): a picture does not show what was drawn with what."""
        return np.zeros(len(pairs))

    def may_be_ligature(self, component: int) -> bool:
        """False: a picture does not show where the pen went."""
        return False

    def crossed_ink(self, component: int) -> float:
        """See `ml.segmentation.components.Components.crossed_ink`."""
        return float(self._crossed[component])

    def shape(self, chosen: Sequence[int]) -> InkShape:
        """See `ml.segmentation.components.Components.shape`."""
        return picture_shape(self._cut_out(chosen)[1])

    def may_be_straight(self, component: int) -> bool:
        """See `ml.segmentation.components.Components.may_be_straight`."""
        return True

    def cross(self, component: int) -> Cross | None:
        """See `ml.segmentation.components.Components.cross`."""
        return cross_in_picture(self._cut_out([component])[1])

    def glyph(self, chosen: Sequence[int], min_side: float) -> Glyph:
        """See `ml.segmentation.components.Components.glyph`."""
        ink, mask = self._cut_out(chosen)
        side = max(*ink.shape, min_side * self._scale)
        return normalise_glyph(_with_usual_pen(ink, mask, BOX / side, self._broadest), min_side * self._scale)

    def ink(self, chosen: Sequence[int]) -> Grey:
        """The ink (h, w) of some components, high on ink, and 0 between them."""
        return self._cut_out(chosen)[0]

    def _cut_out(self, chosen: Sequence[int]) -> tuple[Grey, NDArray[np.bool_]]:
        """The ink (h, w) of some components in the box around them, and where it is theirs."""
        windows = self._windows[list(chosen)]
        (left, top), (right, bottom) = windows[:, :2].min(axis=0), (windows[:, :2] + windows[:, 2:]).max(axis=0)
        window = np.s_[top:bottom, left:right]
        is_chosen = np.zeros(len(self.boxes) + 1, np.bool_)
        is_chosen[np.asarray(chosen) + 1] = True
        mask = is_chosen[self._labels[window]]
        return self._ink[window] * mask, mask


def find_image_components(grey: Grey) -> ImageComponents | None:
    """The ink of grey pixels (h, w), 0 black; None where there is none."""
    if grey.size == 0:
        return None
    given, (grey, margin) = grey, add_margin(grey)
    large, scale = _enlarge(grey)
    ink = extract_ink(large)
    found = None if is_blank(ink) else binarize(ink, scale)
    if found is None:
        return None
    without_stairs = _without_stairs(ink, found, grey, scale)
    if without_stairs is not ink:
        ink, found = without_stairs, binarize(without_stairs, scale)
    if found is None:
        return None
    without_shadows = remove_shadows(ink, found)
    if without_shadows is not ink:
        ink, found = without_shadows, binarize(without_shadows, scale)
    if found is None or (scale < _TEXTURE_SCALE and is_texture(ink, found.mask, scale)):
        return None
    is_bitmap = _BITMAP_SCALE * min(given.shape) < _MIN_SIDE and max(given.shape) < 2 * min(given.shape)
    if not is_bitmap:
        found = remove_form_lines(found, ink)
    labels, boxes = _legible(found, is_bitmap, margin * scale)
    if (
        not len(boxes)
        or (scale == 1 and _are_dots(labels, boxes))
        or (not is_bitmap and boxes[:, 2:].max() < _DUST)
    ):
        return None
    return ImageComponents(ink, split_wide_components(ink, labels, boxes), scale, margin, is_bitmap)


def _enlarge(grey: Grey) -> tuple[Grey, float]:
    """Enlarge a small picture: thin lines in 28 pixels would fall apart at any threshold. Also the scale."""
    scale = min(_MIN_SIDE / min(grey.shape), _MAX_ENLARGED_SIDE / max(grey.shape))
    if scale <= 1:
        return np.ascontiguousarray(grey), 1.0
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    return as_uint8(cv2.resize(grey, size, interpolation=cv2.INTER_CUBIC)), scale


def _without_stairs(ink: Grey, found: ConnectedInk, given: Grey, scale: float) -> Grey:
    """Ink (h, w) without the steps that black and white pixels leave at its edges, nor its finest notches.

    `given` is the picture before it was enlarged by `scale`. The same object where that was little, or where the
    picture is not black and white.
    """
    if scale <= _BITMAP_SCALE:
        return ink
    low, high = float(given.min()), float(given.max())
    is_grey = np.abs(given - (low + high) / 2) < 0.4 * (high - low)
    if is_grey.mean() >= 0.02:
        return ink
    sigma = min(_STAIRS_BLUR * scale, _FINE_BLUR * (pen_width(found) - _FINE * scale))
    return as_uint8(cv2.GaussianBlur(ink, (0, 0), sigma)) if sigma > 0 else ink


def _legible(found: ConnectedInk, is_bitmap: bool, margin: float) -> tuple[NDArray[np.int32], Boxes]:
    """Labels (h, w) and boxes (n, 4) of what may be writing: no specks, no frame around the page."""
    if not is_bitmap:
        found = without_lines_at_edge(found)
    boxes, area = found.stats[1:, :4].astype(np.float64), found.stats[1:, cv2.CC_STAT_AREA].astype(np.float64)
    if not len(boxes):
        return found.labels, boxes
    kept = _writing(found.labels, boxes, area, is_bitmap, margin)
    renumbered = np.zeros(len(boxes) + 1, np.int32)
    renumbered[kept + 1] = np.arange(1, len(kept) + 1)
    labels = np.zeros(found.mask.shape, np.int32)
    labels.ravel()[found.pixels] = renumbered[found.parts]
    return labels, boxes[kept]


def _writing(
    labels: NDArray[np.int32], boxes: Boxes, area: NDArray[np.float64], is_bitmap: bool, margin: float
) -> NDArray[np.int64]:
    """The components (k,) that may be writing, the largest first.

    The edge of a picture may cut off writing. What lies along it is the table beside the page, or a shadow.
    """
    w, h = boxes[:, 2], boxes[:, 3]
    side = np.maximum(w, h)
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    contact = np.bincount(border, minlength=len(boxes) + 1)[1:]
    is_across = ((h == labels.shape[0]) | (w == labels.shape[1])) & (side >= _LONG) & (area < _FOLD * side**2)
    is_inside = (contact <= MAX_CONTACT * side) & ~is_across | is_bitmap
    is_strip = are_strips(labels, boxes, margin)
    if is_bitmap:  # a digit may lie along a part of its border
        is_strip &= (h == labels.shape[0]) | (w == labels.shape[1])
    is_inside, is_across = is_inside & ~is_strip, is_across | is_strip
    if not (area[is_inside] > 0.002 * area.sum()).any():
        is_inside = ~is_across
    if not is_inside.any():
        return np.zeros(0, np.int64)
    is_large = is_inside & (side >= 0.4 * side[is_inside].max())
    height = typical_height(np.maximum(h, 0.5 * w)[is_large])
    is_writing = is_inside & (side >= 0.15 * height) & (area >= _MIN_AREA)
    kept = np.flatnonzero(is_writing)
    kept = kept[np.argsort(-area[kept], kind="stable")][:_MAX_COMPONENTS]
    return kept if is_bitmap else np.concatenate([kept, find_points(labels, boxes, area, is_writing)])


def _are_dots(labels: NDArray[np.int32], boxes: Boxes) -> bool:
    """Whether all large components are round and filled, holes in the paper, or too small to read: dust."""
    side = boxes[:, 2:].max(axis=1)
    if side.max() < _DUST:
        return True
    for component in np.flatnonzero(side >= 0.5 * side.max()):
        x, y, w, h = boxes[component].astype(int)
        filled = np.count_nonzero(labels[y : y + h, x : x + w] == component + 1) / (w * h)
        if min(w, h) < _ROUND * max(w, h) or not _DISC[0] < filled < _DISC[1]:
            return False
    return True


def _with_usual_pen(ink: Grey, mask: NDArray[np.bool_], scale: float, broadest: float) -> Grey:
    """Widen lines that would be thinner in the glyph than nearly all of MNIST; narrow those that are broader.

    `scale` is that from the ink to the glyph, `broadest` in pixels of the glyph, inf where nothing is narrowed.
    """
    missing = _THINNEST / scale - component_pen_width(mask)
    if missing >= 1:
        margin = round(missing / 2) + 1
        framed = cv2.copyMakeBorder(ink, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)
        return as_uint8(cv2.dilate(framed, _disc(missing)))
    if broadest == math.inf:
        return ink
    inside = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    surplus = 4 * float(cv2.distanceTransform(inside, cv2.DIST_L2, 3)[inside > 0].mean()) - broadest / scale
    if surplus < 1:
        return ink
    return as_uint8(cv2.erode(ink, _disc(surplus), borderType=cv2.BORDER_CONSTANT, borderValue=0))


def _disc(width: float) -> Grey:
    return as_uint8(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (round(width) | 1, round(width) | 1)))

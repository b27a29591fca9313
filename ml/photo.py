"""A grey picture to pieces of ink: polarity, light, ruled lines, specks, components, cuts where digits touch.

The mask only selects. What becomes a glyph are the grey values, so that smooth edges stay smooth.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.glyph import BOX, Glyph, normalise
from ml.pieces import Boxes, typical_height

Grey = NDArray[np.uint8]

_SMALL = 160  # px; pictures with a shorter side below that are enlarged first
_FAINTEST = 14  # of 255; whatever differs less from paper is no ink
_THINNEST = 1.8  # glyph px; thinner lines are drawn broader, see `PicturePieces.glyph`
_MOST_PIECES = 400  # a texture has thousands of spots, a page of numbers does not


class PicturePieces:
    """Connected components of ink, some of them cut.

    `ink` (h, w) is high on ink; `labels` (h, w) holds 1 + the index of the piece and 0 for paper; `boxes` are in
    pixels of the picture as it was given, which is `scale` times smaller than those arrays.
    """

    def __init__(self, ink: Grey, labels: NDArray[np.int32], boxes: Boxes, scale: float) -> None:
        self._ink, self._labels, self._scale = ink, labels, scale
        self._windows = np.rint(boxes).astype(np.int64)
        self.boxes: Boxes = boxes / scale

    def glyph(self, chosen: Sequence[int], at_least: float) -> Glyph:
        windows = self._windows[list(chosen)]
        (left, top), (right, bottom) = windows[:, :2].min(axis=0), (windows[:, :2] + windows[:, 2:]).max(axis=0)
        window = np.s_[top:bottom, left:right]
        mine = np.isin(self._labels[window], np.asarray(chosen) + 1)
        ink = np.where(mine, self._ink[window], 0).astype(np.uint8)
        side = max(*ink.shape, at_least * self._scale)
        return normalise(_broaden(ink, mine, side), at_least * self._scale)


def find_pieces(grey: Grey) -> PicturePieces | None:
    """The ink of grey pixels (h, w), 0 black; None where there is none."""
    if grey.size == 0:
        return None
    large, scale = _enlarge(grey)
    ink = _ink(large)
    mask = _mask(ink)
    if mask is None:
        return None
    ink = _without_shadows(ink, mask)
    mask = _mask(ink)
    if mask is None:
        return None
    mask = _without_rules(mask)
    labels, boxes = _components(mask)
    if not len(boxes):
        return None
    labels, boxes = _cut(labels, boxes)
    return PicturePieces(ink, labels, boxes, scale)


def _enlarge(grey: Grey) -> tuple[Grey, float]:
    """Thin lines in a picture of 28 pixels would fall apart at any threshold."""
    scale = min(_SMALL / min(grey.shape), 2000 / max(grey.shape))
    if scale <= 1:
        return np.ascontiguousarray(grey), 1.0
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    return _bytes(cv2.resize(grey, size, interpolation=cv2.INTER_CUBIC)), scale


def _ink(grey: Grey) -> Grey:
    """Ink high, paper 0, with uneven light divided out."""
    low, middle, high = np.percentile(cv2.blur(grey, (3, 3)), [0.5, 50, 99.5])
    dark_on_light = grey if middle - low >= high - middle else 255 - grey
    paper = _paper(dark_on_light)
    flat = dark_on_light.astype(np.float32) / np.maximum(paper, 1)
    return _bytes(np.rint(255 * (1 - flat).clip(0, 1)))


def _paper(grey: Grey) -> NDArray[np.float32]:
    """The brightness of the paper (h, w): a closing wider than any pen, done small because it is smooth anyway."""
    height, width = grey.shape
    shrink = max(1.0, min(height, width) / 96)
    size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    reach = 2 * (min(size) // 8) + 3
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    smooth = cv2.GaussianBlur(closed.astype(np.float32), (0, 0), reach / 4)
    return np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _mask(ink: Grey) -> Grey | None:
    """255 on ink: well above the noise of the paper, and above stains, which are far lighter than ink."""
    smooth = cv2.GaussianBlur(ink, (3, 3), 0)
    # From the lighter half only, which is paper: 1.03 standard deviations lie between these two quantiles.
    low, middle = np.percentile(smooth, [10, 40])
    floor = max(_FAINTEST, float(middle + 5 * (middle - low) / 1.03))
    strong = smooth[smooth > floor]
    if not len(strong):
        return None
    split, _ = cv2.threshold(strong.reshape(1, -1), 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    ink_level = float(np.percentile(strong, 95))
    faint = _bytes(np.where(smooth > max(floor, min(split, 0.3 * ink_level)), 255, 0))
    return _touched(faint, smooth > max(floor, min(split, 0.5 * ink_level)))


def _touched(mask: Grey, core: NDArray[np.bool_]) -> Grey:
    """The components of `mask` that hold any of `core`: faint ends of strokes stay, faint stains go."""
    count, labels = cv2.connectedComponents(mask, connectivity=8)
    kept = np.bincount(labels[core], minlength=count) > 0
    kept[0] = False
    return _bytes(np.where(kept[labels], 255, 0))


def _without_shadows(ink: Grey, mask: Grey) -> Grey:
    """Take away what is broader than any line: an opening wider than the pen leaves shadows, but no writing."""
    pen = _pen_width(mask)
    side = round(4 * pen) + 3
    if side > min(ink.shape) / 3:
        return ink
    broad = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    return _bytes(cv2.subtract(ink, cv2.blur(broad, (side, side))))


def _pen_width(mask: Grey) -> float:
    """The median over the components, so that one large shadow does not count more than one digit."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    inner = cv2.erode(mask, np.ones((3, 3), np.uint8))
    edge = np.bincount(labels[(mask > 0) & (inner == 0)], minlength=len(stats))
    area = stats[:, cv2.CC_STAT_AREA]
    large = np.flatnonzero(area[1:] >= 0.05 * area[1:].max()) + 1
    return float(np.median(2 * area[large] / np.maximum(edge[large], 1)))


def _without_rules(mask: Grey) -> Grey:
    """Take out the lines of ruled or squared paper: long, thin, and more than one, or it may be a minus."""
    for along in (0, 1):
        view = mask if along == 0 else np.ascontiguousarray(mask.T)
        cleaned = _without_rows(view)
        mask = cleaned if along == 0 else np.ascontiguousarray(cleaned.T)
    return mask


def _without_rows(mask: Grey) -> Grey:
    height, width = mask.shape
    runs = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, max(9, width // 20)), np.uint8))
    bridged = cv2.morphologyEx(runs, cv2.MORPH_CLOSE, np.ones((3, max(9, width // 20)), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(_bytes(bridged), connectivity=8)
    long = stats[:, cv2.CC_STAT_WIDTH] > 0.5 * width
    thin = stats[:, cv2.CC_STAT_AREA] < 0.03 * height * stats[:, cv2.CC_STAT_WIDTH]
    straight = stats[:, cv2.CC_STAT_HEIGHT] < 0.06 * stats[:, cv2.CC_STAT_WIDTH]  # the sides of a large 0 are not
    rules = [i for i in range(1, count) if long[i] and thin[i] and straight[i]]
    if len(rules) < 2:
        return mask
    thickness = float(np.median(stats[rules, cv2.CC_STAT_AREA] / stats[rules, cv2.CC_STAT_WIDTH]))
    rule = np.where(np.isin(labels, rules), 255, 0).astype(np.uint8)
    rule = _bytes(cv2.dilate(rule, np.ones((3, 1), np.uint8)))
    # A stroke that crosses the rule stands out above and below: bridge the gap between the two.
    left = np.where(rule > 0, 0, mask).astype(np.uint8)
    bridge = cv2.morphologyEx(left, cv2.MORPH_CLOSE, np.ones((2 * round(thickness) + 5, 1), np.uint8))
    return _bytes(np.where(rule > 0, np.minimum(_bytes(bridge), mask), left))


def _components(mask: Grey) -> tuple[NDArray[np.int32], Boxes]:
    """Labels (h, w) and boxes (n, 4) of what may be writing: no specks, no frame around the page."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    boxes = stats[1:, :4].astype(np.float64)  # left, top, width, height
    if count == 1:
        return labels.astype(np.int32), boxes
    kept = _writing(boxes, stats[1:, cv2.CC_STAT_AREA].astype(np.float64), mask.shape)
    renumber = np.zeros(count, np.int32)
    renumber[kept + 1] = np.arange(1, len(kept) + 1)
    return renumber[labels], boxes[kept]


def _writing(boxes: Boxes, area: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.int64]:
    x, y, w, h = boxes.T
    at_edge = (x <= 1) | (y <= 1) | (x + w >= shape[1] - 1) | (y + h >= shape[0] - 1)
    inside = ~at_edge if (area[~at_edge] > 0.002 * area.sum()).any() else np.ones(len(area), bool)
    large = inside & (np.maximum(w, h) >= 0.4 * np.maximum(w, h)[inside].max())
    height = typical_height(np.maximum(h, 0.5 * w)[large])
    big_enough = np.maximum(w, h) >= 0.15 * height
    kept = np.flatnonzero(inside & big_enough & (area >= 6))
    return kept[np.argsort(-area[kept], kind="stable")][:_MOST_PIECES]


def _cut(labels: NDArray[np.int32], boxes: Boxes) -> tuple[NDArray[np.int32], Boxes]:
    """Cut components too wide for one digit where their ink is thinnest. The lattice may join them again."""
    height = typical_height(boxes[:, 3])
    labels, found = labels.copy(), [*boxes]
    for i in np.flatnonzero((boxes[:, 2] > 1.2 * height) & (boxes[:, 3] > 0.5 * height)):
        x, y, w, h = boxes[i].astype(int)
        window = labels[y : y + h, x : x + w]
        mine = window == i + 1
        edges = [0, *_valleys(mine, height), w]
        parts = [(left, mine[:, left:right]) for left, right in pairwise(edges) if mine[:, left:right].any()]
        for number, (left, part) in enumerate(parts):
            index = int(i) if number == 0 else len(found)
            window[:, left : left + part.shape[1]][part] = index + 1
            found[index:] = [_box_of(part, x + left, y), *found[index + 1 :]]
    return labels, np.array(found)


def _box_of(part: NDArray[np.bool_], x: int, y: int) -> NDArray[np.float64]:
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    return np.array([x + columns[0], y + rows[0], np.ptp(columns) + 1, np.ptp(rows) + 1], np.float64)


def _valleys(ink: NDArray[np.bool_], height: float) -> list[int]:
    """Up to six columns where a component (h, w) is thinnest, not close to each other or to its ends."""
    column = ink.sum(axis=0).astype(np.float32)
    column = cv2.GaussianBlur(column.reshape(1, -1), (0, 0), max(0.03 * height, 0.5)).ravel()
    apart = max(2, round(0.3 * height))
    found: list[int] = []
    for x in np.argsort(column, kind="stable"):
        if apart <= x <= len(column) - apart and all(abs(int(x) - other) >= apart for other in found):
            found.append(int(x))
        if len(found) == min(6, round(len(column) / (0.5 * height))):
            break
    return sorted(found)


def _broaden(ink: Grey, mine: NDArray[np.bool_], side: float) -> Grey:
    """Widen a line that would be thinner in the glyph than nearly all of MNIST, and would vanish when shrunk."""
    inner = cv2.erode(mine.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0)
    edge = float(mine.sum() - inner.sum())
    width = 2 * float(mine.sum()) / max(edge, 1.0)  # a line has two edges
    missing = _THINNEST * side / BOX - width
    if missing < 1:
        return ink
    reach = round(missing / 2) + 1
    wide = cv2.copyMakeBorder(ink, reach, reach, reach, reach, cv2.BORDER_CONSTANT, value=0)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (round(missing) | 1, round(missing) | 1))
    return _bytes(cv2.dilate(wide, kernel))


def _bytes(array: object) -> Grey:
    return np.asarray(array, np.uint8)

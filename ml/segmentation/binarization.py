"""Ink separated from paper in grey pixels: polarity, uneven light, the printed pattern of the paper, shadows."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.ink.greyscale import Grey, as_uint8

_FAINTEST = 14  # of 255; what differs less from paper is no ink
_MIN_DEPTH = 0.3  # of the depth of ink; lighter pixels are edges of strokes, or stains
_MAX_EDGE_LEVEL = 0.65  # of the depth of ink; darker levels are not tried as the edge of ink
_SHARP = 0.8  # of the steepest edges; a level with edges nearly as steep is still a level of the pen
_MAX_NOISE = 5.5  # standard deviations that no pixel of noise reaches
_QUANTILE_DEVIATIONS = (
    1.03  # standard deviations between the quantiles 0.1 and 0.4, both paper on nearly all pages
)
_MAX_LINE = 0.25  # of the shorter side of a picture; no line is as broad
_MAX_BITMAP_LINE = 0.67  # of the shorter side of a bitmap, where a 1 may be a block
_FULL_BITMAP = 0.25  # share of dark pixels; with more of both kinds, the width of the lines decides the polarity
_PAPER_SIDE = 96  # px of the shorter side of the picture of the paper's brightness
_BITMAP_PAPER_SIDE = 64  # the same of a bitmap: so wide a closing takes time with the fourth power of it
_BITMAP_SIDE = 300  # px; the longer side of a digit that fills its frame
_BITMAP_GREY = 0.2  # share of pixels between black and white, at edges; in uneven light it is a third and more
_FAINT = 50  # of 255; what departs so little from paper is ink only if it is sharp and paper is even
_FAINT_DISTANCE, _DISTANCE = 2.5, 1.7  # of what 1 % of the paper departs from the rest
_SOFT, _SOFTEST = 0.1, 0.15  # of the depth of ink, gained within a pixel at its edge


def extract_ink(grey: Grey) -> Grey:
    """Ink high, paper 0, with uneven light divided out, of grey pixels (h, w) of either polarity."""
    is_bitmap = _is_bitmap(grey)
    dark_on_light = grey if _is_dark_on_light(grey, is_bitmap) else 255 - grey
    max_line, paper_side = (_MAX_BITMAP_LINE, _BITMAP_PAPER_SIDE) if is_bitmap else (_MAX_LINE, _PAPER_SIDE)
    # The brightness of the paper is a closing wider than any line. It is smooth, so a smaller size is enough.
    height, width = grey.shape
    shrink = max(1.0, min(height, width) / paper_side)
    size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
    small = cv2.resize(dark_on_light, size, interpolation=cv2.INTER_AREA)
    side = 2 * int(min(size) * max_line / 2) + 3
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    smooth = cv2.GaussianBlur(closed.astype(np.float32), (0, 0), side / 4)
    paper = cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR)
    missing = cv2.subtract(paper, dark_on_light, dtype=cv2.CV_32F)
    return as_uint8(cv2.divide(missing, np.maximum(paper, 1), scale=255, dtype=cv2.CV_8U))


def _is_dark_on_light(grey: Grey, is_bitmap: bool) -> bool:
    """Whether ink is darker than paper: ink is what lies farther from the median brightness.

    In a bitmap of much ink it is what has the narrower lines. Where a shadow makes that unclear, it is what stands
    out from its surroundings.
    """
    smooth = as_uint8(cv2.blur(grey, (3, 3)))
    low, middle, high = _quantiles(_counts(smooth), 0.005, 0.5, 0.995)
    if is_bitmap:
        dark = smooth < (low + high) / 2
        if _FULL_BITMAP < dark.mean() < 1 - _FULL_BITMAP:
            return _depth(dark) <= _depth(~dark)
    darker, lighter = middle - low, high - middle
    if max(darker, lighter) < 2 * min(darker, lighter):
        side = min(grey.shape) // 3
        around = cv2.blur(smooth, (max(3, side), max(3, side)))
        darker = _quantiles(_counts(as_uint8(cv2.subtract(around, smooth))), 0.995)[0]
        lighter = _quantiles(_counts(as_uint8(cv2.subtract(smooth, around))), 0.995)[0]
    return darker >= lighter


def _is_bitmap(grey: Grey) -> bool:
    """Whether a picture may be one digit that fills it, in even light: it is small, and little of it is grey."""
    if max(grey.shape) > _BITMAP_SIDE:
        return False
    smooth = as_uint8(cv2.blur(grey, (3, 3)))
    low, high = _quantiles(_counts(smooth), 0.005, 0.995)
    return bool((np.abs(smooth - (low + high) / 2) < (high - low) / 6).mean() < _BITMAP_GREY)


def _depth(area: NDArray[np.bool_]) -> float:
    """How far, in pixels, the deepest pixels of an area (h, w) lie inside it.

    The edge of the picture is no edge of the area.
    """
    framed = np.pad(area.astype(np.uint8), 1, mode="edge")
    return float(np.quantile(cv2.distanceTransform(framed, cv2.DIST_L2, 3)[framed > 0], 0.9))


def is_blank(ink: Grey) -> bool:
    """Whether ink (h, w) is no more than noise of paper: lines outlive a blur that noise does not.

    The larger the picture, the farther the farthest pixel of noise, and the less a blur costs the lines.
    """
    side = min(ink.shape)
    sigma = 1.5 + side / 800
    shrink = max(1, int(sigma))  # a blurred picture shows as much in fewer pixels
    size = (ink.shape[1] // shrink, ink.shape[0] // shrink)
    small = ink if shrink == 1 else cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    smooth = cv2.GaussianBlur(small.astype(np.float32), (0, 0), sigma / shrink)
    low, middle = np.percentile(smooth[::3, ::3], [10, 40])
    deviations = (_MAX_NOISE + side / 600) * float(middle - low) / _QUANTILE_DEVIATIONS
    return bool(smooth.max() <= middle + max(1.0, deviations))


def binarize(ink: Grey, enlarged: float = 1.0) -> Grey | None:
    """255 on ink (h, w), 0 on paper; None where there is no ink.

    `enlarged` is how many times the picture was enlarged before.
    """
    smooth = as_uint8(cv2.GaussianBlur(ink, (0, 0), min(max(0.8, 0.5 * enlarged), 1.5)))
    counts = _counts(smooth)
    low, middle = _quantiles(counts, 0.1, 0.4)
    deviation = float(middle - low) / _QUANTILE_DEVIATIONS
    strong = np.where(np.arange(256) > max(_FAINTEST, middle + 5 * deviation), counts, 0)
    if not strong.any():
        return None
    [top] = _quantiles(strong, 0.95)
    faint, core = _edge_levels(smooth, max(_FAINTEST, middle + 2 * deviation), top)
    mask = _hysteresis(smooth, faint, core)
    return mask if mask.any() else None


def _edge_levels(smooth: Grey, floor: float, top: float) -> tuple[float, float]:
    """The levels of the faint ends of strokes and of ink: those with nearly the steepest edges, and the steepest.

    Pen strokes have steeper edges than stains, shadows and the pattern printed on a cheque, all of which is
    lighter. So the contour lines of a picture are steepest at half the depth of the ink. Levels below `floor` are
    noise; `top` is the depth of the ink.
    """
    lowest, sigma = max(floor, _MIN_DEPTH * top), max(1.0, 0.04 * top)
    inked = np.flatnonzero(smooth >= lowest - 4 * sigma)  # lighter pixels do not count at any level that is tried
    right = cv2.Sobel(smooth, cv2.CV_16S, 1, 0).ravel()[inked]
    down = cv2.Sobel(smooth, cv2.CV_16S, 0, 1).ravel()[inked]
    slope = np.hypot(right.astype(np.float32), down.astype(np.float32))
    level = smooth.ravel()[inked]
    count = np.bincount(level, minlength=256).astype(np.float64)
    total = np.bincount(level, weights=slope, minlength=256).astype(np.float64)
    steepness = _smoothed(total, sigma) / np.maximum(_smoothed(count, sigma), 1e-9)
    levels = np.arange(256)
    is_tried = (levels >= lowest) & (levels <= max(floor + 1, _MAX_EDGE_LEVEL * top)) & (count != 0)
    steepness[~is_tried] = 0
    core = int(steepness.argmax())
    return float(np.flatnonzero(steepness >= _SHARP * steepness[core])[0]), float(core)


def _smoothed(values: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    return np.asarray(cv2.GaussianBlur(values.reshape(1, -1), (0, 0), sigma), np.float64).ravel()


def _hysteresis(smooth: Grey, faint: float, core: float) -> Grey:
    """255 on the components above `faint` that hold a pixel above `core`.

    So the faint ends of strokes stay and faint stains go.
    """
    above = smooth > faint
    inked = np.flatnonzero(above)
    count, labels = cv2.connectedComponents(above.view(np.uint8), connectivity=8)
    component = labels.ravel()[inked]
    is_kept = np.bincount(component[smooth.ravel()[inked] > core], minlength=count) > 0
    mask = np.zeros(smooth.shape, np.uint8)
    mask.ravel()[inked[is_kept[component]]] = 255
    return mask


def _counts(grey: Grey, mask: Grey | None = None) -> NDArray[np.float32]:
    """(256,) the number of pixels of each value, where the mask is not 0."""
    return np.asarray(cv2.calcHist([grey], [0], mask, [256], [0, 256]), np.float32).ravel()


def _quantiles(counts: NDArray[np.float32], *shares: float) -> list[float]:
    """The quantiles of counted values, as `np.percentile` with the method "higher", but ten times faster."""
    below = np.cumsum(counts, dtype=np.float64)
    return [float(np.searchsorted(below, share * below[-1])) for share in shares]


def remove_shadows(ink: Grey, mask: Grey) -> Grey:
    """Ink (h, w) without what is broader than any line; the same object where there is nothing so broad.

    An opening wider than the pen, whose width is measured on `mask`, leaves shadows but no writing.
    """
    pen = pen_width(mask)
    side = round(4 * pen) + 3
    if side > min(ink.shape) / 3:
        return ink
    broad = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    if not broad.any():
        return ink
    return as_uint8(cv2.subtract(ink, cv2.blur(broad, (side, side))))


def is_texture(ink: Grey, mask: Grey, enlarged: float = 1.0) -> bool:
    """Whether the mask (h, w) of ink (h, w) shows the grain, folds or stains of paper, or a soft shadow.

    Writing has a sharp edge, and is deeper than what paper is at its darkest. `enlarged` as in `binarize`.
    """
    inside = _quantiles(_counts(ink, mask), 0.5)[0]
    around = as_uint8(cv2.dilate(mask, np.ones((9, 9), np.uint8)))
    paper, darkest = _quantiles(_counts(ink, 255 - around), 0.5, 0.99) if around.min() == 0 else (0.0, 0.0)
    distance = (inside - paper) / (darkest - paper + 1)
    edge = np.flatnonzero(cv2.subtract(mask, cv2.erode(mask, np.ones((3, 3), np.uint8))))
    right = cv2.Sobel(ink, cv2.CV_16S, 1, 0).ravel()[edge].astype(np.float32)
    down = cv2.Sobel(ink, cv2.CV_16S, 0, 1).ravel()[edge].astype(np.float32)
    sharpness = enlarged * float(np.median(np.hypot(right, down))) / (8 * max(inside, 1.0))
    if inside < _FAINT:
        return distance < _FAINT_DISTANCE or sharpness < _SOFT
    return distance < _DISTANCE and sharpness < _SOFTEST


def component_pen_width(component: NDArray[np.bool_]) -> float:
    """The width of the lines, in pixels, of one component (h, w).

    It is twice the area by the number of pixels at the edge, because a line has two edges.
    """
    inside = cv2.copyMakeBorder(component.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    edge = int(inside.sum()) - int(cv2.erode(inside, np.ones((3, 3), np.uint8)).sum())
    return 2 * int(inside.sum()) / max(edge, 1)


def pen_width(mask: Grey) -> float:
    """The width of the lines, in pixels, of a mask (h, w) that holds some ink.

    It is the median over the components, so that one large shadow counts no more than one digit.
    """
    return float(np.median(pen_widths(mask)))


def pen_widths(mask: Grey) -> NDArray[np.float64]:
    """(n,) the widths of the lines, in pixels, of the larger components of a mask (h, w) that holds some ink."""
    inked = np.flatnonzero(mask > 0)
    count, labels = cv2.connectedComponents(mask, connectivity=8)
    component = labels.ravel()[inked]
    is_edge = cv2.erode(mask, np.ones((3, 3), np.uint8)).ravel()[inked] == 0
    area, edge = np.bincount(component, minlength=count), np.bincount(component[is_edge], minlength=count)
    is_large = area >= max(1, 0.05 * area.max())
    return np.asarray(2 * area[is_large] / np.maximum(edge[is_large], 1))

"""Rings and frames: components of a mask that run around other ink, or are empty boxes of one size."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.ink.greyscale import Grey, as_uint8
from ml.segmentation.binarization import component_pen_width
from ml.segmentation.connected_ink import ConnectedInk, connect

Ints = NDArray[np.int64]

_LEAST_SIDE = 4.0  # widths of its line; smaller components are no rings
_MAX_SHARE = 0.6  # of its box, and of its convex hull, that is ink; a ring is hollow
_INNER = 0.2  # of the height of a ring; lower ink inside is a dot, and not what the ring is for
_LARGEST_INNER = 0.85  # of the height of a ring
_SLIM = 0.85  # width by height; a slimmer ring around one stroke is a 0 with a stroke in it
_STRAIGHT = 1.7  # areas of a straight line of its length; more ink is no single stroke
_COVERED = 0.92  # of its convex hull has ink beside it
_ON_OUTLINE = 0.9  # of a ring that touches nothing lies along its outline
_DIVIDED = 0.92  # of its height inside: ink over so much of it is a wall, and more of it than a digit
_LEAST_OUTLINE = 0.4  # of a box and the digits that touch it lies along its outline
_BAND = 0.1  # of the shorter side of a ring: by so much its line sways from its convex hull
_WIDE = 1.3  # heights; no digit is so wide a rectangle
_WHOLE = 0.8  # of its convex hull is ink, or paper that ink surrounds
_RECTANGULAR = 0.92  # of the smallest rectangle around it is filled by a box with round corners; by a 0 0.8
_ALIKE = 0.12  # by which boxes of one form differ in size at most
_PRINTED = 0.04  # by which printed boxes differ, and a pixel; the zeros of a hand are less alike
_MANY = 3  # empty boxes of one size; fewer may be letters


def remove_rings(found: ConnectedInk, box_height: float = 0.0) -> ConnectedInk:
    """Connected ink without rings and frames around other ink; the same object if there are none.

    Boxes with round corners go also where nothing is in them, if there are several of one size or if they are as
    high as the boxes of a form, `box_height` pixels.
    """
    labels, stats = found.labels, found.stats
    hollow = np.flatnonzero(_may_be_hollow(stats)).tolist()
    rings: list[_Ring] = []
    boxes: list[_Ring] = []
    for number in hollow:
        ring = _Ring(labels, stats[number], number)
        if not ring.is_closed:
            continue
        inner = _inside(stats, number)
        if ring.touches_nothing and len(inner) and ring.may_hold(stats[inner], labels, inner):
            rings.append(ring)
        elif ring.is_rectangular:
            if ring.touches_nothing and ring.width > _WIDE * ring.height and not ring.is_divided:
                rings.append(ring)
            elif ring.is_whole:
                boxes.append(ring)
    of_form = [box for box in boxes if abs(box.height - box_height) < _ALIKE * box_height and not box.is_divided]
    rings += of_form or _of_one_size(boxes, rings)
    if not rings:
        return found
    cleaned = found.mask.copy()
    for ring in rings:
        ring.erase(cleaned)
    return connect(cleaned)


def _may_be_hollow(stats: NDArray[np.int32]) -> NDArray[np.bool_]:
    """(n,) of the components that stats (n, 5) measure."""
    _, _, width, height, area = stats.T.astype(np.int64)
    return np.asarray((np.minimum(width, height) >= 8) & (area <= _MAX_SHARE * width * height))


def _inside(stats: NDArray[np.int32], number: int) -> Ints:
    """The components whose boxes lie in that of component `number`."""
    x, y, w, h = stats[:, :4].T.astype(np.int64)
    left, top, width, height = stats[number, :4].tolist()
    is_inside = (x > left) & (y > top) & (x + w < left + width) & (y + h < top + height)
    is_inside[[0, number]] = False
    return np.flatnonzero(is_inside)


class _Ring:
    """A hollow component and its convex hull."""

    def __init__(self, labels: NDArray[np.int32], stats: NDArray[np.int32], number: int) -> None:
        self.x, self.y, self.width, self.height, self.area = stats.tolist()
        self._window = np.s_[self.y : self.y + self.height, self.x : self.x + self.width]
        self._own = labels[self._window] == number
        self.line = component_pen_width(self._own)
        self._framed = as_uint8(cv2.copyMakeBorder(as_uint8(self._own), 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=0))
        self._hull = cv2.convexHull(cv2.findNonZero(as_uint8(self._own)))
        filled = np.zeros((self.height + 2, self.width + 2), np.uint8)
        cv2.fillConvexPoly(filled, self._hull + 1, 1)
        self._depth = np.asarray(cv2.distanceTransform(filled, cv2.DIST_L2, 3))[1:-1, 1:-1]
        self._band = max(1.5 * self.line, _BAND * min(self.width, self.height)) + 1
        self._on_outline = self._own & (self._depth <= self._band)

    @property
    def is_closed(self) -> bool:
        """Whether its ink runs along all of its convex hull."""
        if min(self.width, self.height) < _LEAST_SIDE * self.line:
            return False
        if self.area > _MAX_SHARE * cv2.contourArea(self._hull):  # a slanting stroke
            return False
        if self._on_outline.sum() < _LEAST_OUTLINE * self.area:
            return False
        outline = np.zeros(self._own.shape, np.uint8)
        cv2.polylines(outline, [self._hull], True, 1)
        reach = 2 * round(self._band) + 1
        near = cv2.dilate(as_uint8(self._on_outline), np.ones((reach, reach), np.uint8))
        return bool(near[outline > 0].mean() >= _COVERED)

    @property
    def touches_nothing(self) -> bool:
        """Whether nearly all of it runs along its outline."""
        return bool(self._on_outline.sum() >= _ON_OUTLINE * self.area)

    @property
    def is_rectangular(self) -> bool:
        """Whether it is a box, with sharp or round corners."""
        _, sides, _ = cv2.minAreaRect(self._hull)
        around = (sides[0] + 1) * (sides[1] + 1)
        area = cv2.contourArea(self._hull) + cv2.arcLength(self._hull, True) / 2 + 1  # with half a pixel around it
        return bool(area >= _RECTANGULAR * around)

    @property
    def is_whole(self) -> bool:
        """Whether paper inside is cut off from paper outside, as in a box and not in a 5."""
        closed = cv2.morphologyEx(self._framed, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
        cv2.floodFill(closed, None, (0, 0), 2)
        return bool((closed != 2).sum() >= _WHOLE * cv2.contourArea(self._hull))

    @property
    def is_divided(self) -> bool:
        """Whether a wall from top to bottom may divide it."""
        within = (self._own & ~self._on_outline).any(axis=1).sum()
        return bool(within >= _DIVIDED * (self.height - 2 * self._band))

    def may_hold(self, inner: NDArray[np.int32], labels: NDArray[np.int32], numbers: Ints) -> bool:
        """Whether the components inside, with these stats, are writing, and not the stroke of a 0."""
        heights = inner[:, cv2.CC_STAT_HEIGHT]
        is_writing = (heights >= _INNER * self.height) | (heights >= 4 * self.line)
        is_writing &= heights <= _LARGEST_INNER * self.height
        if not is_writing.any():
            return False
        if is_writing.sum() == 1 and self.width < _SLIM * self.height:
            x, y, width, height, area = inner[is_writing][0].tolist()
            own = labels[y : y + height, x : x + width] == numbers[is_writing][0]
            return bool(area > _STRAIGHT * component_pen_width(own) * np.hypot(width, height))
        return True

    def erase(self, mask: Grey) -> None:
        """Take it out of the mask, all but what reaches far into it: a digit that touches it."""
        if self.touches_nothing:
            mask[self._window][self._own] = 0
            return
        outside = self._framed.copy()
        cv2.floodFill(outside, None, (0, 0), 2)
        depth = cv2.distanceTransform(as_uint8(outside != 2), cv2.DIST_L2, 3)[2:-2, 2:-2]
        mask[self._window][self._own & (depth <= self.line + 1.5) & self._on_outline] = 0


def _of_one_size(boxes: list[_Ring], rings: list[_Ring]) -> list[_Ring]:
    """Those of the empty boxes that are as large as several others; where all are empty, as print is."""
    if not boxes:
        return []
    sizes = np.array([(ring.width, ring.height) for ring in [*boxes, *rings]], np.float64)
    apart = abs(sizes[:, None] - sizes[None])
    most = _ALIKE * sizes if rings or any(not box.touches_nothing for box in boxes) else _PRINTED * sizes + 1
    alike = (apart <= most).all(axis=2).sum(axis=1)
    return [box for box, many in zip(boxes, alike[: len(boxes)], strict=True) if many >= _MANY]

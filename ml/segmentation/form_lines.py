"""Rules of ruled and squared paper, and base lines printed on forms, removed from a mask of ink."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.ink.greyscale import Grey
from ml.segmentation.binarization import pen_width

Mask = NDArray[np.bool_]  # (h, w)

_MIN_SEEN = 0.35  # of the width of the picture: so much of a rule is seen between the strokes that cross it
_MIN_SPAN = 0.5  # of the width of the picture, from the first to the last column where a rule is seen
_FILLED = 0.85  # of the length of a rule lies in ink; level bars of digits have paper between them
_LONE_LENGTH = 1.25  # heights of the picture; a lone line that long is no bar of a digit and no minus
_MIN_UPRIGHT = 6  # upright lines of a picture; fewer are stems of digits
_MIN_UPRIGHT_LENGTH = 0.6  # widths of the picture; shorter upright lines are stems of digits
_FINE = 0.65  # widths of the pen; so fine a line is a rule in any case, since stems and bars have 0.8 and more
_MAX_BEND = 0.6  # of the distance within which ink is near a rule; bottoms of digits in a row are more uneven
_STRAIGHT_ENOUGH = 0.9  # widths of the pen; a thinner line may bend more than `_MAX_BEND`
_REACH = 0.1  # of the width of the picture; so far a rule leads on beyond where it is seen
_THICK = 1.6  # thicknesses of a rule; thicker ink belongs to a stroke that crosses it or stands on it
_MAX_SLOPE = 0.1
_SLOPES = 41  # that are tried


@dataclass(frozen=True)
class _Rule:
    """A line where it is seen: columns (n,) and its middle in each of them."""

    x: NDArray[np.int64]
    y: NDArray[np.float64]
    slope: float
    thickness: float
    bend: float  # standard deviation of its middle from a parabola

    @classmethod
    def measured(cls, line: Mask, slope: float) -> _Rule:
        """The rule from where it is seen (h, w); what is seen below it in the same column is something else."""
        below = np.logical_or.accumulate(np.logical_or.accumulate(line) & ~line)
        line = line & ~below
        x = np.flatnonzero(line.any(axis=0))
        thickness = line.sum(axis=0)[x]
        y = (line * np.arange(len(line))[:, None]).sum(axis=0)[x] / thickness
        bend = float(np.std(y - np.polyval(np.polyfit(x, y, 2), x)))
        return cls(x, y, slope, float(np.median(thickness)), bend)

    @property
    def length(self) -> int:
        return int(np.ptp(self.x))

    def removed_from(self, mask: Grey) -> Grey:
        """The mask (h, w) without the ink on the rule, wherever that is no thicker than the rule."""
        height, width = mask.shape
        reach = round(_REACH * width)
        x = np.arange(max(0, self.x[0] - reach), min(width, self.x[-1] + reach + 1))
        level = np.interp(x, self.x, self.y - self.slope * self.x).reshape(1, -1)
        y = cv2.blur(level, (max(3, len(x) // 20), 1)).ravel() + self.slope * x
        half = round(_THICK * self.thickness) + 2
        offset = np.arange(-half, half + 1)[:, None]
        rows = np.rint(y).astype(int) + offset  # (2 * half + 1, n): the surroundings of the rule in each column
        is_inside = (rows >= 0) & (rows < height)
        rows = np.clip(rows, 0, height - 1)
        is_ink = (mask[rows, x] > 0) & is_inside
        up, down = np.logical_and.accumulate(is_ink[half::-1]), np.logical_and.accumulate(is_ink[half:])
        is_thin = up.sum(axis=0) + down.sum(axis=0) - 1 <= _THICK * self.thickness + 1
        is_at_edge = ~is_inside.all(axis=0) & (np.abs(offset) <= self.thickness / 2 + 1)
        removed = np.concatenate([up[:0:-1], down]) & (is_thin | is_at_edge)
        cleaned = mask.copy()
        cleaned[rows[removed], np.broadcast_to(x, rows.shape)[removed]] = 0
        return cleaned


def remove_form_lines(mask: Grey) -> Grey:
    """The mask (h, w), 255 on ink, without long, thin, straight lines along its sides.

    Strokes that cross them stay whole. Level lines go first, then upright ones as level lines of the turned mask.
    """
    pen = 0.0
    for is_turned in (False, True):
        if not mask.any():
            break
        pen = pen or pen_width(mask)
        view = np.ascontiguousarray(mask.T) if is_turned else mask
        height, width = view.shape
        rules = _find_rules(view, pen)
        may_be_stems = is_turned and (len(rules) < _MIN_UPRIGHT or width < _MIN_UPRIGHT_LENGTH * height)
        if len(rules) == 1 or may_be_stems:
            rules = [r for r in rules if r.length >= _LONE_LENGTH * height or r.thickness <= _FINE * pen]
        for rule in rules:
            view = rule.removed_from(view)
        if rules:
            mask, pen = np.ascontiguousarray(view.T) if is_turned else view, 0.0
    return mask


def _find_rules(mask: Grey, pen: float) -> list[_Rule]:
    """Lines of ink not much thicker than the pen from side to side of a mask (h, w), or nearly."""
    width, max_thickness = mask.shape[1], round(1.5 * pen) + 2
    thin = _thin_runs(mask, max_thickness)
    near = max(2.0, 0.005 * width)
    slope, offsets = _common_slope(thin, near)
    rules = []
    for offset in offsets:
        band = _band(mask.shape, offset, slope, near + 2, near + 2)
        seen = np.flatnonzero((thin & band).any(axis=0))
        if len(seen) <= _MIN_SEEN * width or np.ptp(seen) <= _MIN_SPAN * width:
            continue
        filled = np.asarray(((mask > 0) & band).any(axis=0))[seen[0] : seen[-1] + 1]
        rule = _Rule.measured(thin & _band(mask.shape, offset, slope, near + 2, near + max_thickness), slope)
        is_straight = rule.bend <= _MAX_BEND * near or rule.thickness < _STRAIGHT_ENOUGH * pen
        if filled.mean() > _FILLED and is_straight:
            rules.append(rule)
    return rules


def _thin_runs(mask: Grey, max_thickness: int) -> Mask:
    """(h, w) true on level ink that is thinner than `max_thickness`, in pixels."""
    frame = max_thickness
    framed = cv2.copyMakeBorder(mask, frame, frame, 0, 0, cv2.BORDER_CONSTANT, value=0)
    thick = cv2.morphologyEx(framed, cv2.MORPH_OPEN, np.ones((max_thickness, 1), np.uint8))[frame:-frame]
    length = max(9, mask.shape[1] // 20)
    thin = cv2.morphologyEx(cv2.subtract(mask, thick), cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    return np.asarray(thin > 0)


def _common_slope(thin: Mask, near: float) -> tuple[float, list[int]]:
    """The slope that most of thin runs (h, w) have in common, and the rows at x = 0 of lines that hold many.

    Each upper edge votes for the row at x = 0 of the line through it, for each slope; the slope with the sharpest
    peaks of votes wins.
    """
    height, width = thin.shape
    y, x = np.nonzero(thin & ~np.roll(thin, 1, axis=0))  # upper edges
    margin = int(_MAX_SLOPE * width) + 1
    most_votes, slope = np.zeros(1), 0.0
    for candidate in np.linspace(-_MAX_SLOPE, _MAX_SLOPE, _SLOPES):
        rows = np.rint(y - candidate * x).astype(int) + margin
        votes = np.convolve(np.bincount(rows, minlength=height + 2 * margin), np.ones(3), "same")
        if (votes**2).sum() > (most_votes**2).sum():
            most_votes, slope = votes, float(candidate)
    offsets: list[int] = []
    for row in np.argsort(-most_votes, kind="stable"):
        if most_votes[row] < 0.5 * _MIN_SEEN * width:
            break
        if all(abs(int(row) - margin - offset) > 2 * near for offset in offsets):
            offsets.append(int(row) - margin)
    return slope, offsets


def _band(shape: tuple[int, ...], offset: int, slope: float, above: float, below: float) -> Mask:
    """(h, w) true from `above` pixels above a line that begins at row `offset` to `below` pixels below it."""
    y, x = np.arange(shape[0])[:, None], np.arange(shape[1])
    under = y - offset - slope * x
    return np.asarray((under >= -above) & (under <= below))

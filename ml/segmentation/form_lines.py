"""Lines of ruled and squared paper, and the base line printed on forms, taken out of a mask of ink."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.ink.greyscale import Grey
from ml.segmentation.binarization import pen_width

_COVERED = 0.35  # of the width of the picture: so much of a rule is seen between the strokes that cross it
_FILLED = 0.85  # of its length lies in ink; level bars of digits have paper between them
_ALONE = 1.25  # heights of the picture: a lone line that long is no bar of a digit and no minus
_UPRIGHT = 6  # lines down a picture: fewer, or shorter ones than
_LONG = 0.6  # of its width, are stems of digits,
_FINE = 0.65  # unless they are finer than that, in widths of the pen; stems and bars are 0.8 and more
_BENT = 0.6  # of how near the ink of a rule must lie to it: bottoms of digits in a row are more uneven,
_THINNER = 0.9  # and no finer than that, in widths of the pen
_REACH = 0.1  # of the width of the picture: so far beyond where it is seen a rule leads on
_THICK = 1.6  # times the line: ink thicker than that belongs to a stroke that crosses or stands on it
_STEEPEST = 0.1  # slope


@dataclass(frozen=True)
class _Rule:
    """A line where it is seen: columns (n,) and its middle in each of them."""

    x: NDArray[np.int64]
    y: NDArray[np.float64]
    slope: float
    thickness: float
    bent: float  # standard deviation of its middle from a parabola

    @property
    def length(self) -> int:
        return int(np.ptp(self.x))


def remove_form_lines(mask: Grey) -> Grey:
    """The mask (h, w) without long, thin, straight lines along its sides; strokes that cross them stay whole."""
    pen = 0.0
    for turned in (False, True):
        if not mask.any():
            break
        pen = pen or pen_width(mask)
        view = np.ascontiguousarray(mask.T) if turned else mask
        cleaned = _without_rows(view, pen, upright=turned)
        if cleaned is not view:
            mask, pen = np.ascontiguousarray(cleaned.T) if turned else cleaned, 0.0
    return mask


def _without_rows(mask: Grey, pen: float, upright: bool) -> Grey:
    height, width = mask.shape
    rules = _rules(mask, pen)
    if len(rules) == 1 or (upright and (len(rules) < _UPRIGHT or width < _LONG * height)):
        rules = [rule for rule in rules if rule.length >= _ALONE * height or rule.thickness <= _FINE * pen]
    for rule in rules:
        mask = _without_row(mask, rule)
    return mask


def _rules(mask: Grey, pen: float) -> list[_Rule]:
    """Lines of ink not much thicker than the pen from side to side of a mask (h, w), or nearly."""
    width, tall = mask.shape[1], round(1.5 * pen) + 2
    thin = _thin_runs(mask, tall)
    near = max(2.0, 0.005 * width)
    slope, offsets = _lines(thin, near)
    found = []
    for offset in offsets:
        band = _band(mask.shape, offset, slope, near + 2, near + 2)
        seen = np.flatnonzero((thin & band).any(axis=0))
        if len(seen) <= _COVERED * width or np.ptp(seen) <= 0.5 * width:
            continue
        filled = np.asarray(((mask > 0) & band).any(axis=0))[seen[0] : seen[-1] + 1]
        rule = _rule(thin & _band(mask.shape, offset, slope, near + 2, near + tall), slope)
        if filled.mean() > _FILLED and (rule.bent <= _BENT * near or rule.thickness < _THINNER * pen):
            found.append(rule)
    return found


def _rule(line: NDArray[np.bool_], slope: float) -> _Rule:
    """From where it is seen (h, w); what is seen below it in the same column is something else."""
    below = np.logical_or.accumulate(np.logical_or.accumulate(line) & ~line)
    line = line & ~below
    x = np.flatnonzero(line.any(axis=0))
    thickness = line.sum(axis=0)[x]
    y = (line * np.arange(len(line))[:, None]).sum(axis=0)[x] / thickness
    bent = float(np.std(y - np.polyval(np.polyfit(x, y, 2), x)))
    return _Rule(x, y, slope, float(np.median(thickness)), bent)


def _thin_runs(mask: Grey, tall: int) -> NDArray[np.bool_]:
    """(h, w) true on level ink that is no thicker than a stroke of the pen: `tall` pixels."""
    framed = cv2.copyMakeBorder(mask, tall, tall, 0, 0, cv2.BORDER_CONSTANT, value=0)
    thick = cv2.morphologyEx(framed, cv2.MORPH_OPEN, np.ones((tall, 1), np.uint8))[tall:-tall]
    side = max(9, mask.shape[1] // 20)
    thin = cv2.morphologyEx(cv2.subtract(mask, thick), cv2.MORPH_OPEN, np.ones((1, side), np.uint8))
    return np.asarray(thin > 0)


def _lines(thin: NDArray[np.bool_], near: float) -> tuple[float, list[int]]:
    """The slope that most of thin runs (h, w) have in common, and the rows at x = 0 of lines that gather many."""
    height, width = thin.shape
    y, x = np.nonzero(thin & ~np.roll(thin, 1, axis=0))  # upper edges
    beyond = int(_STEEPEST * width) + 1
    best, slope = np.zeros(1), 0.0
    for tried in np.linspace(-_STEEPEST, _STEEPEST, 41):
        rows = np.rint(y - tried * x).astype(int) + beyond
        votes = np.convolve(np.bincount(rows, minlength=height + 2 * beyond), np.ones(3), "same")
        if (votes**2).sum() > (best**2).sum():
            best, slope = votes, float(tried)
    found: list[int] = []
    for row in np.argsort(-best, kind="stable"):
        if best[row] < 0.5 * _COVERED * width:
            break
        if all(abs(int(row) - beyond - other) > 2 * near for other in found):
            found.append(int(row) - beyond)
    return slope, found


def _band(shape: tuple[int, ...], offset: int, slope: float, above: float, below: float) -> NDArray[np.bool_]:
    """(h, w) true from so far above a line that begins at row `offset` to so far below it."""
    y, x = np.arange(shape[0])[:, None], np.arange(shape[1])
    under = y - offset - slope * x
    return np.asarray((under >= -above) & (under <= below))


def _without_row(mask: Grey, rule: _Rule) -> Grey:
    """Take out one rule wherever the ink on it is no thicker than it."""
    thickness, reach = rule.thickness, round(_REACH * mask.shape[1])
    x = np.arange(max(0, rule.x[0] - reach), min(mask.shape[1], rule.x[-1] + reach + 1))
    level = np.interp(x, rule.x, rule.y - rule.slope * rule.x).reshape(1, -1)
    y = cv2.blur(level, (max(3, len(x) // 20), 1)).ravel() + rule.slope * x
    band = round(_THICK * thickness) + 2
    place = np.rint(y).astype(int) + np.arange(-band, band + 1)[:, None]
    inside = (place >= 0) & (place < mask.shape[0])
    place = np.clip(place, 0, mask.shape[0] - 1)
    ink = (mask[place, x] > 0) & inside
    up, down = np.logical_and.accumulate(ink[band::-1]), np.logical_and.accumulate(ink[band:])
    thin = up.sum(axis=0) + down.sum(axis=0) - 1 <= _THICK * thickness + 1
    edge = ~inside.all(axis=0) & (np.abs(np.arange(-band, band + 1)[:, None]) <= thickness / 2 + 1)
    gone = np.concatenate([up[:0:-1], down]) & (thin | edge)
    cleaned = mask.copy()
    cleaned[place[gone], np.broadcast_to(x, place.shape)[gone]] = 0
    return cleaned

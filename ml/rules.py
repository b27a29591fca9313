"""Lines of ruled and squared paper, and the base line printed on forms, taken out of a mask of ink."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.paper import Grey, pen_width

_COVERED = 0.35  # of the width of the picture: so much of a rule is seen between the strokes that cross it
_FILLED = 0.85  # of its length lies in ink; level bars of digits have paper between them
_ALONE = 1.25  # heights of the picture: a lone line that long is no bar of a digit and no minus
_THICK = 1.6  # times the line: ink thicker than that belongs to a stroke that crosses or stands on it
_STEEPEST = 0.1  # slope


def without_rules(mask: Grey) -> Grey:
    """The mask (h, w) without long, thin, straight lines along its sides; strokes that cross them stay whole."""
    for turned in (False, True):
        if not mask.any():
            break
        view = np.ascontiguousarray(mask.T) if turned else mask
        cleaned = _without_rows(view)
        mask = np.ascontiguousarray(cleaned.T) if turned else cleaned
    return mask


def _without_rows(mask: Grey) -> Grey:
    height, width = mask.shape
    thin = _thin_runs(mask)
    near = max(2.0, 0.005 * width)
    slope, offsets = _lines(thin, near)
    rules = []
    for offset in offsets:
        band = _band(mask.shape, offset, slope, near)
        seen = np.flatnonzero((thin & band).any(axis=0))
        if len(seen) <= _COVERED * width or np.ptp(seen) <= 0.5 * width:
            continue
        filled = np.asarray(((mask > 0) & band).any(axis=0))[seen[0] : seen[-1] + 1]
        if filled.mean() > _FILLED:
            rules.append((thin & band, np.ptp(seen)))
    if len(rules) == 1 and rules[0][1] < _ALONE * height:
        return mask
    for line, _ in rules:
        mask = _without_row(mask, line)
    return mask


def _thin_runs(mask: Grey) -> NDArray[np.bool_]:
    """(h, w) true on level ink that is no thicker than a stroke of the pen."""
    tall, side = round(1.5 * pen_width(mask)) + 2, max(9, mask.shape[1] // 20)
    thin = cv2.subtract(mask, cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((tall, 1), np.uint8)))
    return np.asarray(cv2.morphologyEx(thin, cv2.MORPH_OPEN, np.ones((1, side), np.uint8)) > 0)


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


def _band(shape: tuple[int, ...], offset: int, slope: float, near: float) -> NDArray[np.bool_]:
    y, x = np.arange(shape[0])[:, None], np.arange(shape[1])
    return np.asarray(np.abs(y - offset - slope * x) <= near + 2)


def _without_row(mask: Grey, line: NDArray[np.bool_]) -> Grey:
    """Take out one rule, seen as `line` (h, w), wherever the ink on it is no thicker than it."""
    filled = np.flatnonzero(line.any(axis=0))
    rows = np.arange(line.shape[0])[:, None]
    centre = (line * rows).sum(axis=0)[filled] / line.sum(axis=0)[filled]
    x = np.arange(filled[0], filled[-1] + 1)
    y = cv2.blur(np.interp(x, filled, centre).reshape(1, -1), (max(3, len(x) // 20), 1)).ravel()
    thickness = float(np.median(line.sum(axis=0)[filled]))
    band = round(_THICK * thickness) + 2
    place = np.rint(y).astype(int) + np.arange(-band, band + 1)[:, None]
    inside = (place >= 0) & (place < mask.shape[0])
    place = np.clip(place, 0, mask.shape[0] - 1)
    ink = (mask[place, x] > 0) & inside
    up, down = np.logical_and.accumulate(ink[band::-1]), np.logical_and.accumulate(ink[band:])
    thin = up.sum(axis=0) + down.sum(axis=0) - 1 <= _THICK * thickness + 1
    gone = np.concatenate([up[:0:-1], down]) & thin
    cleaned = mask.copy()
    cleaned[place[gone], np.broadcast_to(x, place.shape)[gone]] = 0
    return cleaned

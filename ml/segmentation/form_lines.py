"""Lines of forms in a mask of ink: boxes, tables, combs, ruled and squared paper, base lines; told from strokes.

What tells them from strokes is how they meet: walls that stand between the same two level lines, teeth of one
height along a line, lines longer than any stroke. Strokes that cross or touch them stay whole.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.ink.greyscale import Grey, as_uint8
from ml.segmentation.binarization import pen_widths
from ml.segmentation.components import typical_height
from ml.segmentation.connected_ink import ConnectedInk, connect
from ml.segmentation.dark_strokes import restore_dark_strokes
from ml.segmentation.dashes import part_dashes
from ml.segmentation.form_hints import may_hold_form
from ml.segmentation.form_net import FormNet
from ml.segmentation.pale_comb import is_pale_comb
from ml.segmentation.rings import remove_rings
from ml.segmentation.tracks import Track, find_tracks

_LEAST = 2.5  # widths of the pen; shorter lines are no sides of boxes, and teeth of combs seldom are shorter
_BOW = 0.014  # of its length, standard deviation of a line from a straight one; the side of a 0 has more
_LEAST_BOW = 0.6  # px; steps of pixels are no less
_THICK = 1.6  # thicknesses of a line; thicker ink belongs to a stroke that crosses it or stands on it
_NEAR, _NEAR_PENS = (
    2.0,
    0.3,
)  # px, widths of the pen, between the ends of lines that meet; blur fills their corners
_DASH = 0.7  # widths of the pen, at least, is a line thick of whose dashes only a part was seen
_STROKE = 0.8  # widths of the pen of ink beside a line are a stroke that ends there
_RESIDUE = 0.3  # of the height of a box; smaller ink beside its sides is what is left of them
_ALONG = 1.5  # thicknesses of a line, beside it: there lies half of what is left of it, and less of a loop
_SLIM, _END = 0.25, 0.2  # heights: width, and ends, of a wall from side to side; a 1 ends inside its box
_FLAT, _SOLID = 0.35, 0.5  # widths: height of a bar that is no digit; of its box is ink
_DOUBLE = 1.9  # thicknesses of a line; two walls side by side may be one component
_LOW = 5.0  # widths of the pen; walls that low are teeth of a comb, and a digit that low is illegible
_OVERLAP = 0.15  # of the height of a box, by which a printed sign may reach beyond the gap between two boxes
_LONG = 1.4  # heights of the writing; a longer level line is no bar of a digit and no minus
_LONG_UPRIGHT = 2.5  # heights of the writing; a longer upright line is no 1
_LONG_BOW = 0.025  # as `_BOW`, of a line below writing, which may be drawn by hand
_CLOSE = 0.25  # heights of the writing, below a line, where a number that it strikes out goes on
_SEVERAL = 4  # walls, of two boxes or more
_SHORT = 0.2  # heights of the writing, that a line below it may be too short at one side
_DIGIT = 0.5  # heights of the writing; lower components are parts of digits
_PART = 0.6  # heights of the writing; so much of a line is seen beside thick strokes that touch it
_STRUCK = 0.5  # of its columns with ink above a line have ink below, if the line strikes a number out
_CRUMB = 1.5  # widths of the pen; lower writing is what is left of lines
_UNBROKEN = 0.96  # of a line below writing lies in ink; the bars of neighbours have gaps between them
_MIN_SEEN = 0.35  # of the width of the picture: so much of a rule is seen between the strokes that cross it
_MIN_SPAN = 0.5  # of the width of the picture, from the first to the last column where a rule is seen
_RULE_FILLED = 0.85  # of the length of a rule lies in ink; level bars of digits have paper between them
_MAX_BEND = 0.6  # of the distance within which ink is near a rule; bottoms of digits in a row are more uneven
_MANY = 3  # rules; of fewer each must be long or fine, because bars of digits in small pictures look like them
_WHOLE = 0.9  # of the width of the picture: so long are the two rules above and below writing
_LONE_LENGTH = 1.25  # heights of the picture; a line that long beside writing is no bar of a digit and no minus
_MIN_UPRIGHT = 6  # upright lines of a picture; fewer are stems of digits
_MIN_UPRIGHT_LENGTH = 0.6  # widths of the picture; shorter upright lines are stems of digits
_WITHIN = 0.85  # of the height of a picture; higher writing was cut out closely, and may have a stroke at its edge
_EDGE = 0.15  # of the width of a picture, from its edge; a 1 that fills a picture is in the middle
_FINE = 0.65  # widths of the pen; so fine a line is a rule in any case, since stems and bars have 0.8 and more


def remove_form_lines(given: ConnectedInk, ink: Grey) -> ConnectedInk:
    """Connected ink without the lines of forms; the same object where there are none.

    Strokes that cross them stay whole, and so do strokes along them in ink (h, w) that is higher than theirs.
    """
    if not may_hold_form(given):
        return connect(np.zeros_like(given.mask)) if is_pale_comb(given, ink) else given
    parted, joined, dash = part_dashes(given)
    found = remove_rings(parted)
    if not len(found.pixels):
        return found
    mask = found.mask
    joined = joined if dash else mask
    pens = pen_widths(found)
    pen = float(np.median(pens))
    thickest = 1.5 * float(pens.max()) + 2
    turned = np.ascontiguousarray(joined.T)
    level, upright = find_tracks(joined, thickest, _LEAST * pen), find_tracks(turned, thickest, _LEAST * pen)
    net = _net(level, upright, joined, turned, pen, dash)
    sides, walls = net.sides, net.walls
    least = _DASH * pen if dash else 0.0
    cleaned = _without(mask, sides, [*walls, *net.missing_walls()], pen, least)
    if cleaned is not mask:
        found = connect(restore_dark_strokes(mask, cleaned, ink, pen))
        found = remove_rings(_without_residue(joined, found, net, pen) if walls else found, net.box_height)
    cleaned = _without_rules(
        found, [t for t in level if t not in sides], [t for t in upright if t not in walls], pen
    )
    if cleaned is not found.mask:
        found = connect(restore_dark_strokes(found.mask, cleaned, ink, pen))
    return found if found is given else _without_empty_form(given.mask, found, level, pen)


def _net(
    level: Sequence[Track], upright: Sequence[Track], mask: Grey, turned: Grey, pen: float, dash: float
) -> FormNet:
    """The net of the straight tracks of a mask (h, w). Lines of dashes may end before they meet, by one `dash`.

    Dashes that blur to lines are not known as such: they make a net of several boxes, or none.
    """
    straight = [t for t in level if _is_straight(t)], [t for t in upright if _is_straight(t)]
    net = FormNet(*straight, mask, turned, pen, _NEAR + (max(pen, dash) if dash else _NEAR_PENS * pen))
    if net.walls or len(straight[0]) < 2 or len(straight[1]) < _SEVERAL:
        return net
    wide = FormNet(*straight, mask, turned, pen, _NEAR + pen)
    return wide if len(wide.walls) >= _SEVERAL and len(wide.sides) >= 2 else net


def _is_straight(track: Track) -> bool:
    return track.bow <= max(_LEAST_BOW, _BOW * track.length)


def _without(mask: Grey, sides: Sequence[Track], walls: Sequence[Track], pen: float, least: float = 0.0) -> Grey:
    """The mask (h, w) without level tracks and, after them, upright ones, all at least so many pixels thick."""
    if not sides and not walls:
        return mask
    cleaned = mask.copy()
    for track in sides:
        _erase(cleaned, track, max(track.thickness, least), pen)
    for track in walls:
        _erase(cleaned.T, track, max(track.thickness, least), pen)
    return cleaned


def _erase(mask: Grey, track: Track, thickness: float, pen: float) -> None:
    """Take the ink on a track out of a mask (h, w) wherever it is no thicker than the track.

    A stroke that ends at the track is cut off there; one that crosses it, or runs along it, stays.
    """
    height, width = mask.shape
    reach = round(thickness + 1)
    x = np.arange(max(0, track.left - reach), min(width, track.right + reach + 1))
    level = np.interp(x, track.x, track.y - track.slope * track.x).reshape(1, -1)
    y = cv2.blur(level, (max(3, len(x) // 20), 1)).ravel() + track.slope * x
    half = round(_THICK * thickness + pen) + 2
    offset = np.arange(-half, half + 1)[:, None]
    rows = np.rint(y).astype(int) + offset  # (2 * half + 1, n): the surroundings of the track in each column
    is_inside = (rows >= 0) & (rows < height)
    rows = np.clip(rows, 0, height - 1)
    is_ink = (mask[rows, x] > 0) & is_inside
    up, down = np.logical_and.accumulate(is_ink[half::-1]), np.logical_and.accumulate(is_ink[half:])
    run = np.concatenate([up[:0:-1], down])  # the ink that holds together with the middle of the track
    above, below = up.sum(axis=0), down.sum(axis=0)
    is_thin = above + below - 1 <= _THICK * thickness + 1
    is_at_edge = ~is_inside.all(axis=0) & (np.abs(offset) <= thickness / 2 + 1)
    own = thickness / 2 + 1
    ends_here = (np.minimum(above, below) <= own + 1) & (np.maximum(above, below) >= own + _STROKE * pen)
    removed = run & (is_thin | is_at_edge | (ends_here & (np.abs(offset) <= own)))
    mask[rows[removed], np.broadcast_to(x, rows.shape)[removed]] = 0


def _without_residue(before: Grey, cleaned: ConnectedInk, net: FormNet, pen: float) -> ConnectedInk:
    """What is left of a mask (h, w), without the rest of the lines of a form and what is printed into its gaps."""
    stats = cleaned.stats
    x, y, w, h = stats[:, :4].T.astype(np.float64)
    side = np.maximum(w, h)
    removed = as_uint8(cv2.subtract(before, cleaned.mask))
    touched = _ends_beside(removed, cleaned, 1)
    line = float(np.median([wall.thickness for wall in net.walls]))
    small = max(_RESIDUE * net.box_height, 2 * line)
    is_residue = touched[2] & (side < small) & _lie_beside(removed, cleaned, round(_ALONG * line))
    is_wall = touched[:2].all(axis=0) & (w < _SLIM * h) & (stats[:, cv2.CC_STAT_AREA] < _DOUBLE * line * h)
    if net.squares is not None:  # a 1 that reaches from line to line of squared paper
        is_wall &= ~net.squares[1].lie_between(x + w / 2, y + h / 2)
    is_residue |= is_wall
    if net.box_height < _LOW * pen:  # a tooth that was not found, because the line below it hides a part of it
        is_residue |= touched[1] & (w < _DOUBLE * line) & (h < net.box_height + 2 * line)
    for left, top, width, height in net.gaps():
        over = _OVERLAP * height
        is_residue |= (
            (x > left - over) & (x + w < left + width + over) & (y > top - over) & (y + h < top + height + over)
        )
    if (side[1:][~is_residue[1:]] < small).all():
        is_residue[:] = True
    return cleaned.only(~is_residue)


def _ends_beside(removed: Grey, found: ConnectedInk, reach: int) -> NDArray[np.bool_]:
    """(3, n) whether the top, the bottom, any part of each component is so many pixels from removed ink (h, w)."""
    near = cv2.dilate(removed, np.ones((2 * reach + 1,) * 2, np.uint8))
    is_near = near.ravel()[found.pixels] > 0
    rows, beside = found.pixels[is_near] // near.shape[1], found.parts[is_near]
    stats = found.stats
    place = (rows - stats[beside, cv2.CC_STAT_TOP]) / stats[beside, cv2.CC_STAT_HEIGHT]
    parts = (place < _END, place > 1 - _END, place >= 0)
    return np.stack([np.bincount(beside[part], minlength=len(stats)) > 0 for part in parts])


def _lie_beside(removed: Grey, found: ConnectedInk, reach: int) -> NDArray[np.bool_]:
    """(n,) whether at least half of each component is so many pixels from removed ink (h, w)."""
    near = cv2.dilate(removed, np.ones((2 * reach + 1,) * 2, np.uint8))
    beside = np.bincount(found.parts[near.ravel()[found.pixels] > 0], minlength=len(found.stats))
    return np.asarray(2 * beside >= found.stats[:, cv2.CC_STAT_AREA])


def _without_empty_form(before: Grey, cleaned: ConnectedInk, level: Sequence[Track], pen: float) -> ConnectedInk:
    """What is left of a mask (h, w), or nothing if that is only specks, bars, walls between lines and short teeth.

    Walls may hang on level tracks that are longer than they are high.
    """
    if not len(cleaned.pixels):
        return cleaned
    highest = int(cleaned.stats[1:, cv2.CC_STAT_HEIGHT].max())
    bars = [
        track
        for track in level
        if track.length > highest and _is_straight(track) and track.filled(before).mean() > _UNBROKEN
    ]
    parted = _without(cleaned.mask, bars, [], pen)
    rest = cleaned if parted is cleaned.mask else connect(parted)
    w, h, area = rest.stats[1:, cv2.CC_STAT_WIDTH :].T
    is_speck = np.maximum(w, h) < _LEAST * pen
    removed = as_uint8(cv2.subtract(before, rest.mask))
    ends = _ends_beside(removed, rest, round(pen / 2) + 1)[:2, 1:]
    is_wall = ends.all(axis=0) & (w < _SLIM * h)
    is_wall |= ends.any(axis=0) & (w < _DOUBLE * pen) & (h < _LOW * pen)  # teeth too short to be seen as such
    is_bar = (h < _FLAT * w) & (area >= _SOLID * w * h)
    return cleaned if (~is_speck & ~is_wall & ~is_bar).any() else connect(np.zeros_like(before))


def _without_rules(found: ConnectedInk, level: Sequence[Track], upright: Sequence[Track], pen: float) -> Grey:
    """A mask (h, w) of ink without rules of paper and lines under writing, which are longer than any stroke."""
    mask = found.mask
    if not level and not upright:
        return mask
    height, width = mask.shape
    turned = mask.T
    rules = [t for t in level if _is_rule(t, mask)]
    crossing = [t for t in upright if any(_crosses(t, rule, height) for rule in rules)]
    writing = _without(mask, rules, crossing, pen)
    unit = _height_of_writing(found if writing is mask else connect(writing))
    if unit < _CRUMB * pen:
        unit = 0.0
    if len(rules) < _MANY:
        rules = [
            t.prolonged(mask)
            for t in rules
            if t.length >= _LONE_LENGTH * height
            or t.thickness <= _FINE * pen
            or (len(rules) > 1 and t.length >= _WHOLE * width)
            or (unit < _WITHIN * height and _is_at_edge(t, mask.T.shape))
        ]
    seen = [t.prolonged(mask) for t in level if t.length > _PART * unit]
    long = [t for t in seen if _is_long(t, mask, _LONG * unit)]
    if long:
        writing = _without(mask, [*rules, *long], [], pen)
        rules += [t for t in long if _is_below(t, writing, unit)]
    margins = [t for t in upright if _is_rule(t, turned)]
    if len(margins) < _MIN_UPRIGHT or height < _MIN_UPRIGHT_LENGTH * width:
        margins = [t for t in margins if t.length >= _LONE_LENGTH * width or t.thickness <= _FINE * pen]
    for track in upright:
        least = _LONG_UPRIGHT * unit if unit else np.inf
        if track in crossing:
            least = _LONG * unit
        if unit < _WITHIN * height and _is_at_edge(track, mask.shape):
            least = 0.0
        if track not in margins and _is_long(track, turned, least):
            margins.append(track)
    return _without(mask, rules, margins, pen)


def _is_below(track: Track, writing: Grey, unit: float) -> bool:
    """Whether a level track sticks out at both sides of the writing (h, w) above it; the foot of a digit does not.

    Below several digits it may do so at one side. A line through the middle of a number strikes it out, and stays.
    """
    columns = np.arange(track.left, track.right + 1).clip(0, writing.shape[1] - 1)
    away = np.arange(round(track.thickness) + 1, round(track.thickness + _CLOSE * unit) + 1)[:, None]
    beside = [
        (
            writing[(np.rint(track.middle).astype(np.int64) + side * away).clip(0, len(writing) - 1), columns] > 0
        ).any(axis=0)
        for side in (-1, 1)
    ]
    if unit and beside[1].sum() > _STRUCK * beside[0].sum() > 0:
        return False
    low = round(float(track.y.min()) - track.thickness)
    above = writing[max(0, low - round(unit)) : max(0, low)]
    inked = np.flatnonzero(above.any(axis=0))
    near = inked[(inked > track.left - unit) & (inked < track.right + unit)]
    if not len(near):
        return unit == 0.0
    out = [near[0] - track.left, track.right - near[-1]]
    if min(out) > track.thickness:
        return True
    digits = connect(np.ascontiguousarray(above[:, near[0] : near[-1] + 1])).stats[1:, cv2.CC_STAT_HEIGHT]
    return bool(max(out) > track.thickness and min(out) > -_SHORT * unit and (digits >= _DIGIT * unit).sum() > 1)


def _crosses(margin: Track, rule: Track, height: int) -> bool:
    """Whether an upright track from the top to the bottom of a picture of this height crosses a level one.

    A 1 in a closely cut picture does so only at its foot.
    """
    edge = 0.08 * height + 2
    x = margin.level + margin.slope * rule.level
    y = rule.level + rule.slope * x
    is_inside = margin.left + edge < y < margin.right - edge and rule.left - edge <= x <= rule.right + edge
    return is_inside and margin.left <= edge and margin.right >= height - edge


def _is_at_edge(track: Track, shape: tuple[int, ...]) -> bool:
    """Whether an upright track runs along the left or right edge of a picture (h, w), from top to bottom."""
    height, width = shape
    edge = 0.08 * height + 3
    x = track.level + track.slope * height / 2
    return track.left <= edge and track.right >= height - edge and not _EDGE * width < x < (1 - _EDGE) * width


def _height_of_writing(found: ConnectedInk) -> float:
    """In pixels; 0 where there is no writing."""
    mask = found.mask
    _, _, w, h, area = found.stats[1:].T.astype(np.float64)
    is_line = (h >= 0.94 * len(mask)) & (w < 0.25 * h)  # from edge to edge
    are_lines = (h >= 0.9 * len(mask)) & (w >= 0.9 * mask.shape[1]) & (area < 0.25 * w * h)  # along several edges
    kept = ~is_line & ~are_lines
    if not kept.any():
        kept = ~is_line  # a single digit may fill its picture
    w, h = w[kept], h[kept]
    upright = h[h > 0.3 * w]
    return typical_height(upright[upright > 0.3 * upright.max()]) if len(upright) else 0.0


def _is_rule(track: Track, mask: Grey) -> bool:
    """Whether a track leads from side to side of a mask (h, w), or nearly."""
    width = mask.shape[1]
    if len(track.x) <= _MIN_SEEN * width or track.length <= _MIN_SPAN * width:
        return False
    most = _MAX_BEND * max(2.0, 0.005 * width)
    return bool(_is_straight(track) and track.bend <= most and track.filled(mask).mean() > _RULE_FILLED)


def _is_long(track: Track, mask: Grey, least: float) -> bool:
    off = track.y - track.level - track.slope * track.x
    return bool(
        track.length > least
        and np.std(off) < _LONG_BOW * track.length
        and (least == 0.0 or track.filled(mask).mean() > _UNBROKEN)
    )

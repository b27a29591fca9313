"""The net of a form: level and upright tracks that meet as the sides of boxes and the teeth of combs do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ml.ink.greyscale import Grey
from ml.ink.strokes import Box
from ml.labels import Floats
from ml.segmentation.squared_paper import find_squares
from ml.segmentation.tracks import Track

Bools = NDArray[np.bool_]

_REACH = 2.0  # px, beside the edge of a line, where another may end that meets it
_BOX_WIDTH = 4.0  # widths of the pen; loops of digits are narrower than boxes
_BOX_HEIGHT = 6.0
_FILLED = 0.75  # of a side of a box is ink; between digits in a row there is paper
_PARTLY_FILLED = 0.5  # of a wall where the row of boxes asks for one; strokes may part it
_ALIKE = 1.6  # how many times thicker one line of a form may be than another; a stroke may be thicker still
_MORE_BENT = 3.0  # times as much as most lines of a form; a row of bars of digits bends more
_FEW = 0.25  # of the lines may be thinner than they are, where dashes are seen in part
_UNPARALLEL = 0.035  # by which the slope of a line differs from that of the others at most
_MANY = 3  # lines, whose slopes show that of the form; teeth of a comb
_UNEVEN = 0.3  # of the distance of teeth, by which it differs at most
_STEPS = 1.2  # px; steps of pixels, and the corner at an end, make short teeth lean by so much over their length
_FOOT = 0.27  # of the length of a tooth, between its end and the line it stands on; blur fills the corner
_TOOTH = 0.2  # of their height, by which teeth of one comb differ at most
_PLACE = 0.15  # of the distance of walls, by which one may miss its place
_LEAST_BOW = 0.6  # px; the second line of a double frame is as straight as the first
_MOSTLY = 0.6  # of the distances of walls are equal, where boxes share walls
_END = 0.15  # of the height of a box, between the end of a side and the last wall, if dashes end before corners
_STEP = 0.5  # heights of a box, from wall to wall, or from box to box
_MISS = 0.06  # of the height, by which walls miss equal steps
_MOST_PLACES = 40  # of walls in one row; squared paper has more, and no boxes
_OVERSHOOT = 0.25  # of a side of a box, by which a line drawn by hand goes beyond its corner
_DOUBLE = 0.1  # of the height of a box, between the two lines of a double one
_NARROWEST_GAP = 0.15
_WIDEST_GAP = 1.2  # heights of a box, between two boxes of one form
_MOST_WALLS = 100  # of which missing ones are looked for; squared paper has no missing ones


class FormNet:
    """Straight tracks of a mask (h, w), upright ones of the turned mask; some are marked as lines of a form.

    Lines meet that end at most `reach` pixels beside the edge of each other.
    """

    def __init__(
        self,
        level: Sequence[Track],
        upright: Sequence[Track],
        mask: Grey,
        turned: Grey,
        pen: float,
        reach: float = _REACH,
    ) -> None:
        self.level, self.upright = list(level), list(upright)
        self._mask, self._turned, self._pen = mask, turned, pen
        slope, start = _column(level, "slope"), _column(level, "level")
        lean, foot = _column(upright, "slope").T, _column(upright, "level").T
        self._y = (start + slope * foot) / (1 - slope * lean)  # (levels, uprights): where they meet, or would
        self._x = foot + lean * self._y
        beside = reach + _column(upright, "thickness").T / 2  # so far from an upright a level line ends
        below = reach + _column(level, "thickness") / 2
        self._meets = (self._x >= _column(level, "left") - beside) & (self._x <= _column(level, "right") + beside)
        self._meets &= (self._y >= _column(upright, "left").T - below) & (
            self._y <= _column(upright, "right").T + below
        )
        self._mark_boxes()
        self._mark_teeth()
        self._mark_doubled()
        self._mark_ends()

    @property
    def sides(self) -> list[Track]:
        """The level lines of the form."""
        return [track for track, chosen in zip(self.level, self.is_side, strict=True) if chosen]

    @property
    def walls(self) -> list[Track]:
        """Its upright lines, tracks of the turned mask."""
        return [track for track, chosen in zip(self.upright, self.is_wall, strict=True) if chosen]

    @property
    def box_height(self) -> float:
        """In pixels: between neighbouring sides, or the length of teeth; 0 without a form."""
        apart: list[float] = []
        for wall in np.flatnonzero(self.is_wall):
            levels = np.sort(self._y[self._meets[:, wall] & self.is_side, wall])
            apart += np.diff(levels).tolist() or [float(self.upright[int(wall)].length)]
        return float(np.median(apart)) if apart else 0.0

    def _mark_boxes(self) -> None:
        """Two level and two upright tracks that meet, with ink from corner to corner and in the corners."""
        has_corner = self._meets & _has_ink(self._mask, self._x, self._y)
        along = _filled_between(self.level, has_corner, self._x, self._mask, _BOX_WIDTH * self._pen)
        down = _filled_between(self.upright, has_corner.T, self._y.T, self._turned, _BOX_HEIGHT * self._pen)
        are_walls = along.sum(axis=0) >= 2  # (uprights, uprights): joined on two levels
        are_sides = down.sum(axis=0) >= 2
        self.is_wall = are_walls.any(axis=0) & (down & are_sides).any(axis=(1, 2))
        self.is_side = are_sides.any(axis=0) & (along & are_walls).any(axis=(1, 2))
        _drop_odd(self.level, self.is_side, self.walls)
        _drop_odd(self.upright, self.is_wall, self.sides)
        self._drop_strokes(self.level, self.is_side, self._x, self._meets & self.is_wall, self._mask)
        turned_meets = (self._meets & self.is_side[:, None]).T
        self._drop_strokes(self.upright, self.is_wall, self._y.T, turned_meets, self._turned)
        self._drop_between()

    def _drop_between(self) -> None:
        """Unmark what stands between the lines of squared paper: stems and bars that end at them by chance."""
        self.squares = find_squares(self.sides, self.walls)
        if self.squares is None:
            return
        for tracks, chosen, steps in zip(
            (self.level, self.upright), (self.is_side, self.is_wall), self.squares, strict=True
        ):
            x = np.array([(track.left + track.right) / 2 for track in tracks])
            chosen &= ~steps.lie_between(_column(tracks, "level")[:, 0] + _column(tracks, "slope")[:, 0] * x, x)

    def _drop_strokes(self, tracks: Sequence[Track], chosen: Bools, at: Floats, meets: Bools, mask: Grey) -> None:
        """Unmark tracks that end inside a box: farther beyond the last line they meet than lines overshoot."""
        far = mask.shape[1]
        steps = [np.diff(np.sort(at[i, meets[i]])) for i in np.flatnonzero(chosen)]
        joined = np.concatenate([*steps, np.zeros(0)])
        if not len(joined):
            return
        most = max(_OVERSHOOT * float(np.median(joined)), 2 * self._pen)
        for number in np.flatnonzero(chosen).tolist():
            track, met = tracks[number], at[number, meets[number]]
            ends_left = met.min(initial=np.inf) - track.left > most and track.left > 0.02 * far
            ends_right = track.right - met.max(initial=-np.inf) > most and track.right < 0.98 * far
            ends_left &= not _goes_on(track, mask, -most)
            ends_right &= not _goes_on(track, mask, most)
            if track.length < _MANY * np.median(joined) and (ends_left or ends_right):
                chosen[number] = False

    def _mark_teeth(self) -> None:
        """Combs: uprights of one height that stand on one level track, at equal distances up to its ends."""
        length = np.array([t.length for t in self.upright])
        thickness = np.array([t.thickness for t in self.upright])
        low = np.array([t.right for t in self.upright])
        slope = np.array([t.slope for t in self.upright])
        for number, track in enumerate(self.level):
            if self.is_side[number]:
                continue
            standing = np.flatnonzero(self._meets[number] & ~self.is_wall)
            standing = standing[abs(low[standing] - self._y[number, standing]) < _FOOT * length[standing]]
            if len(standing) < _MANY:
                continue
            place = self._x[number, standing]
            near = 0.08 * track.length
            if place.min() > track.left + near or place.max() < track.right - near:
                continue
            ends = standing[[place.argmin(), place.argmax()]]
            height = length[ends].mean()
            is_tooth = abs(length[standing] - height) < _TOOTH * height + 2
            lean = abs(slope[standing] - np.median(slope[standing]))
            is_tooth &= lean < _UNPARALLEL + _STEPS / length[standing]
            is_tooth &= thickness[standing] < _ALIKE * max(track.thickness, thickness[ends].min())
            teeth = standing[is_tooth]
            pitch = np.diff(np.sort(self._x[number, teeth]))
            steps = np.rint(pitch / max(pitch.min(), 1)) if len(pitch) else pitch
            if len(teeth) < _MANY or not set(ends) <= set(teeth):
                continue
            if (abs(pitch / pitch.min() - steps) < _UNEVEN * steps).all():
                self.is_wall[teeth] = True
                self.is_side[number] = True
                self._mark_tops(teeth)

    def _mark_tops(self, teeth: NDArray[np.int64]) -> None:
        """The level line that teeth of a comb hang on, too: of boxes with round corners that are not seen."""
        top = np.array([self.upright[i].left for i in teeth])
        hang = self._meets[:, teeth] & (
            abs(self._y[:, teeth] - top) < _FOOT * _column(self.upright, "length")[teeth, 0]
        )
        self.is_side |= hang.all(axis=1)

    def _mark_doubled(self) -> None:
        """Lines beside a line of the form and as long as it, or as a box: the second of a double frame."""
        height = self.box_height
        for tracks, chosen in ((self.level, self.is_side), (self.upright, self.is_wall)):
            for first in np.flatnonzero(chosen).tolist():
                for number in np.flatnonzero(~chosen).tolist():
                    if _are_doubled(tracks[first], tracks[number], height) and self._ends_at_lines(tracks, number):
                        chosen[number] = True

    def _ends_at_lines(self, tracks: Sequence[Track], number: int) -> bool:
        """Whether a track begins and ends near lines of the form that cross it, or would."""
        at = self._x[number, self.is_wall] if tracks is self.level else self._y[self.is_side, number]
        track = tracks[number]
        near = max(_DOUBLE * self.box_height, 2 * track.thickness) + _REACH
        return all(abs(at - end).min(initial=np.inf) <= near for end in (track.left, track.right))

    def _mark_ends(self) -> None:
        """Uprights from side to side of a row of boxes where its sides end, or where its walls ask for one."""
        for upper, lower, walls in list(self._rows()):
            above, below = self.level[upper], self.level[lower]
            at = np.sort(self._x[upper, walls])
            height = below.level - above.level + (below.slope - above.slope) * float(at[0])
            near = _END * height
            ends = np.array([above.left, above.right])
            wanted = np.concatenate([_wanted(at, height), ends[[ends[0] < at[0], ends[1] > at[-1]]]])
            thickness = float(np.median([self.upright[i].thickness for i in walls]))
            for number in np.flatnonzero(~self.is_wall).tolist():
                wall, x = self.upright[number], self._x[upper, number]
                if (
                    abs(self._y[upper, number] - wall.left) > near
                    or abs(self._y[lower, number] - wall.right) > near
                ):
                    continue
                is_alike = thickness / _ALIKE - 1 <= wall.thickness <= thickness * _ALIKE + 1
                self.is_wall[number] = is_alike and abs(wanted - x).min(initial=np.inf) < near

    def _rows(self) -> Iterator[tuple[int, int, list[int]]]:
        """The two sides of each row of boxes, and the walls that stand between them."""
        walls = np.flatnonzero(self.is_wall).tolist()
        if not 2 <= len(walls) <= _MOST_WALLS:
            return
        sides = np.flatnonzero(self.is_side)
        sides = sides[np.argsort([self.level[i].level for i in sides])]
        for place, upper in enumerate(sides):
            for lower in sides[place + 1 :]:
                own = [i for i in walls if self._meets[upper, i] and self._meets[lower, i]]
                if len(own) >= 2:
                    yield int(upper), int(lower), own
                    break

    def missing_walls(self) -> list[Track]:
        """Walls that strokes hide, where a row of boxes asks for them: at ends of sides, or at equal steps."""
        return [wall for row in self._rows() for wall in self._missing_in_row(*row)]

    def gaps(self) -> list[Box]:
        """The places between boxes of one row that stand apart, in pixels: what lies in them is printed."""
        gaps = []
        for upper, lower, _ in self._rows():
            above, below = self.level[upper], self.level[lower]
            ends, is_below = _run_ends(above, self._mask, 0.0), below.filled(self._mask)
            height = below.level - above.level
            for left, right in ends[1:-1].reshape(-1, 2):
                start, stop = (round(end) - below.left for end in (left, right))
                is_open = 0 <= start < stop <= len(is_below) and is_below[start:stop].mean() <= 1 - _FILLED
                if is_open and _NARROWEST_GAP * height < right - left < _WIDEST_GAP * height:
                    top = above.level + above.slope * left
                    gaps.append((float(left), float(top), float(right - left), float(height)))
        return gaps

    def _missing_in_row(self, upper: int, lower: int, walls: list[int]) -> list[Track]:
        above, below = self.level[upper], self.level[lower]
        at = np.sort(self._x[upper, walls])
        lean = float(np.median([self.upright[i].slope for i in walls]))
        thickness = float(np.median([self.upright[i].thickness for i in walls]))
        shift = lean * (below.level - above.level)
        height = below.level - above.level + (below.slope - above.slope) * float(at[0])
        wanted = _wanted(at, height)
        wanted = wanted[(wanted > above.left - _END * height) & (wanted < above.right + _END * height)].tolist()
        lower_ends = _run_ends(below, self._mask, thickness)
        for end in _run_ends(above, self._mask, thickness):
            if len(lower_ends) and abs(lower_ends - end - shift).min() < thickness + 3:
                wanted.append(end)
        missing = []
        for x in wanted:
            if abs(at - x).min() < _PLACE * height:
                continue
            top = above.level + above.slope * x
            low = below.level + below.slope * x
            rows = np.arange(round(top), round(low) + 1)
            wall = Track.through(rows, x + lean * (rows - top), thickness) if len(rows) > 2 else None
            if wall is not None and wall.filled(self._turned).mean() > _PARTLY_FILLED:
                missing.append(wall)
        return missing


def _goes_on(track: Track, mask: Grey, way: float) -> bool:
    """Whether ink goes on straight beyond the left end of a track, or the right one if the way is positive."""
    x = track.right + np.arange(1, round(way) + 1) if way > 0 else track.left + np.arange(round(way), 0)
    ahead = (
        Track.through(x, np.asarray(track.level + track.slope * x, np.float64), track.thickness)
        if len(x) > 2
        else None
    )
    return ahead is not None and bool(ahead.filled(mask).mean() > _FILLED)


def _wanted(at: Floats, height: float) -> Floats:
    """Where walls at these places (n,), rising, ask for others: between them, and one step beyond them.

    They stand at equal distances, or most have one a step beside them: the same wall of the next box.
    """
    close = np.diff(at)
    apart = np.concatenate([close, at[2:] - at[:-2]])
    steps = np.sort(apart[apart > _STEP * height])
    if not len(steps) or len(at) > _MOST_PLACES:
        return np.zeros(0)
    step = float(min(steps.min(), close[close > _STEP * height].min(initial=np.inf)))
    step = float(at[-1] - at[0]) / max(1, round(float(at[-1] - at[0]) / step))
    number = (at - at[0]) / step
    if (abs(number - np.rint(number)) * step < _MISS * height).all():
        places = np.arange(at[0] - step, at[-1] + 1.5 * step, step)
    else:
        has_room = at + steps[:, None] <= at[-1] + _PLACE * height  # (steps, n)
        has_next = has_room & (_distance(at + steps[:, None], at) < _MISS * height)
        is_usual = (has_next.sum(axis=1) > 1) & (has_next.sum(axis=1) >= _MOSTLY * has_room.sum(axis=1))
        if not is_usual.any():
            return np.zeros(0)
        step = float(steps[is_usual.argmax()])
        places = np.concatenate([at - step, at + step])
        is_between = (_distance(np.stack([places - step, places + step]), at) < _MISS * height).all(axis=0)
        places = places[is_between | (places < at[0]) | (places > at[-1])]
    return np.asarray(places[_distance(places, at) > _PLACE * height])


def _distance(places: Floats, at: Floats) -> Floats:
    """From places of any shape to the nearest of others (n,)."""
    return np.asarray(abs(places[..., None] - at).min(axis=-1))


def _column(tracks: Sequence[Track], name: str) -> Floats:
    """(n, 1) one number of each track."""
    return np.array([getattr(track, name) for track in tracks], np.float64).reshape(-1, 1)


def _has_ink(mask: Grey, x: Floats, y: Floats) -> Bools:
    """Whether a mask (h, w) has ink at places of any shape, or one pixel beside them; a loop has no corners."""
    height, width = mask.shape
    has_ink = np.zeros(x.shape, bool)
    for right in (-1, 0, 1):
        for down in (-1, 0, 1):
            column, row = np.rint(x).astype(np.int64) + right, np.rint(y).astype(np.int64) + down
            has_ink |= mask[row.clip(0, height - 1), column.clip(0, width - 1)] > 0
    return has_ink


def _filled_between(tracks: Sequence[Track], meets: Bools, at: Floats, mask: Grey, least: float) -> Bools:
    """(n, m, m): whether each of n tracks has ink from where it meets one to where it meets another of m tracks.

    `meets` and `at` (n, m) say which of them it meets, and where; these places are `least` pixels apart.
    """
    joined = np.zeros((len(tracks), meets.shape[1], meets.shape[1]), bool)
    for number, track in enumerate(tracks):
        met = np.flatnonzero(meets[number])
        if len(met) < 2:
            continue
        ink = np.concatenate([[0], np.cumsum(track.filled(mask))])
        place = (np.rint(at[number, met]).astype(np.int64) - track.left).clip(0, track.length)
        apart = abs(np.subtract.outer(place, place))
        between = abs(np.subtract.outer(ink[place], ink[place]))
        joined[number][np.ix_(met, met)] = (apart >= least) & (between > _FILLED * apart)
    return joined


def _drop_odd(tracks: Sequence[Track], chosen: Bools, others: Sequence[Track]) -> None:
    """Unmark those of the chosen tracks that are thicker than the others, or not parallel to the rest."""
    if not chosen.any() or not others:
        return
    own = np.flatnonzero(chosen)
    slope, thickness = (
        np.array([getattr(tracks[i], name) for i in own.tolist()]) for name in ("slope", "thickness")
    )
    usual = np.median([other.thickness for other in others])
    is_odd = thickness > _ALIKE * max(usual, np.quantile(thickness, _FEW)) + 1
    bow = np.array([tracks[i].bow for i in own.tolist()])
    is_odd |= bow > _MORE_BENT * np.median(bow) + _LEAST_BOW
    if len(own) >= _MANY:
        is_odd |= abs(slope - np.median(slope)) > _UNPARALLEL
    chosen[own[is_odd]] = False


def _are_doubled(line: Track, other: Track, box_height: float) -> bool:
    """Whether another track runs along a line, close by, and is nearly as long as it or as a box is high."""
    overlap = min(line.right, other.right) - max(line.left, other.left)
    if overlap < 0.8 * other.length or other.length < 0.85 * min(line.length, box_height):
        return False
    middle = (other.left + other.right) / 2
    apart = abs(other.level + other.slope * middle - line.level - line.slope * middle)
    return bool(
        apart < max(_DOUBLE * box_height, 2 * line.thickness)
        and abs(line.slope - other.slope) < _UNPARALLEL
        and other.thickness < _ALIKE * line.thickness
        and other.bow < max(_LEAST_BOW, 2 * line.bow)
    )


def _run_ends(track: Track, mask: Grey, thickness: float) -> Floats:
    """Where ink on a track begins and ends, in the middles of the walls there; gaps are wider than a wall."""
    filled = np.concatenate([[False], track.filled(mask), [False]])
    change = np.flatnonzero(filled[1:] != filled[:-1])
    starts, ends = change[::2], change[1::2]
    is_gap = starts[1:] - ends[:-1] > thickness + 2
    starts, ends = starts[np.r_[True, is_gap]], ends[np.r_[is_gap, True]]
    return track.left + np.sort(np.concatenate([starts + thickness / 2, ends - thickness / 2]))

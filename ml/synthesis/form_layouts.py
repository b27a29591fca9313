"""The layouts of synthetic forms: their printed lines, and the places of the digits.

Lengths are in heights of a digit, y down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from ml.ink.strokes import Box
from ml.labels import Floats

_RECTANGLE = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]], np.float64)
_SWAY = 0.007  # of a line that is drawn by hand
_STEP = 0.08  # between the points of a line that is drawn by hand, or round


@dataclass(frozen=True)
class Form:
    """The printed lines of a form, and the places (boxes) for the digits: rows of numbers of digits."""

    size: tuple[float, float]
    lines: list[Floats]  # (n, 2) each
    rows: list[list[list[Box]]]
    thickness: float = 1.0  # of the usual one of printed lines
    dash: float = 0.0  # length of dashes; 0 for lines without gaps
    is_drawn: bool = False  # with the pen that writes the digits


def _rectangle(x: float, y: float, width: float, height: float) -> Floats:
    return _RECTANGLE * [width, height] + [x, y]


def _segment(*ends: float) -> Floats:
    return np.array(ends, np.float64).reshape(2, 2)


def _by_hand(line: Floats, rng: Generator, miss: float = 0.03) -> Floats:
    """The line (n, 2) as drawn by hand: it sways, and misses its corners by about `miss`."""
    line = line + rng.normal(0, miss, line.shape)
    pieces = []
    for a, b in pairwise(line):
        steps = max(2, round(float(np.hypot(*(b - a))) / _STEP))
        pieces.append(a + np.linspace(0, 1, steps, endpoint=False)[:, None] * (b - a))
    points = np.concatenate([*pieces, line[-1:]])
    sway = np.stack(
        [np.convolve(rng.normal(0, 1, len(points) + 20), np.hanning(21), "valid") for _ in "xy"], axis=1
    )
    return np.asarray(points + _SWAY * sway)


def _rounded(x: float, y: float, width: float, height: float, radius: float) -> Floats:
    """The outline of a rectangle with round corners."""
    angles = np.linspace(0, np.pi / 2, 8)
    corners = []
    for turn, (right, low) in enumerate(((1, 1), (0, 1), (0, 0), (1, 0))):
        middle = [x + (width - radius if right else radius), y + (height - radius if low else radius)]
        arc = angles + turn * np.pi / 2
        corners.append(middle + radius * np.stack([np.cos(arc), np.sin(arc)], axis=1))
    outline = np.concatenate(corners)
    return np.concatenate([outline, outline[:1]])


def _digit_places(x: float, y: float, n: int, pitch: float, width: float) -> list[Box]:
    """`n` places one unit high whose middles are `pitch` apart, the first of which begins at `x`."""
    return [(x + i * pitch, y, width, 1.0) for i in range(n)]


def _margin(rng: Generator) -> Floats:
    return rng.uniform(0.3, 1.2, 2)


@dataclass(frozen=True)
class _BoxRow:
    """A row of boxes of one size; in each stands a digit."""

    x: Floats  # (n,) their left sides
    y: float
    width: float
    height: float

    @classmethod
    def drawn_by_lot(cls, rng: Generator, gap: float, groups: Sequence[int] = (), between: float = 0.0) -> _BoxRow:
        """Three to nine boxes, or `groups` of so many with wider gaps `between` them."""
        n = sum(groups) or int(rng.integers(3, 10))
        left, top = _margin(rng)
        width, height = rng.uniform(1.0, 1.35), rng.uniform(1.3, 1.7)
        x = left + np.arange(n) * (width + gap)
        for group in np.cumsum(groups)[:-1]:
            x[group:] += between
        return cls(x, float(top), float(width), float(height))

    def form(self, lines: list[Floats], thickness: float = 1.0, dash: float = 0.0) -> Form:
        """The form of these lines; the digits stand in the middle of the boxes."""
        top = self.y + (self.height - 1.0) / 2
        places = [(float(x) + 0.12, top, self.width - 0.24, 1.0) for x in self.x]
        size = (float(self.x[-1]) + self.width + float(self.x[0]), 2 * self.y + self.height)
        return Form(size, lines, [[places]], thickness, dash)

    def rectangles(self) -> list[Floats]:
        return [_rectangle(float(x), self.y, self.width, self.height) for x in self.x]


def _boxes_apart(rng: Generator) -> Form:
    row = _BoxRow.drawn_by_lot(rng, rng.uniform(0.1, 0.5))
    return row.form(row.rectangles())


def _boxes_joined(rng: Generator) -> Form:
    row = _BoxRow.drawn_by_lot(rng, 0.0)
    return row.form(row.rectangles())


def _boxes_thick(rng: Generator) -> Form:
    row = _BoxRow.drawn_by_lot(rng, rng.choice([0.0, 0.3]))
    return row.form(row.rectangles(), thickness=rng.uniform(2.0, 3.5))


def _boxes_rounded(rng: Generator) -> Form:
    row = _BoxRow.drawn_by_lot(rng, rng.uniform(0.1, 0.5))
    radius = rng.uniform(0.1, 0.3)
    return row.form([_rounded(float(x), row.y, row.width, row.height, radius) for x in row.x])


def _boxes_dashed(rng: Generator) -> Form:
    row = _BoxRow.drawn_by_lot(rng, rng.choice([0.0, 0.25]))
    return row.form(row.rectangles(), dash=rng.uniform(0.06, 0.14), thickness=1.2)


def _comb(rng: Generator) -> Form:
    row = _BoxRow.drawn_by_lot(rng, 0.0)
    low, right = row.y + row.height, float(row.x[-1]) + row.width
    tick = rng.uniform(0.25, 0.7)
    lines = [_segment(x, low - tick, x, low) for x in (*row.x.tolist(), right)]
    return row.form([*lines, _segment(float(row.x[0]), low, right, low)])


def _base_lines(rng: Generator) -> Form:
    """A base line for each digit, or one for all."""
    row = _BoxRow.drawn_by_lot(rng, rng.uniform(0.1, 0.4))
    low, right = row.y + row.height - 0.1, float(row.x[-1]) + row.width
    if rng.random() < 0.5:
        return row.form([_segment(float(row.x[0]), low, right, low)])
    return row.form([_segment(x, low, x + row.width, low) for x in row.x.tolist()])


def _date(rng: Generator) -> Form:
    """Boxes for day, month and year, with strokes, points or nothing printed between them."""
    between = rng.uniform(0.4, 0.6)
    row = _BoxRow.drawn_by_lot(rng, 0.0, (2, 2, 4), between)
    lines = row.rectangles()
    sign = rng.choice(["stroke", "point", "nothing"])
    for right in (row.x[2], row.x[4]):
        left, low = float(right) - between, row.y + row.height
        if sign == "stroke":
            lines.append(_segment(left + 0.1, low - 0.1, float(right) - 0.1, row.y + 0.1))
        elif sign == "point":
            lines.append(_segment(left + between / 2, low - 0.15, left + between / 2, low - 0.1))
    return row.form(lines)


def _table(rng: Generator) -> Form:
    """Numbers of one to three digits in ruled columns and rows, that may run on to the edge of the picture."""
    rows, columns = int(rng.integers(2, 5)), int(rng.integers(2, 4))
    width, height = rng.uniform(2.9, 3.6), rng.uniform(1.5, 2.2)
    left, top = _margin(rng)
    size = (2 * left + columns * width, 2 * top + rows * height)
    over = bool(rng.random() < 0.5)
    x, y = left + np.arange(columns + 1) * width, top + np.arange(rows + 1) * height
    lines = [_segment(0 if over else x[0], level, size[0] if over else x[-1], level) for level in y]
    lines += [_segment(place, 0 if over else y[0], place, size[1] if over else y[-1]) for place in x]
    cells = [
        [
            _digit_places(float(cell) + rng.uniform(0.2, 0.4), level + (height - 1) / 2, int(n), 0.85, 0.68)
            for cell, n in zip(x[:-1], rng.integers(1, 4, columns), strict=True)
        ]
        for level in y[:-1].tolist()
    ]
    return Form(size, lines, cells)


def _squared_paper(rng: Generator) -> Form:
    """Squared paper; the digits stand in the squares or wherever."""
    pitch = rng.uniform(0.6, 1.3)
    columns, rows = int(rng.integers(8, 14)), int(rng.integers(4, 8))
    size = (columns * pitch, rows * pitch)
    x, y = (np.arange(n) * pitch + rng.uniform(0.2, 0.8) * pitch for n in (columns + 1, rows + 1))
    far = max(size)
    lines = [_segment(-far, level, 2 * far, level) for level in y]
    lines += [_segment(place, -far, place, 2 * far) for place in x]
    n = int(rng.integers(2, max(3, int((size[0] - 1) / max(pitch, 0.85)))))
    level = float(y[len(y) // 2]) - 1.02 if rng.random() < 0.5 else rng.uniform(0.2, size[1] - 1.2)
    first = float(x[0]) if rng.random() < 0.5 else 0.3
    places = _digit_places(first + 0.1, level, n, max(pitch, 0.85), max(pitch, 0.85) - 0.15)
    return Form(size, lines, [[places]])


def _ruled_paper(rng: Generator) -> Form:
    """Ruled paper with a margin line."""
    pitch, rows = rng.uniform(1.4, 1.9), int(rng.integers(1, 4))
    columns = int(rng.integers(3, 9))
    margin = rng.uniform(0.7, 1.3)
    size = (margin + columns * 0.85 + 1.0, (rows + 1.2) * pitch)
    y = (np.arange(rows + 1) + 1) * pitch
    lines = [_segment(-1, level, size[0] + 1, level) for level in y]
    lines.append(_segment(margin, -1, margin, size[1] + 1))
    lengths = rng.integers(1, columns + 1, rows)
    places = [
        [_digit_places(margin + 0.3, level - 1.05, int(n), 0.85, 0.7)]
        for level, n in zip(y[:-1].tolist(), lengths, strict=True)
    ]
    return Form(size, lines, places)


def _around(rng: Generator, n: int) -> tuple[list[Box], Box, tuple[float, float]]:
    """The places of `n` digits, a box around them, and the size of the picture."""
    left, top = _margin(rng) + 0.1
    gap_x, gap_y = rng.uniform(0.25, 0.6), rng.uniform(0.25, 0.6)
    places = _digit_places(left + gap_x, top + gap_y, n, 0.85, 0.7)
    box = (left, top, 0.85 * n - 0.15 + 2 * gap_x, 1 + 2 * gap_y)
    return places, box, (box[2] + 2 * left, box[3] + 2 * top)


def _ring(rng: Generator) -> Form:
    """A ring around a number of one to three digits, printed, or drawn with the pen that wrote it."""
    places, (x, y, width, height), size = _around(rng, int(rng.integers(1, 4)))
    is_drawn = bool(rng.random() < 0.7)
    turn = rng.uniform(0, 2 * np.pi) + np.linspace(0, 2 * np.pi + is_drawn * rng.uniform(-0.15, 0.3), 60)
    radius = 1.2 * np.array([width, height]) / 2
    if len(places) < 3:
        radius[:] = radius.max()
    ring = radius * np.stack([np.cos(turn), np.sin(turn)], axis=1) + [x + width / 2, y + height / 2]
    size = (size[0] + 2 * float(radius[0]) - width, size[1] + 2 * float(radius[1]) - height)
    shift = (np.array(size) - [2 * x + width, 2 * y + height]) / 2
    places = [(a + float(shift[0]), b + float(shift[1]), w, h) for a, b, w, h in places]
    ring = ring + shift
    return Form(size, [_by_hand(ring, rng, 0.0) if is_drawn else ring], [[places]], is_drawn=is_drawn)


def _frame_by_hand(rng: Generator) -> Form:
    places, box, size = _around(rng, int(rng.integers(1, 7)))
    return Form(size, [_by_hand(_rectangle(*box), rng)], [[places]], is_drawn=True)


def _underline(rng: Generator, lines: int = 1) -> Form:
    """A number of two to six digits with lines below it, printed or drawn, that may touch it."""
    n = int(rng.integers(2, 7))
    left, top = _margin(rng)
    places = _digit_places(left, top, n, 0.85, 0.7)
    low = top + 1 + rng.uniform(0.02, 0.25)
    ends = (left - rng.uniform(0, 0.3), left + 0.85 * n - 0.15 + rng.uniform(0, 0.3))
    drawn = [_segment(ends[0], low + 0.22 * i, ends[1], low + 0.22 * i) for i in range(lines)]
    is_drawn = bool(rng.random() < 0.7)
    if is_drawn:
        drawn = [_by_hand(line, rng) for line in drawn]
    size = (0.85 * n - 0.15 + 2 * left, 2 * top + 1.2 + 0.22 * lines)
    return Form(size, drawn, [[places]], is_drawn=is_drawn)


def _double_underline(rng: Generator) -> Form:
    return _underline(rng, 2)


def _field(rng: Generator) -> Form:
    """The field for an amount: a printed frame, a line to write on, and a sign of money before the frame."""
    places, (x, y, width, height), size = _around(rng, int(rng.integers(2, 8)))
    lines = [_rectangle(x, y, width, height)]
    if rng.random() < 0.5:
        level = places[0][1] + 1.08
        lines.append(_segment(x + 0.15, level, x + width - 0.15, level))
    if rng.random() < 0.5:
        lines = [line - [0.06, 0.06] for line in lines] + [_rectangle(x, y, width + 0.05, height + 0.05)]
    return Form(size, lines, [[places]])


def _cell(rng: Generator) -> Form:
    """One digit cut out of a table, with bits of the lines at the edge of the picture."""
    width, height = rng.uniform(1.4, 1.9, 2)
    inset = rng.uniform(-0.05, 0.1, 4)
    lines = [
        _segment(-1, inset[0], width + 1, inset[0]),
        _segment(-1, height - inset[1], width + 1, height - inset[1]),
        _segment(inset[2], -1, inset[2], height + 1),
        _segment(width - inset[3], -1, width - inset[3], height + 1),
    ]
    kept = rng.random(4) < 0.6
    place = ((width - 0.8) / 2, (height - 1) / 2, 0.8, 1.0)
    return Form((width, height), [line for line, keep in zip(lines, kept, strict=True) if keep], [[[place]]])


LAYOUTS: Mapping[str, Callable[[Generator], Form]] = {
    "boxes_apart": _boxes_apart,
    "boxes_joined": _boxes_joined,
    "boxes_thick": _boxes_thick,
    "boxes_rounded": _boxes_rounded,
    "boxes_dashed": _boxes_dashed,
    "comb": _comb,
    "base_lines": _base_lines,
    "date": _date,
    "table": _table,
    "squared_paper": _squared_paper,
    "ruled_paper": _ruled_paper,
    "ring": _ring,
    "frame_by_hand": _frame_by_hand,
    "underline": _underline,
    "double_underline": _double_underline,
    "field": _field,
    "cell": _cell,
}
EMPTY_LAYOUTS = tuple(name for name in LAYOUTS if name != "ring")  # an empty ring is a 0

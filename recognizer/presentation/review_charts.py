"""Figures about reviewing as numbers for SVG and tables. Templates draw them, with the colours of the page."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

WIDTH = 440  # as wide as a phone is, or the letters would shrink there
HEIGHT = 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 22, 26  # margins, with room for the words at the axes
_EDGE = 20  # between an axis and the first dot, for the word above it
_LEVELS = 4  # colours of wrong cells
_LABELS = (*"0123456789", "")


def percent(share: float) -> str:
    """A share as "98.2": as exact as people compare it."""
    return f"{100 * share:.1f}"


def span(interval: tuple[float, float]) -> str:
    """An interval of shares as "97.1 to 98.9"."""
    return f"{percent(interval[0])} to {percent(interval[1])}"


# ---- The matrix of what was read as what


@dataclass(frozen=True)
class Cell:
    """`level` is "right" on the diagonal, else "0" (nothing) to "4"; `query` leads to the drawings."""

    read: str
    count: int
    level: str
    query: str


@dataclass(frozen=True)
class MatrixRow:
    """All that really are `truth`: how often each label was read."""

    truth: str
    cells: Sequence[Cell]
    n: int
    wrong: int


def matrix_rows(counts: Mapping[tuple[str, str], int], *, version: int, sample: bool) -> list[MatrixRow]:
    """From (reading, verdict): how many; "" is no number."""
    most = max((n for (read, truth), n in counts.items() if read != truth), default=0)
    fixed = {"state": "decided", "version": version, **({"sample": 1} if sample else {})}
    rows = []
    for truth in _LABELS:
        cells = [
            Cell(
                read=_name(read),
                count=(n := counts.get((read, truth), 0)),
                level="right" if read == truth else _level(n, most),
                query=urlencode({"read": read or "none", "truth": truth or "none", **fixed}),
            )
            for read in _LABELS
        ]
        n = sum(cell.count for cell in cells)
        rows.append(MatrixRow(_name(truth), cells, n, n - counts.get((truth, truth), 0)))
    return rows


def _name(label: str) -> str:
    return label or "none"


def _level(count: int, most: int) -> str:
    """On a logarithmic scale, because a few confusions are far more frequent than all others."""
    return str(math.ceil(_LEVELS * math.log1p(count) / math.log1p(most))) if count else "0"


# ---- Plots of shares with intervals


@dataclass(frozen=True)
class Dot:
    """A share with its interval at places of the plot, and in words. Dots of one `series` belong together."""

    x: str
    y: str
    low: str
    high: str
    series: str
    words: str
    first: bool  # of its series, where the name of the series stands
    is_odd: bool  # of each second series, which looks different


@dataclass(frozen=True)
class Tick:
    at: str
    words: str


@dataclass(frozen=True)
class Plot:
    """Dots, ticks of both axes and maybe a line, in a box of WIDTH by HEIGHT."""

    dots: Sequence[Dot]
    shares: Sequence[Tick]
    places: Sequence[Tick]
    line: str = ""
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    floor: int = HEIGHT - _BOTTOM
    height: int = HEIGHT


@dataclass(frozen=True)
class Mark:
    """What a plot shows: a share with its interval at `x`."""

    x: float
    share: float
    interval: tuple[float, float]
    series: str
    words: str


def plot(
    marks: Sequence[Mark], places: Sequence[tuple[float, str]], curve: Callable[[float], float] | None = None
) -> Plot:
    """Shares between the ends of all intervals; `places` name some x; `curve` gives a share for each x."""
    xs = [mark.x for mark in marks] + [x for x, _ in places]
    across = _scale(min(xs), max(xs), _LEFT + _EDGE, WIDTH - _RIGHT - _EDGE)
    bottom, top, step = _bounds(marks)
    up = _scale(bottom, top, HEIGHT - _BOTTOM, _TOP)
    seen: list[str] = []
    dots = []
    for mark in marks:
        first = mark.series not in seen
        if first:
            seen.append(mark.series)
        x, y, low, high = (_place(value) for value in (across(mark.x), up(mark.share), *map(up, mark.interval)))
        is_odd = seen.index(mark.series) % 2 == 1
        dots.append(Dot(x, y, low, high, mark.series, mark.words, first, is_odd))
    shares = [bottom + step * number for number in range(round((top - bottom) / step) + 1)]
    decimals = 0 if step >= 0.01 else 1
    return Plot(
        dots,
        [Tick(_place(up(share)), f"{100 * share:.{decimals}f} %") for share in shares],
        [Tick(_place(across(x)), words) for x, words in places],
        _line(curve, min(xs), max(xs), across, up) if curve else "",
    )


_STEPS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5)  # between ticks
_MOST_TICKS = 5


def _bounds(marks: Sequence[Mark]) -> tuple[float, float, float]:
    """The ends of the axis of shares, and the step between its ticks."""
    low = min(mark.interval[0] for mark in marks)
    high = max(mark.interval[1] for mark in marks)
    step = next((step for step in _STEPS if (high - low) / step <= _MOST_TICKS - 1), _STEPS[-1])
    bottom, top = math.floor(low / step) * step, math.ceil(high / step) * step
    return bottom, (top if top > bottom else bottom + step), step


def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    """From low..high to start..end; a single place lies in the middle."""
    if high == low:
        return lambda value: (start + end) / 2
    return lambda value: start + (end - start) * (value - low) / (high - low)


def _line(
    curve: Callable[[float], float],
    low: float,
    high: float,
    across: Callable[[float], float],
    up: Callable[[float], float],
) -> str:
    steps = [low + (high - low) * number / 20 for number in range(21)]
    return " ".join(f"{_place(across(x))},{_place(up(curve(x)))}" for x in steps)


def _place(value: float) -> str:
    return f"{value:.1f}"


def week_marks(rows: Sequence[tuple[date, int, float, tuple[float, float], int]]) -> list[Mark]:
    """From (week, version, accuracy, interval, how many)."""
    return [
        Mark(
            week.toordinal(),
            share,
            ends,
            f"v{version}",
            f"Week of {week}, version {version}: {percent(share)} % of {n}, {span(ends)}",
        )
        for week, version, share, ends, n in rows
    ]

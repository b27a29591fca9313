"""Plots as inline SVG. Colours are CSS classes of the page, so that they follow its dark mode.

`recognizer/presentation/charts.py` draws other plots (loss curves, fixes against breaks, error rates of two
versions): it gives numbers that templates place with the site's own classes, while these functions return markup
for a page that stands alone. The two share no shape, only the width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from ml.evaluation.report.formatting import percent

WIDTH, HEIGHT = 440, 280  # as wide as a phone, on which a wider plot would shrink and its text with it
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 24, 12, 46  # margins
_COLOURS = 7  # CSS classes c0 to c6

Point = tuple[float, float]


@dataclass(frozen=True)
class Series:
    """Points, `joined` by a line or not, `marked` by a symbol or not; `intervals` of y are drawn as bars."""

    title: str
    x: Sequence[float]
    y: Sequence[float]
    intervals: Sequence[tuple[float, float]] = ()
    marked: bool = False
    joined: bool = True


@dataclass(frozen=True)
class Axis:
    """An axis from `low` to `high` with labelled ticks, linear in `scale` of its values."""

    title: str
    low: float
    high: float
    ticks: Sequence[tuple[float, str]]
    scale: Callable[[float], float] = lambda value: value

    def place(self, value: float) -> float:
        """The place of a value as a share of the axis, from 0 to 1; values beyond an end are placed at it."""
        low, high = self.scale(self.low), self.scale(self.high)
        return min(1.0, max(0.0, (self.scale(value) - low) / (high - low)))


def linear(title: str, low: float, high: float, show: Callable[[float], str], n: int = 4) -> Axis:
    """An axis with `n` + 1 even ticks."""
    values = [low + (high - low) * i / n for i in range(n + 1)]
    return Axis(title, low, high, [(value, show(value)) for value in values])


def chart(
    title: str, x: Axis, y: Axis, series: Sequence[Series], diagonal: bool = False, marks: Sequence[float] = ()
) -> str:
    """Series over two axes, with a legend below if there are several. `diagonal` is drawn as a dashed line,
    `marks` are dashed vertical lines at values of x."""
    right, bottom = WIDTH - _RIGHT, HEIGHT - _BOTTOM

    def at(a: float, b: float) -> Point:
        return _LEFT + x.place(a) * (right - _LEFT), bottom - y.place(b) * (bottom - _TOP)

    parts = [_line(at(v, y.low), at(v, y.high), "rule") for v, _ in x.ticks]
    parts += [_line(at(x.low, v), at(x.high, v), "rule") for v, _ in y.ticks]
    parts += [_text(at(v, y.low)[0], bottom + 16, label, "middle") for v, label in x.ticks]
    parts += [_text(_LEFT - 6, at(x.low, v)[1] + 4, label, "end") for v, label in y.ticks]
    parts.append(_text((_LEFT + right) / 2, HEIGHT - 8, x.title, "middle"))
    parts += [_line(at(x.low, y.low), at(x.high, y.high), "ideal")] if diagonal else []
    parts += [_line(at(mark, y.low), at(mark, y.high), "mark") for mark in marks]
    for number, line in enumerate(series):
        parts += _series(line, number % _COLOURS, at)
    legend = _legend(series) if len(series) > 1 else ""
    return _svg(f"{title}. {y.title} over {x.title}.", HEIGHT, parts) + legend


def _series(line: Series, colour: int, at: Callable[[float, float], Point]) -> list[str]:
    points = [at(a, b) for a, b in zip(line.x, line.y, strict=True)]
    parts = [
        _line(at(a, low), at(a, high), f"bar c{colour}")
        for a, (low, high) in zip(line.x, line.intervals, strict=False)
    ]
    if line.joined:
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        parts.append(f'<polyline class="line c{colour}" points="{path}"/>')
    return parts + ([_mark(point, colour) for point in points] if line.marked else [])


def _legend(series: Sequence[Series]) -> str:
    entries = []
    for number, line in enumerate(series):
        colour = number % _COLOURS
        key = _line((0, 7), (28, 7), f"line c{colour}") + (_mark((14, 7), colour) if line.marked else "")
        picture = f'<svg class="key" viewBox="0 0 28 14" aria-hidden="true">{key}</svg>'
        entries.append(f"<li>{picture}{escape(line.title)}</li>")
    return f'<ul class="legend">{"".join(entries)}</ul>'


@dataclass(frozen=True)
class DotRow:
    """A row of a dot plot: a share, its interval, and its target."""

    title: str
    value: float
    interval: tuple[float, float]
    floor: float | None = None
    goal: float | None = None


def dots(title: str, axis: Axis, rows: Sequence[DotRow]) -> str:
    """A dot plot: for each row a dot with its interval below the title; "|" is the floor, a triangle the goal."""
    step, top = 38, 22
    height = top + step * len(rows) + 4
    right, left = WIDTH - _RIGHT, 14

    def at(value: float) -> float:
        return left + axis.place(value) * (right - left)

    parts = [_line((at(v), top - 4), (at(v), height), "rule") for v, _ in axis.ticks]
    parts += [_text(at(v), 12, label, "middle") for v, label in axis.ticks]
    for number, row in enumerate(rows):
        y = top + step * number + 27
        parts.append(_text(left, y - 13, f"{row.title}: {percent(round(row.value, 4))}", "start", "halo"))
        parts.append(_line((at(row.interval[0]), y), (at(row.interval[1]), y), "bar c0"))
        parts.append(_mark((at(row.value), y), 0))
        if row.floor is not None:
            parts.append(_line((at(row.floor), y - 7), (at(row.floor), y + 7), "floor"))
        if row.goal is not None:
            parts.append(f'<path class="goal" d="M{at(row.goal) - 5:.1f},{y + 9} h10 l-5,-8 z"/>')
    return _svg(title, height, parts)


def _svg(title: str, height: int, parts: Sequence[str]) -> str:
    label = escape(title)
    head = (
        f'<svg class="plot" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}"><title>{label}</title>'
    )
    return f"{head}{''.join(parts)}</svg>"


def _line(a: Point, b: Point, class_: str) -> str:
    return f'<line class="{class_}" x1="{a[0]:.1f}" y1="{a[1]:.1f}" x2="{b[0]:.1f}" y2="{b[1]:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str, class_: str = "") -> str:
    return f'<text class="{class_}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _mark(at: Point, colour: int) -> str:
    """A symbol of its own for each of five colours, for readers who cannot tell the colours apart."""
    x, y = at
    shapes = (
        f"M{x - 4:.1f},{y:.1f} a4,4 0 1,0 8,0 a4,4 0 1,0 -8,0",  # circle
        f"M{x - 3.5:.1f},{y - 3.5:.1f} h7 v7 h-7 z",  # square
        f"M{x:.1f},{y - 5:.1f} l5,5 l-5,5 l-5,-5 z",  # diamond
        f"M{x - 4.5:.1f},{y + 4:.1f} h9 l-4.5,-8 z",  # triangle
        f"M{x - 4:.1f},{y - 4:.1f} l8,8 m0,-8 l-8,8",  # cross
    )
    return f'<path class="dot c{colour}" d="{shapes[colour % len(shapes)]}"/>'

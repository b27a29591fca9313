"""Plots of a training run as numbers for SVG. Templates draw them, with the colours of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ml.statistics import wilson_interval

WIDTH = 440  # as wide as a phone is, or the letters would shrink there
_LOSS_HEIGHT = 110
_COLUMN = 90
_STEP = 44  # from one row of bars to the next


@dataclass(frozen=True)
class Curve:
    """The losses of one stage. `points` for a polyline in a box of WIDTH by `height`."""

    title: str
    points: str
    last: tuple[str, str]
    epochs: int
    first_loss: str
    last_loss: str
    height: int = _LOSS_HEIGHT

    @classmethod
    def of(cls, title: str, losses: Sequence[float]) -> Curve:
        """The curve of at least one loss, from 0 at the bottom to the largest at the top."""
        top = max(losses) or 1.0
        steps = max(1, len(losses) - 1)
        xs = [f"{4 + (WIDTH - 8) * number / steps:.1f}" for number in range(len(losses))]
        ys = [f"{_LOSS_HEIGHT - 4 - (_LOSS_HEIGHT - 8) * loss / top:.1f}" for loss in losses]
        points = " ".join(f"{x},{y}" for x, y in zip(xs, ys, strict=True))
        return cls(title, points, (xs[-1], ys[-1]), len(losses), f"{losses[0]:.4f}", f"{losses[-1]:.4f}")


def curves(losses: Sequence[Sequence[Any]]) -> list[Curve]:
    """One for each stage of [[stage, epoch, loss], ...]: losses of different stages cannot be compared."""
    stages = groupby(losses, key=lambda row: row[0])
    return [Curve.of(str(stage), [float(loss) for _, _, loss in rows]) for stage, rows in stages]


@dataclass(frozen=True)
class Share:
    """How often one version errs, with its interval, as places along the width."""

    percent: str
    span: str
    at: str
    low: str
    high: str

    @classmethod
    def of(cls, value: float, interval: tuple[float, float], top: float) -> Share:
        """`value` and the ends of its interval are shares; `top` is the share at the right end of the scale."""
        at, low, high = (f"{6 + (WIDTH - 12) * share / top:.1f}" for share in (value, *interval))
        words = f"{100 * interval[0]:.2f} to {100 * interval[1]:.2f}"
        return cls(f"{100 * value:.2f}", words, at, low, high)


@dataclass(frozen=True)
class ErrorRates:
    """Both versions on one set, on one scale of their own: sets differ too much to share one."""

    title: str
    n: int
    before: Share
    after: Share


def error_rates(title: str, n: int, errors: Sequence[int]) -> ErrorRates | None:
    """None where nothing was read."""
    if n < 1 or len(errors) != 2:
        return None
    intervals = [wilson_interval(count / n, n) for count in errors]
    top = max(high for _, high in intervals) or 1.0
    before, after = (Share.of(count / n, ends, top) for count, ends in zip(errors, intervals, strict=True))
    return ErrorRates(title, n, before, after)


@dataclass(frozen=True)
class Swap:
    """Of one set how many drawings the new version alone reads right, and how many the old one alone."""

    title: str
    fixes: int
    breaks: int
    y: int
    breaks_x: str
    breaks_width: str
    fixes_width: str
    fixes_end: str

    @classmethod
    def of(cls, row: int, title: str, fixes: int, breaks: int, unit: float) -> Swap:
        """Bars of `unit` for each drawing, from the middle of the width."""
        left, right, middle = breaks * unit, fixes * unit, WIDTH / 2
        places = (f"{place:.1f}" for place in (middle - left, left, right, middle + right))
        return cls(title, fixes, breaks, _STEP * row, *places)


@dataclass(frozen=True)
class Swaps:
    """Rows of bars to the left and right of `axis`."""

    rows: Sequence[Swap]
    height: int
    axis: str = f"{WIDTH / 2:.0f}"


def swaps(counts: Sequence[tuple[str, int, int]]) -> Swaps | None:
    """From (title, fixes, breaks); None where nothing changed."""
    most = max((max(fixes, breaks) for _, fixes, breaks in counts), default=0)
    if not most:
        return None
    unit = (WIDTH / 2 - 40) / most
    rows = [Swap.of(row, title, fixes, breaks, unit) for row, (title, fixes, breaks) in enumerate(counts)]
    return Swaps(rows, _STEP * len(rows))


@dataclass(frozen=True)
class Column:
    """The share of one digit that is misread, before and after, as two bars in a box 30 by _COLUMN."""

    digit: str
    before: str
    after: str
    before_y: str
    after_y: str
    before_height: str
    after_height: str


def columns(digits: Mapping[str, Mapping[str, Any]]) -> list[Column]:
    """From {"7": {"n": 100, "right": [97, 98]}, ...}; shares are per cent, and all columns have one scale."""
    shares = {d: [100 * (1 - right / row["n"]) for right in row["right"]] for d, row in digits.items() if row["n"]}
    top = max((max(pair) for pair in shares.values()), default=0.0) or 1.0
    columns = []
    for digit, pair in sorted(shares.items()):
        heights = [_COLUMN * share / top for share in pair]
        tops = [_COLUMN - height for height in heights]
        columns.append(Column(digit, *(f"{value:.1f}" for value in (*pair, *tops, *heights))))
    return columns

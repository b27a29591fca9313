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


def curves(losses: Sequence[Sequence[Any]]) -> list[Curve]:
    """One for each stage of [[stage, epoch, loss], ...]: losses of different stages cannot be compared."""
    stages = groupby(losses, key=lambda row: row[0])
    return [_curve(str(stage), [float(loss) for _, _, loss in rows]) for stage, rows in stages]


def _curve(title: str, losses: Sequence[float]) -> Curve:
    top = max(losses) or 1.0
    steps = max(1, len(losses) - 1)
    places = [
        (f"{4 + (WIDTH - 8) * number / steps:.1f}", f"{_LOSS_HEIGHT - 4 - (_LOSS_HEIGHT - 8) * loss / top:.1f}")
        for number, loss in enumerate(losses)
    ]
    points = " ".join(f"{x},{y}" for x, y in places)
    return Curve(title, points, places[-1], len(losses), f"{losses[0]:.4f}", f"{losses[-1]:.4f}")


@dataclass(frozen=True)
class Share:
    """How often one version errs, with its interval, as places along the width."""

    percent: str
    span: str
    at: str
    low: str
    high: str


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
    spans = [wilson_interval(count / n, n) for count in errors]
    top = max(high for _, high in spans) or 1.0
    before, after = (_share(count / n, span, top) for count, span in zip(errors, spans, strict=True))
    return ErrorRates(title, n, before, after)


def _share(value: float, span: tuple[float, float], top: float) -> Share:
    low, high = (_along(end, top) for end in span)
    words = f"{100 * span[0]:.2f} to {100 * span[1]:.2f}"
    return Share(f"{100 * value:.2f}", words, f"{_along(value, top):.1f}", f"{low:.1f}", f"{high:.1f}")


def _along(value: float, top: float) -> float:
    return 6 + (WIDTH - 12) * value / top


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


@dataclass(frozen=True)
class Swaps:
    """Rows of bars to the left and right of `axis`."""

    rows: Sequence[Swap]
    height: int
    axis: str = f"{WIDTH / 2:.0f}"


def swaps(found: Sequence[tuple[str, int, int]]) -> Swaps | None:
    """From (title, fixes, breaks); None where nothing changed."""
    most = max((max(fixes, breaks) for _, fixes, breaks in found), default=0)
    if not most:
        return None
    unit = (WIDTH / 2 - 40) / most
    rows = [_swap(number, *each, unit) for number, each in enumerate(found)]
    return Swaps(rows, _STEP * len(rows))


def _swap(number: int, title: str, fixes: int, breaks: int, unit: float) -> Swap:
    left, right = breaks * unit, fixes * unit
    middle = WIDTH / 2
    places = (middle - left, left, right, middle + right)
    return Swap(title, fixes, breaks, _STEP * number, *(f"{place:.1f}" for place in places))


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
    return [
        _column(digit, [_COLUMN * share / top for share in pair], pair) for digit, pair in sorted(shares.items())
    ]


def _column(digit: str, heights: Sequence[float], shares: Sequence[float]) -> Column:
    places = [*(_COLUMN - height for height in heights), *heights]
    return Column(digit, *(f"{share:.1f}" for share in shares), *(f"{place:.1f}" for place in places))

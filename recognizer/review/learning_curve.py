"""What more reviewing is worth: how errors fell from run to run while more reviewed drawings were trained on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from recognizer.models import TrainingRun, TrainingSample

Role = TrainingSample.Role

RUNS = 30  # newest runs that are looked at
LEAST_RUNS = 3  # with different numbers of drawings: a straight line goes through any two
LEAST_HELD_OUT = 30  # held-out drawings of a run; with fewer the interval is wider than what is looked for
MORE = 100  # drawings whose worth is told
KEPT = 24 * 3600  # seconds; a run that is over does not change
_Z = 1.96  # quantile of the normal distribution for a 95 % interval


@dataclass(frozen=True)
class Point:
    """A run: its version learned of `trained` reviewed drawings; `wrong` of `held_out` others it misreads."""

    run: int
    version: int
    trained: int
    held_out: int
    wrong: int


@dataclass(frozen=True)
class Fit:
    """The share of errors after n drawings is about `level` + `slope` * ln(n); `sd` is that of the slope."""

    level: float
    slope: float
    sd: float

    @classmethod
    def of(cls, points: Sequence[Point]) -> Fit | None:
        """None for fewer than LEAST_RUNS different numbers of drawings.

        Weighted least squares: a point weighs the reciprocal of the variance of its share, p (1 - p) / m of m
        held-out drawings, with p = (wrong + 2) / (m + 4), which is never 0 (Agresti and Coull, The American
        Statistician 52:119, 1998). Where the points lie further from the line than their variances explain, the
        deviation of the slope grows by the square root of chi-square over the degrees of freedom (R. T. Birge,
        Physical Review 40:207, 1932). The held-out drawings of the runs are largely the same, so that the points
        are not independent: the interval is a rough one.
        """
        if len({point.trained for point in points}) < LEAST_RUNS:
            return None
        xs = [math.log(point.trained) for point in points]
        ys = [point.wrong / point.held_out for point in points]
        weights = [_weight(point) for point in points]
        total = sum(weights)
        x_mean = sum(w * x for w, x in zip(weights, xs, strict=True)) / total
        y_mean = sum(w * y for w, y in zip(weights, ys, strict=True)) / total
        spread = sum(w * (x - x_mean) ** 2 for w, x in zip(weights, xs, strict=True))
        slope = sum(w * (x - x_mean) * (y - y_mean) for w, x, y in zip(weights, xs, ys, strict=True)) / spread
        level = y_mean - slope * x_mean
        rest = sum(w * (y - level - slope * x) ** 2 for w, x, y in zip(weights, xs, ys, strict=True))
        return cls(level, slope, math.sqrt(max(1.0, rest / (len(points) - 2)) / spread))

    def at(self, trained: float) -> float:
        """The share of errors to be expected after so many drawings, within 0 to 1."""
        return min(1.0, max(0.0, self.level + self.slope * math.log(trained)))

    def gain(self, trained: int, more: int) -> tuple[float, float, float]:
        """How much the share of errors falls with `more` drawings: the estimate, the least and the most (95 %)."""
        step = math.log((trained + more) / trained)
        middle, half = -self.slope * step, _Z * self.sd * step
        return middle, middle - half, middle + half


def _weight(point: Point) -> float:
    share = (point.wrong + 2) / (point.held_out + 4)
    return point.held_out / (share * (1 - share))


@dataclass(frozen=True)
class Curve:
    """All runs that made a version and learned of reviewed drawings, the oldest first."""

    points: Sequence[Point] = ()

    @property
    def usable(self) -> list[Point]:
        """Those with enough held-out drawings."""
        return [point for point in self.points if point.held_out >= LEAST_HELD_OUT]

    @property
    def fit(self) -> Fit | None:
        return Fit.of(self.usable)

    @property
    def missing(self) -> str:
        """What is missing before anything can be said, as a sentence; "" if nothing is."""
        if not self.points:
            return "no training has learned from reviewed drawings."
        if not self.usable:
            return f"no run was examined with {LEAST_HELD_OUT} reviewed drawings of writers who never train."
        sizes = len({point.trained for point in self.usable})
        if sizes < LEAST_RUNS:
            return (
                f"it takes {LEAST_RUNS} runs with different numbers of drawings, each examined with at least "
                f"{LEAST_HELD_OUT} of writers who never train; there {'is' if sizes == 1 else 'are'} {sizes}."
            )
        return ""

    @property
    def sentence(self) -> str:
        """What MORE drawings are worth, from the most that a run has learned of; "" if that is not known."""
        if (fit := self.fit) is None:
            return ""
        middle, low, high = fit.gain(max(point.trained for point in self.usable), MORE)
        return (
            f"{MORE} more reviewed drawings: {_change(middle, ' errors')} in 100, between {_between(low, high)}."
        )


def _change(gain: float, what: str = "") -> str:
    """A gain of 0.003 as "0.3 fewer"."""
    return f"{abs(100 * gain):.2g} {'fewer' if gain >= 0 else 'more'}{what}"


def _between(low: float, high: float) -> str:
    """Two gains as "0.1 more and 0.7 fewer", or "0.1 and 0.7 fewer"."""
    if low >= 0:
        return f"{100 * low:.2g} and {_change(high)}"
    return f"{_change(low) if high >= 0 else f'{-100 * low:.2g}'} and {_change(high)}"


def curve(newest_run: int | None) -> Curve:
    """Of the newest RUNS runs that made a version; `newest_run` is the last of them. One query at most."""
    if newest_run is None:
        return Curve()
    key = f"review-learning-{newest_run}"
    rows = cache.get(key)
    if rows is None:
        rows = [list(row) for row in _count()]
        cache.set(key, rows, KEPT)
    return Curve([Point(*row) for row in rows])


def _count() -> list[tuple[Any, ...]]:
    """(run, version, trained, held out, wrong), the oldest first."""
    samples = TrainingSample.objects.filter(run=OuterRef("pk"))
    read = samples.filter(role=Role.HELD_OUT).compared()
    parts = {"trained": samples.trained(), "held_out": read, "wrong": read.filter(right_after=False)}
    counts = {name: _number_of(part) for name, part in parts.items()}
    runs = TrainingRun.objects.trained().order_by("-pk").annotate(**counts)
    rows = runs.values_list("pk", "version", *counts)[:RUNS]
    return [row for row in reversed(rows) if row[2]]


def _number_of(samples: Any) -> Coalesce:
    counted = samples.order_by().values("run").annotate(number=Count("*")).values("number")
    return Coalesce(Subquery(counted), 0)

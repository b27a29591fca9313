"""What reviewing has found: what waits, the yield of verdicts, the honest accuracy, what is read as what.

Nothing here writes rows. Figures over many rows are counted at most once in KEPT seconds, and say when.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Q
from django.db.models.functions import Length
from django.utils import timezone

from ml.statistics import wilson_interval
from recognizer.models import ModelVersion, Review, ReviewItem, TrainingRun
from recognizer.review import agreement

State, Verdict = ReviewItem.State, Review.Verdict

KEPT = 60  # seconds
LAST = 50  # verdicts whose errors the page names, about ten minutes of reviewing
RECENT = 1000  # verdicts that are compared by reason: enough for each of them, and a few milliseconds
SAMPLE = 10_000  # newest drawings of the random sample that are counted: more would hardly narrow the interval
LEAST_SAMPLE = 20  # labels of the random sample below which its accuracy is "not known yet"
LABELS = (*"0123456789", "")  # of a matrix; "": no number

Matrix = Counter[tuple[str, str]]  # (reading, verdict): how many


@dataclass(frozen=True)
class Rate:
    """`hits` of `n`, with a 95 % interval (Wilson); without any trials nothing is known."""

    hits: int
    n: int

    @property
    def share(self) -> float:
        return self.hits / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        return wilson_interval(self.share, self.n) if self.n else (0.0, 1.0)

    def __add__(self, other: Rate) -> Rate:
        return Rate(self.hits + other.hits, self.n + other.n)

    def as_json(self) -> dict[str, Any]:
        low, high = self.interval
        return {"n": self.n, "hits": self.hits, "share": self.share, "low": low, "high": high}


# ---- The yield of the newest verdicts


@dataclass(frozen=True)
class Yield:
    """Errors that verdicts found: `last` of the newest LAST, `by_reason` of the newest RECENT.

    The keys are those of `Review.shown_for`.
    """

    last: Rate
    by_reason: dict[str, Rate]


def yield_of_last() -> Yield:
    """An error is a label that differs from the reading that it answers. First looks count; one query."""
    first = Review.objects.that_count().filter(look=1, prediction__isnull=False).exclude(verdict=Verdict.REFUSED)
    rows = first.order_by("-id").values_list("shown_for", "verdict", "text", "prediction__text")[:RECENT]
    found = [(reason, _is_error(verdict, text, read)) for reason, verdict, text, read in rows]
    last = [is_error for _, is_error in found[:LAST]]
    by_reason: dict[str, Rate] = {}
    for reason, is_error in found:
        by_reason[reason] = by_reason.get(reason, Rate(0, 0)) + Rate(int(is_error), 1)
    return Yield(Rate(sum(last), len(last)), by_reason)


def _is_error(verdict: str, text: str, read: str) -> bool:
    return verdict in {Verdict.NUMBER, Verdict.NO_NUMBER} and text != read


# ---- The random sample


@dataclass(frozen=True)
class Sampled:
    """The decided drawings of the sample that one version read, drawn in the week that begins on `week`."""

    week: date
    version: int
    right: int
    wrong: int
    unreadable: int

    @property
    def accuracy(self) -> Rate:
        return Rate(self.right, self.right + self.wrong)


@dataclass(frozen=True)
class Sample:
    """The random sample as it was decided, by week and version, the oldest week first."""

    parts: Sequence[Sampled] = ()

    @property
    def accuracy(self) -> Rate:
        return sum((part.accuracy for part in self.parts), Rate(0, 0))

    @property
    def errors(self) -> Rate:
        right = self.accuracy
        return Rate(right.n - right.hits, right.n)

    @property
    def unreadable(self) -> int:
        return sum(part.unreadable for part in self.parts)

    @property
    def is_known(self) -> bool:
        return self.accuracy.n >= LEAST_SAMPLE

    @property
    def by_version(self) -> dict[int, Rate]:
        rates: dict[int, Rate] = {}
        for part in self.parts:
            rates[part.version] = rates.get(part.version, Rate(0, 0)) + part.accuracy
        return dict(sorted(rates.items()))


# ---- All of it, kept for a minute


@dataclass(frozen=True)
class Figures:
    """What is counted over many rows, `at` a time.

    `waiting` by reason and `again` by state ("second", "third") count drawings that staff may see. `matrices` and
    `sample_matrices` are of each version's readings of at most one character, against the verdicts in force.
    """

    at: datetime
    waiting: dict[str, int] = field(default_factory=dict)
    again: dict[str, int] = field(default_factory=dict)
    sample: Sample = field(default_factory=Sample)
    matrices: dict[int, Matrix] = field(default_factory=dict)
    sample_matrices: dict[int, Matrix] = field(default_factory=dict)

    @property
    def waits(self) -> int:
        return sum(self.waiting.values())

    @classmethod
    def now(cls) -> Figures:
        """Those of the last KEPT seconds, else four queries."""
        stored = cache.get(_FIGURES)
        if stored is None:
            stored = _count()
            cache.set(_FIGURES, stored, KEPT)
        return cls(
            at=datetime.fromisoformat(stored["at"]),
            waiting=stored["waiting"],
            again=stored["again"],
            sample=Sample([Sampled(date.fromisoformat(week), *counts) for week, *counts in stored["sample"]]),
            matrices=_matrices(stored["matrices"]),
            sample_matrices=_matrices(stored["sample_matrices"]),
        )


_FIGURES = "review-figures"


def _count() -> dict[str, Any]:
    """The figures as JSON, which is what the cache takes."""
    weeks, matrix = _count_sample()
    shown = ReviewItem.objects.shown().order_by()
    again = shown.filter(Q(state=State.SECOND) | Q(state=State.THIRD))  # as the index says it
    return {
        "at": timezone.now().isoformat(),
        "waiting": dict(shown.wanted().values_list("reason").annotate(n=Count("*"))),
        "again": dict(again.values_list("state").annotate(n=Count("*"))),
        "sample": weeks,
        "matrices": [list(row) for row in _count_verdicts()],
        "sample_matrices": matrix,
    }


def _count_verdicts() -> Iterable[tuple[int, str, str, int]]:
    """(version, reading, verdict, how many) of labels in force of at most one character."""
    labels = Review.objects.that_count().labels().filter(prediction__isnull=False).order_by()
    short = labels.annotate(length=Length("text"), read=Length("prediction__text")).filter(
        length__lte=1, read__lte=1
    )
    counted = short.values_list("prediction__model_version", "prediction__text", "text").annotate(n=Count("*"))
    return counted


def _count_sample() -> tuple[list[list[Any]], list[list[Any]]]:
    """Of the sample: [week, version, right, wrong, unreadable] and [version, reading, verdict, how many]."""
    decided = Review.objects.in_force().filter(
        drawing__review_item__sampled_at__isnull=False, prediction__isnull=False
    )
    drawn = "drawing__review_item__sampled_at"
    rows = decided.exclude(verdict=Verdict.REFUSED).order_by(f"-{drawn}")
    weeks: dict[tuple[str, int], list[int]] = {}
    matrix: Counter[tuple[int, str, str]] = Counter()
    fields = (drawn, "prediction__model_version", "prediction__text", "verdict", "text")
    for at, version, read, verdict, text in rows.values_list(*fields)[:SAMPLE]:
        day = at.date()
        counts = weeks.setdefault(((day - timedelta(days=day.weekday())).isoformat(), version), [0, 0, 0])
        counts[2 if verdict == Verdict.UNREADABLE else int(text != read)] += 1
        if verdict != Verdict.UNREADABLE and len(text) <= 1 and len(read) <= 1:
            matrix[version, read, text] += 1
    return [[*key, *counts] for key, counts in sorted(weeks.items())], [[*key, n] for key, n in matrix.items()]


def _matrices(rows: Iterable[Sequence[Any]]) -> dict[int, Matrix]:
    matrices: dict[int, Matrix] = {}
    for version, read, truth, n in rows:
        matrices.setdefault(version, Counter())[read, truth] += n
    return matrices


def accuracy_of(matrix: Matrix) -> Rate:
    """How many of the drawings of a matrix were read right."""
    return Rate(sum(n for (read, truth), n in matrix.items() if read == truth), sum(matrix.values()))


def newest_version_and_run() -> tuple[int | None, int | None]:
    """The active version (else the newest), and the newest run that made a version; one query."""
    run = TrainingRun.objects.trained().order_by("-pk").values("pk")[:1]
    versions = ModelVersion.objects.order_by("-active", "-pk").annotate(newest_run=run)
    return next(iter(versions.values_list("pk", "newest_run")), (None, None))


def summary() -> dict[str, Any]:
    """The figures of reviewing in plain types, for programs.

    {"counted_at": ISO time, "waiting": {reason: n}, "looks": {"second": n, "third": n},
    "yield": {"last": RATE, "by_reason": {reason: RATE}}, "sample": {"accuracy": RATE|null, "unreadable": n,
    "by_version": {number of the version: RATE}}, "agreement": RATE|null}, where RATE is
    {"n", "hits", "share", "low", "high"}: hits of n trials with a 95 % interval, shares from 0 to 1. Hits of the
    yield are errors that verdicts found; those of the sample right readings, null below LEAST_SAMPLE labels; those
    of the agreement second opinions that equal the first, null where there was none.
    """
    figures, found, both = Figures.now(), yield_of_last(), agreement.overall()
    sample = figures.sample
    return {
        "counted_at": figures.at.isoformat(),
        "waiting": {str(reason): figures.waiting.get(reason, 0) for reason in ReviewItem.Reason.values if reason},
        "looks": {str(state): figures.again.get(state, 0) for state in (State.SECOND, State.THIRD)},
        "yield": {
            "last": found.last.as_json(),
            "by_reason": {reason: rate.as_json() for reason, rate in found.by_reason.items()},
        },
        "sample": {
            "accuracy": sample.accuracy.as_json() if sample.is_known else None,
            "unreadable": sample.unreadable,
            "by_version": {str(version): rate.as_json() for version, rate in sample.by_version.items()},
        },
        "agreement": Rate(both.equal, both.pairs).as_json() if both.pairs else None,
    }

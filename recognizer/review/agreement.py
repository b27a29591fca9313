"""How reviewers work and agree. A second opinion is given without seeing the first verdict."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db.models import Count, F, Q
from django.utils import timezone

from recognizer.models import Review, ReviewItem

KEPT = 60  # seconds for which the counts are kept
DAYS = 30  # of "lately"
LEAST_KAPPA = 20  # pairs below which kappa says nothing
SITTING = timedelta(minutes=5)  # a longer pause ends a sitting
RECENT = 2000  # verdicts from which the pace is taken
DISPUTES = 20  # that are listed, the newest

Said = tuple[str, str]  # verdict and text
Pairs = Mapping[tuple[Said, Said], int]  # (first, second opinion): how many


def cohens_kappa(pairs: Mapping[tuple[str, str], int]) -> float | None:
    """Agreement beyond chance: 1 is perfect, 0 is what two who guess by their own habits reach.

    From (first label, second label): how many. (p - e) / (1 - e), where p is the share of equal pairs and e the
    share that would be equal if both labelled independently with their own frequencies (J. Cohen, Educational and
    Psychological Measurement 20:37, 1960). None where nothing can be said: fewer than LEAST_KAPPA pairs, or both
    always said the same one label.
    """
    n = sum(pairs.values())
    if n < LEAST_KAPPA:
        return None
    first: Counter[str] = Counter()
    second: Counter[str] = Counter()
    for (a, b), count in pairs.items():
        first[a] += count
        second[b] += count
    observed = sum(count for (a, b), count in pairs.items() if a == b) / n
    chance = sum(first[label] * second[label] for label in first) / n**2
    return (observed - chance) / (1 - chance) if chance < 1 else None


@dataclass(frozen=True)
class Agreement:
    """How many pairs of a first verdict and a second opinion there are, and how many are equal."""

    pairs: int = 0
    equal: int = 0
    kappa: float | None = None  # over single digits and "no number"

    @classmethod
    def of(cls, pairs: Pairs) -> Agreement:
        equal = sum(n for (first, second), n in pairs.items() if first == second)
        short = {
            (first[1], second[1]): n
            for (first, second), n in pairs.items()
            if _is_short(first) and _is_short(second)
        }
        return cls(sum(pairs.values()), equal, cohens_kappa(short))


def _is_short(said: Said) -> bool:
    """Whether it is one digit, or that there is no number."""
    verdict, text = said
    return verdict in {Review.Verdict.NUMBER, Review.Verdict.NO_NUMBER} and len(text) <= 1


@dataclass(frozen=True)
class Reviewer:
    """What one reviewer has done. `agreement` is over pairs in which they gave either verdict."""

    name: str
    verdicts: int
    lately: int
    undone: int
    errors: int
    pace: float | None  # median seconds from one step to the next
    agreement: Agreement


@dataclass(frozen=True)
class Work:
    """All that the page of reviewers shows, counted `at` a time; disagreements are of this moment."""

    at: datetime
    reviewers: Sequence[Reviewer] = ()
    agreement: Agreement = field(default_factory=Agreement)
    disputes: Sequence[ReviewItem] = ()


def work() -> Work:
    """The most diligent reviewer first. Two queries, five if nothing was counted in the last KEPT seconds."""
    counted = _counted()
    paces = _paces()
    pairs = _pairs(counted["pairs"])
    reviewers = [
        Reviewer(name, all_, lately, undone, counted["errors"].get(str(pk), 0), paces.get(pk), _of(pairs, pk))
        for pk, name, all_, lately, undone in counted["reviewers"]
    ]
    disputes = ReviewItem.objects.shown().filter(state=ReviewItem.State.THIRD).order_by("-touched_at")
    return Work(
        datetime.fromisoformat(counted["at"]),
        sorted(reviewers, key=lambda reviewer: (-reviewer.verdicts, reviewer.name)),
        Agreement.of(_merged(pairs.values())),
        list(disputes.defer("glyphs")[:DISPUTES]),
    )


def overall() -> Agreement:
    """The agreement of all reviewers."""
    return Agreement.of(_merged(_pairs(_counted()["pairs"]).values()))


def _counted() -> dict[str, Any]:
    """As JSON, which is what the cache takes."""
    stored: dict[str, Any] | None = cache.get(_WORK)
    if stored is None:
        stored = {
            "at": timezone.now().isoformat(),
            "reviewers": _count_reviewers(),
            "errors": _count_errors(),
            "pairs": _count_pairs(),
        }
        cache.set(_WORK, stored, KEPT)
    return stored


_WORK = "review-work"


def _count_reviewers() -> list[list[Any]]:
    """[number, name, verdicts, lately, undone] of everybody who has given a verdict."""
    stays = Q(reviews__undone_at=None)
    since = timezone.now() - timedelta(days=DAYS)
    counts = get_user_model().objects.filter(reviews__isnull=False).order_by().values_list("pk", "username")
    return [
        list(row)
        for row in counts.annotate(
            verdicts=Count("reviews", filter=stays),
            lately=Count("reviews", filter=stays & Q(reviews__created_at__gt=since)),
            undone=Count("reviews", filter=~stays),
        )
    ]


def _count_errors() -> dict[str, int]:
    """First looks that say otherwise than the reading, by reviewer.

    They are grouped by verdict, too: by reviewer alone SQLite would go through them in the order of reviewers, and
    jump from prediction to prediction.
    """
    labels = [Review.Verdict.NUMBER, Review.Verdict.NO_NUMBER]
    wrong = Review.objects.that_count().filter(verdict__in=labels, look=1, prediction__isnull=False)
    wrong = wrong.exclude(text=F("prediction__text")).exclude(reviewer=None).order_by()
    errors: Counter[str] = Counter()
    for reviewer, _, n in wrong.values_list("reviewer", "verdict").annotate(n=Count("*")):
        errors[str(reviewer)] += n
    return dict(errors)


def _count_pairs() -> list[list[Any]]:
    """[first reviewer, second, verdict and text of both, how many] of second opinions that count."""
    second = Review.objects.that_count().filter(look=2, replaces__isnull=False).order_by()
    of_both = ("replaces__reviewer", "reviewer", "replaces__verdict", "replaces__text", "verdict", "text")
    return [list(row) for row in second.values_list(*of_both).annotate(n=Count("*"))]


_Both = tuple[int | None, int | None]


def _pairs(rows: Iterable[Sequence[Any]]) -> dict[_Both, Counter[tuple[Said, Said]]]:
    pairs: dict[_Both, Counter[tuple[Said, Said]]] = defaultdict(Counter)
    for first, second, verdict, text, verdict2, text2, n in rows:
        pairs[first, second][(verdict, text), (verdict2, text2)] += n
    return pairs


def _of(pairs: Mapping[_Both, Pairs], reviewer: int) -> Agreement:
    return Agreement.of(_merged(counts for both, counts in pairs.items() if reviewer in both))


def _merged(parts: Iterable[Pairs]) -> Pairs:
    merged: Counter[tuple[Said, Said]] = Counter()
    for part in parts:
        merged.update(part)
    return merged


def _paces() -> dict[int, float]:
    """The median seconds from one step to the next of a sitting, over the newest verdicts; one query."""
    rows = Review.objects.exclude(reviewer=None).order_by("-id").values_list("reviewer", "step", "created_at")
    times: dict[int, dict[Any, datetime]] = defaultdict(dict)
    for reviewer, step, at in rows[:RECENT]:
        times[reviewer].setdefault(step, at)
    paces = {}
    for reviewer, steps in times.items():
        ordered = sorted(steps.values())
        gaps = [b - a for a, b in pairwise(ordered) if b - a <= SITTING]
        if gaps:
            paces[reviewer] = median(gap.total_seconds() for gap in gaps)
    return paces

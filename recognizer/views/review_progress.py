"""The pages about reviewing: what waits and what verdicts have found; how reviewers agree."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from recognizer.models import ReviewItem
from recognizer.presentation import review_charts as charts
from recognizer.review import agreement, learning_curve, statistics
from recognizer.review.statistics import Figures, Rate, Sample

if TYPE_CHECKING:
    from django.http import QueryDict

    from accounts.requests import SignedInRequest

may_review = permission_required("recognizer.add_review", raise_exception=True)
may_audit = permission_required("recognizer.audit_review", raise_exception=True)

Reason = ReviewItem.Reason

_WAITS = {
    Reason.CORRECTED: ("Corrected", "Their writers have said what they are."),
    Reason.DOUBTFUL: ("Doubtful label", "Known digits that look like them are labelled otherwise."),
    Reason.CANDIDATE: ("Read otherwise", "A version that waits to be promoted reads them otherwise."),
    Reason.UNSURE: ("Unsure", "The reader itself is unsure."),
    Reason.UNUSUAL: ("Unusual", "They are unlike anything that the reader knows."),
}
_SHOWN_FOR = {
    **{str(reason): title for reason, (title, _) in _WAITS.items()},
    "random": "Random sample",
    "wall": "Chosen on the wall",
    "search": "Found by a search",
    "": "No particular reason",
}


@require_safe
@may_review
@never_cache
def progress(request: SignedInRequest) -> HttpResponse:
    figures = Figures.now()
    active, newest_run = statistics.newest_version_and_run()
    learned = learning_curve.curve(newest_run)
    context = {
        "figures": figures,
        "waiting": [(name, *_WAITS[name], figures.waiting.get(name, 0)) for name in _WAITS],
        "second": figures.again.get(ReviewItem.State.SECOND, 0),
        "third": figures.again.get(ReviewItem.State.THIRD, 0),
        **_yield(figures.sample),
        **_sample(figures.sample),
        **_matrix(request.GET, figures, active),
        "learned": learned,
        "learning_plot": _learning_plot(learned),
    }
    return render(request, "recognizer/review/progress.html", context)


def _words(rate: Rate) -> dict[str, Any]:
    """A share for people: how many of how many, per cent, and the interval."""
    return {
        "hits": rate.hits,
        "n": rate.n,
        "percent": charts.percent(rate.share),
        "span": charts.span(rate.interval),
    }


def _yield(sample: Sample) -> dict[str, Any]:
    found = statistics.yield_of_last()
    reasons = [(_SHOWN_FOR.get(name, name), _words(rate)) for name, rate in found.by_reason.items()]
    return {
        "last": _words(found.last),
        "by_reason": sorted(reasons, key=lambda row: -float(row[1]["percent"])),
        "recent": statistics.RECENT,
        # What drawings in no particular order, such as the newest, would hold.
        "expected": f"{found.last.n * sample.errors.share:.1f}" if sample.is_known else "",
    }


def _sample(sample: Sample) -> dict[str, Any]:
    marks = charts.week_marks(
        [
            (part.week, part.version, part.accuracy.share, part.accuracy.interval, part.accuracy.n)
            for part in sample.parts
            if part.accuracy.n
        ]
    )
    weeks = sorted({part.week for part in sample.parts})
    places = [(week.toordinal(), f"{week:%-d %b}") for week in {weeks[0], weeks[-1]}] if weeks else []
    return {
        "sample": _words(sample.accuracy),
        "sample_known": sample.is_known,
        "sample_least": statistics.LEAST_SAMPLE,
        "unreadable": sample.unreadable,
        "by_version": [(version, _words(rate)) for version, rate in sample.by_version.items()],
        "weeks": [(part, _words(part.accuracy)) for part in reversed(sample.parts)],
        "sample_plot": charts.plot(marks, sorted(places)) if marks and sample.is_known else None,
    }


def _matrix(asked: QueryDict, figures: Figures, active: int | None) -> dict[str, Any]:
    """The matrix of the version and the drawings that the address asks for; of the active version otherwise."""
    sample = asked.get("sample") == "1"
    matrices = figures.sample_matrices if sample else figures.matrices
    versions = sorted({*figures.matrices, *([active] if active else [])}, reverse=True)
    wanted = asked.get("version", "")
    version = next((number for number in versions if str(number) == wanted), active or 0)
    counts = matrices.get(version, statistics.Matrix())
    return {
        "version": version,
        "versions": versions,
        "of_sample": sample,
        "labels": [label or "none" for label in statistics.LABELS],
        "rows": charts.matrix_rows(counts, version=version, sample=sample),
        "matrix_rate": _words(statistics.accuracy_of(counts)),
    }


def _learning_plot(learned: learning_curve.Curve) -> charts.Plot | None:
    points, fit = learned.usable, learned.fit
    if not points:
        return None
    marks = []
    for point in points:
        rate = Rate(point.wrong, point.held_out)
        misread = f"{charts.percent(rate.share)} % of {rate.n} misread, {charts.span(rate.interval)}"
        words = f"Version {point.version}, {point.trained} drawings: {misread}"
        marks.append(charts.Mark(math.log(point.trained), rate.share, rate.interval, f"v{point.version}", words))
    ends = {min(point.trained for point in points), max(point.trained for point in points)}
    places = [(math.log(trained), str(trained)) for trained in sorted(ends)]
    return charts.plot(marks, places, (lambda x: fit.at(math.exp(x))) if fit else None)


@require_safe
@may_audit
@never_cache
def reviewers(request: SignedInRequest) -> HttpResponse:
    work = agreement.work()
    context = {
        "work": work,
        "rows": [(reviewer, _agreement(reviewer.agreement)) for reviewer in work.reviewers],
        "all": _agreement(work.agreement),
        "days": agreement.DAYS,
        "least": agreement.LEAST_KAPPA,
        "pause": int(agreement.SITTING.total_seconds() // 60),
    }
    return render(request, "recognizer/review/reviewers.html", context)


def _agreement(found: agreement.Agreement) -> dict[str, Any]:
    kappa = None if found.kappa is None else f"{found.kappa:.2f}"
    return {**_words(Rate(found.equal, found.pairs)), "kappa": kappa}

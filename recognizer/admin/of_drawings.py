"""Rows that belong to a drawing: who may look at them, how the drawing looks, and how they are found."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from recognizer.admin.read_only import ReadOnly
from recognizer.models import Correction, Drawing, Prediction, Review, ReviewItem

NUMBER = re.compile(r"[0-9]+(?: [0-9]+)*")
DAYS = re.compile(r"(\d{4}-\d\d-\d\d)(?:\.\.(\d{4}-\d\d-\d\d))?")
SEARCH_HELP = "A number that was read, corrected or decided; a user; 2026-11-30 or 2026-11-01..2026-11-30; an id."


def may_see_drawings(request: HttpRequest) -> bool:
    return request.user.has_perm("recognizer.view_drawing") or request.user.has_perm("recognizer.add_review")


class OfDrawings(ReadOnly):
    """Rows of drawings that staff may see; `path` leads from a row to its drawing ("" for drawings themselves)."""

    path = "drawing"
    search_fields = ("id",)  # shows the box; `get_search_results` looks
    search_help_text = SEARCH_HELP

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_see_drawings(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        shown = Drawing.objects.shown_to_staff().filter(pk=OuterRef(f"{self.path}_id"))
        return self.rows().filter(Exists(shown))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Rows whose drawing fits every word; words in quotation marks are one."""
        for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', search_term):
            if word := (quoted or bare).strip():
                queryset = queryset.filter(drawings_with(word, self.path))
        return queryset, False

    @admin.display(description="drawing")
    def looks(self, row: Any) -> str | SafeString:
        return small_picture(row.drawing)

    @admin.display(description="drawing")
    def large(self, row: Any) -> str | SafeString:
        return large_picture(row.drawing)


def drawings_with(word: str, path: str) -> Q:
    """The condition that a word of a search puts on rows, from which `path` leads to the drawing."""
    step = f"{path}__" if path else ""
    key = f"{path}_id" if path else "pk"
    try:
        return Q(**{key: uuid.UUID(word)})
    except ValueError:
        pass
    if days := _days(word):
        return Q(**{f"{step}created_at__gte": days[0], f"{step}created_at__lt": days[1]})
    users = get_user_model().objects
    if not NUMBER.fullmatch(word):
        return Q(**{f"{step}user__in": users.filter(username__icontains=word).values("pk")})
    texts = {word, word.replace(" ", "\n")}
    numbers = ReviewItem.objects.filter(read_as__in=texts).order_by().values("pk").union(
        Correction.objects.in_force().filter(text__in=texts).order_by().values("drawing"),
        Review.objects.in_force().filter(text__in=texts).order_by().values("drawing"),
    )  # fmt: skip
    return Q(**{f"{key}__in": numbers}) | Q(**{f"{step}user__in": users.filter(username=word).values("pk")})


def _days(word: str) -> tuple[datetime, datetime] | None:
    """The span of a day, or of the days from one to another, both included."""
    found = DAYS.fullmatch(word)
    if found is None:
        return None
    try:
        first, last = (date.fromisoformat(day) for day in (found[1], found[2] or found[1]))
    except ValueError:
        return None
    midnight = datetime.min.time()
    end = datetime.combine(last, midnight, UTC)
    return datetime.combine(first, midnight, UTC), end + timedelta(days=1) if last < date.max else end


def small_picture(drawing: Drawing | None) -> str | SafeString:
    """The drawing at a size at which one sees what it is, for lists."""
    if drawing is None:
        return "-"
    return format_html(
        '<span class="look">{}</span>', render_to_string("recognizer/_picture.html", {"drawing": drawing})
    )


def large_picture(drawing: Drawing | None) -> str | SafeString:
    """The drawing with the box of each digit, for pages."""
    if drawing is None:
        return "-"
    boxes = render_to_string("recognizer/drawing/_drawing_with_boxes.html", {"drawing": drawing})
    return format_html('<span class="look look-large">{}</span>', boxes)


class Filter(admin.SimpleListFilter):
    """Choices that are known without a look at the rows, each with its condition."""

    conditions: dict[str, tuple[str, Any]]  # value: (words, a function that gives the condition)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, words) for value, (words, _) in self.conditions.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.conditions.get(self.value() or "")
        return queryset.filter(chosen[1]()) if chosen else queryset


class ReadingFilter(Filter):
    title = "reading"
    parameter_name = "reading"
    conditions = {
        str(state.value): (
            str(state.label),
            lambda state=state: Exists(Prediction.objects.filter(drawing=OuterRef("pk"), state=state)),
        )
        for state in Prediction.State
    }


class CorrectedFilter(Filter):
    title = "correction"
    parameter_name = "corrected"
    conditions = {
        "open": (
            "corrected, without a verdict",
            lambda: Q(pk__in=Correction.objects.open().order_by().values("drawing")),
        ),
        "any": ("corrected", lambda: Q(pk__in=Correction.objects.in_force().order_by().values("drawing"))),
        "no": (
            "not corrected",
            lambda: ~Exists(Correction.objects.in_force().filter(drawing=OuterRef("pk"))),
        ),
    }


def _decided(verdict: Review.Verdict) -> Q:
    return Q(pk__in=Review.objects.in_force().filter(verdict=verdict).order_by().values("drawing"))


class VerdictFilter(Filter):
    title = "verdict"
    parameter_name = "verdict"
    conditions = {
        **{
            str(verdict.value): (str(verdict.label), lambda verdict=verdict: _decided(verdict))
            for verdict in Review.Verdict
        },
        "none": ("none", lambda: ~Exists(Review.objects.in_force().filter(drawing=OuterRef("pk")))),
    }

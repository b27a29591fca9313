"""What people say of drawings, and what the review queue knows of them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from recognizer.admin.of_drawings import OfDrawings
from recognizer.admin.read_only import linked, percent
from recognizer.models import Correction, Review, ReviewItem
from recognizer.models.drawing import in_one_line

HEAVY = ("drawing__image", "drawing__thumbnail")


class InForceFilter(admin.SimpleListFilter):
    title = "in force"
    parameter_name = "in_force"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "yes"), ("no", "replaced")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = {"yes": True, "no": False}.get(self.value() or "")
        return queryset if wanted is None else queryset.filter(replaced_at__isnull=wanted)


class Sayings(OfDrawings):
    """Corrections and verdicts, the newest first."""

    ordering = ["-pk"]
    sortable_by: ClassVar[Any] = []

    @admin.display(description="says")
    def says(self, row: Any) -> str:
        return in_one_line(str(row))

    @admin.display(description="in force", boolean=True)
    def in_force(self, row: Any) -> bool:
        return row.replaced_at is None


@admin.register(Correction)
class CorrectionAdmin(Sayings):
    list_display = ["looks", "says", "in_force", "user", "created_at"]
    list_filter = [InForceFilter, "created_at"]
    fields: ClassVar[Any] = [
        "large",
        linked("drawing", "its page"),
        "says",
        "in_force",
        linked("user"),
        "created_at",
        "replaced_at",
    ]
    readonly_fields: ClassVar[Any] = fields

    def rows(self) -> QuerySet[Any]:
        return Correction.objects.select_related("drawing", "user").defer(*HEAVY)


@admin.register(Review)
class ReviewAdmin(Sayings):
    list_display = ["looks", "says", "verdict", "in_force", "reviewer", "look", "bulk", "created_at"]
    list_filter = ["verdict", InForceFilter, "look", "bulk", "created_at"]
    fields: ClassVar[Any] = [
        "large", linked("drawing", "its page"), "says", "verdict", "in_force", linked("reviewer"),
        linked("correction", "answers the correction"), linked("prediction", "answers the reading"), "shown_for",
        "look", "bulk", "step", linked("replaces"), "created_at", "replaced_at", "undone_at",
    ]  # fmt: skip
    readonly_fields: ClassVar[Any] = fields

    def rows(self) -> QuerySet[Any]:
        joined = Review.objects.select_related("drawing", "reviewer", "correction", "prediction", "replaces")
        return joined.defer(*HEAVY)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) and request.user.has_perm("recognizer.view_review")


@admin.register(ReviewItem)
class ReviewItemAdmin(OfDrawings):
    """The queue. Sorted by day, by confidence or by what was read, over an index each."""

    list_display = ["looks", "read_as", "sure", "reason", "state", "rank", "writer", "day"]
    list_filter = ["reason", "state", "doubtful", "disputed"]
    sortable_by: ClassVar[Any] = ["read_as", "sure", "day"]
    ordering = ["-day", "-pk"]
    fields: ClassVar[Any] = [
        "large", linked("drawing", "its page"), "read_as", "sure", "reason", "state", "rank", "doubtful",
        "disputed", "unusual", linked("like"), "sampled_at", linked("leased_to", "held by"), "leased_until",
        linked("writer"), "day", "scored_at",
    ]  # fmt: skip
    readonly_fields: ClassVar[Any] = fields

    def rows(self) -> QuerySet[Any]:
        return ReviewItem.objects.select_related("drawing", "writer", "leased_to", "like").defer(
            *HEAVY, "glyphs", "like__glyphs"
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.rows().shown()  # type: ignore[attr-defined, no-any-return]

    @admin.display(description="confidence", ordering="confidence")
    def sure(self, item: ReviewItem) -> str:
        return percent(item.confidence)

    @admin.display(description="worth")
    def rank(self, item: ReviewItem) -> str:
        return f"{item.worth:.2f}"

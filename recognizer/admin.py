"""The admin: staff look at drawings and decide on corrections. Every write goes through the services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from recognizer.models import (
    Correction,
    Drawing,
    ModelVersion,
    Prediction,
    Promotion,
    Review,
    TrainingRun,
    TrainingSample,
)
from recognizer.services import predictions, reviews

if TYPE_CHECKING:
    from accounts.requests import SignedInRequest


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that are shown and not edited."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CorrectedFilter(admin.SimpleListFilter):
    title = "correction"
    parameter_name = "corrected"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "corrected, not yet reviewed"), ("any", "corrected"), ("no", "not corrected")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "open":
                return queryset.filter(corrections__in=Correction.objects.open())
            case "any":
                return queryset.corrected()
            case "no":
                return queryset.filter(corrections=None)
        return None


class UnsureFilter(admin.SimpleListFilter):
    title = "reading"
    parameter_name = "reading"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[Any]:
        return [(state.value, state.label) for state in Prediction.State]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(predictions__state=self.value()).distinct() if self.value() else None


@admin.register(Drawing)
class DrawingAdmin(ReadOnly):
    list_display = [
        "looks",
        "read_as",
        "confidence",
        "correction",
        "verdict",
        "state",
        "user",
        "created_at",
    ]
    list_filter = [CorrectedFilter, UnsureFilter, "state", "source", "created_at"]
    search_fields = ["=id", "user__username", "predictions__text", "corrections__text"]
    list_select_related = ["user"]
    list_per_page = 50
    show_full_result_count = False  # counting all drawings would cost more than the page
    actions = ["accept_corrections"]
    fields = ["looks", "read_as", "confidence", "correction", "verdict", "state", "failure", "attempts",
              "source", "user", "created_at"]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Drawing]:
        return Drawing.objects.with_predictions().with_verdicts().defer("image", "thumbnail")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("recognizer.delete_drawing")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Predictions and corrections are deleted with their drawing, though they can't be deleted alone."""
        listed, counts, _, protected = super().get_deleted_objects(objs, request)
        return listed, counts, set(), protected

    def delete_model(self, request: HttpRequest, obj: Drawing) -> None:
        predictions.delete_drawing(drawing=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Drawing]) -> None:
        for drawing in queryset:
            predictions.delete_drawing(drawing=drawing)

    @admin.display(description="drawing")
    def looks(self, drawing: Drawing) -> str:
        outline = drawing.outline
        if outline is None:
            return format_html(
                '<img src="{}" alt="" width="64" height="64" loading="lazy">',
                reverse("recognizer:drawing_thumbnail", args=[drawing.pk]),
            )
        return format_html(
            '<svg viewBox="{}" width="64" height="64" role="img" aria-label="drawing"><path d="{}" fill="none" '
            'stroke="currentColor" stroke-width="{}" stroke-linecap="round" stroke-linejoin="round"/></svg>',
            outline.view_box,
            outline.path,
            outline.pen,
        )

    @admin.display(description="read as")
    def read_as(self, drawing: Drawing) -> str:
        return str(drawing.latest) if drawing.latest else "-"

    @admin.display(description="confidence")
    def confidence(self, drawing: Drawing) -> str:
        return f"{drawing.latest.percent} %" if drawing.latest else "-"

    @admin.display(description="corrected to")
    def correction(self, drawing: Drawing) -> str:
        return str(drawing.correction) if drawing.correction else "-"

    @admin.display(description="verdict")
    def verdict(self, drawing: Drawing) -> str:
        return str(drawing.review or "-")

    def has_review_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("recognizer.add_review")

    @admin.action(description="Accept the correction: the writer is right", permissions=["review"])
    def accept_corrections(self, request: SignedInRequest, queryset: QuerySet[Drawing]) -> None:
        decided = 0
        for drawing in queryset:
            if drawing.correction is None:
                self.message_user(request, f"Nobody has corrected {drawing}.", messages.WARNING)
                continue
            decided += self._decide(request, drawing, drawing.correction.text)
        if decided:
            self.message_user(request, f"{decided} correction(s) accepted.", messages.SUCCESS)

    def _decide(self, request: SignedInRequest, drawing: Drawing, text: str) -> bool:
        decision = reviews.Decision.of(text)
        try:
            reviews.decide(drawing_id=drawing.pk, reviewer=request.user, decision=decision, seen=drawing.seen)
        except ValidationError as error:
            self.message_user(request, error.message, messages.WARNING)
            return False
        return True


@admin.register(Review)
class ReviewAdmin(ReadOnly):
    list_display = ["drawing", "correction", "verdict", "reviewer", "created_at"]
    list_filter = ["verdict", "created_at"]
    list_select_related = ["drawing", "correction", "reviewer"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Review]:
        return super().get_queryset(request).defer("drawing__image", "drawing__strokes")


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnly):
    list_display = ["__str__", "origin", "active", "kept", "trouble", "created_at"]
    list_filter = ["origin", "active"]
    fields = ["sha256", "origin", "parent", "active", "kept", "trouble", "trouble_at", "card", "created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelVersion]:
        kept = ExpressionWrapper(Q(artifact__isnull=False), BooleanField())
        return ModelVersion.objects.light().annotate(kept=kept)

    @admin.display(description="can read", boolean=True)
    def kept(self, version: ModelVersion) -> bool:
        return bool(getattr(version, "kept", False))


@admin.register(Promotion)
class PromotionAdmin(ReadOnly):
    """The log of promotions, for all who may look at versions."""

    list_display = ["version", "replaced", "kind", "by", "reason", "created_at"]
    list_filter = ["kind", "created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Promotion]:
        joined = super().get_queryset(request).select_related("version", "replaced", "by")
        return joined.defer("version__artifact", "version__card", "replaced__artifact", "replaced__card")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("recognizer.view_modelversion")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)


@admin.register(TrainingRun)
class TrainingRunAdmin(ReadOnly):
    list_display = ["__str__", "state", "reason", "trigger", "requested_by", "created_at", "duration"]
    list_filter = ["state", "trigger", "created_at"]
    fields = ["state", "reason", "gates", "samples", "trigger", "requested_by", "force", "from_scratch", "stage",
              "base", "version", "slot", "seed", "manifest_hash", "seconds", "peak_memory", "created_at",
              "started_at", "finished_at"]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[TrainingRun]:
        return TrainingRun.objects.light()

    @admin.display(description="gates")
    def gates(self, run: TrainingRun) -> str:
        rows = (
            ("passed" if gate["passed"] else "FAILED", gate["name"], gate["sentence"])
            for gate in run.verdict.get("gates", [])
        )
        return format_html_join("", "<p>{} {}: {}</p>", rows) or "-"

    @admin.display(description="reviewed drawings")
    def samples(self, run: TrainingRun) -> str:
        counted = run.samples.tally()
        return "; ".join(f"{counted[role]} {role.label}" for role in TrainingSample.Role if counted[role]) or "-"

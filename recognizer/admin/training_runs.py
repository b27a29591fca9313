"""Training runs, and the drawings that each of them used."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from recognizer.admin.of_drawings import large_picture, may_see_drawings
from recognizer.admin.read_only import ReadOnly, link, linked
from recognizer.models import Drawing, TrainingRun, TrainingSample
from recognizer.models.drawing import in_one_line


@admin.register(TrainingRun)
class TrainingRunAdmin(ReadOnly):
    list_display = ["__str__", "state", "reason", "trigger", "requested_by", "created_at", "duration"]
    list_filter = ["state", "trigger", "created_at"]
    search_fields = ["=id", "requested_by__username", "reason"]
    search_help_text = "A number, a user, or words of the reason."
    fields: ClassVar[Any] = [
        "state", "reason", "gates", "samples", "trigger", linked("requested_by"), "force", "from_scratch", "stage",
        linked("base"), linked("version"), "slot", "seed", "manifest_hash", "seconds", "peak_memory", "created_at",
        "started_at", "finished_at",
    ]  # fmt: skip
    readonly_fields: ClassVar[Any] = fields

    def rows(self) -> QuerySet[TrainingRun]:
        return TrainingRun.objects.light().select_related("base").defer("base__artifact", "base__card", "verdict",
            "losses", "version__artifact", "version__card")  # fmt: skip

    def view_on_site(self, run: TrainingRun) -> str:
        return run.get_absolute_url()

    @admin.display(description="gates")
    def gates(self, run: TrainingRun) -> str | SafeString:
        rows = (
            ("passed" if gate["passed"] else "FAILED", gate["name"], gate["sentence"])
            for gate in run.verdict.get("gates", [])
        )
        return format_html_join("", "<p>{} {}: {}</p>", rows) or "-"

    @admin.display(description="reviewed drawings")
    def samples(self, run: TrainingRun) -> str:
        counted = run.samples.tally()
        return "; ".join(f"{counted[role]} {role.label}" for role in TrainingSample.Role if counted[role]) or "-"


@admin.register(TrainingSample)
class TrainingSampleAdmin(ReadOnly):
    """The ledger of what each version learned from; it outlives the drawings."""

    list_display = ["drawing_id", "run", "role", "reason", "says", "read_before", "read_after"]
    list_filter = ["role", "right_before", "right_after"]
    ordering = ["-pk"]
    sortable_by: ClassVar[Any] = []
    search_fields = ["=drawing_id", "=run__id"]
    search_help_text = "The id of a drawing, or the number of a run."
    fields: ClassVar[Any] = [
        "large", "drawing", linked("run"), "role", "reason", "says", "writer_id", "review_id", "read_before",
        "right_before", "read_after", "right_after",
    ]  # fmt: skip
    readonly_fields: ClassVar[Any] = fields

    def rows(self) -> QuerySet[TrainingSample]:
        return TrainingSample.objects.select_related("run").defer("run__verdict", "run__losses")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_see_drawings(request) and request.user.has_perm("recognizer.view_trainingrun")

    @admin.display(description="says")
    def says(self, sample: TrainingSample) -> str:
        return in_one_line(sample.text) or "no number"

    @admin.display(description="picture")
    def large(self, sample: TrainingSample) -> str | SafeString:
        return large_picture(_drawing(sample))

    @admin.display(description="drawing")
    def drawing(self, sample: TrainingSample) -> str | SafeString:
        drawing = _drawing(sample)
        return (
            link(sample, drawing) if drawing else f"{sample.drawing_id}, which staff do not see or which is gone"
        )


def _drawing(sample: TrainingSample) -> Drawing | None:
    shown = Drawing.objects.shown_to_staff().with_predictions().defer("image", "thumbnail")
    return shown.filter(pk=sample.drawing_id).first()

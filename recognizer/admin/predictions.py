"""What versions read: predictions, which answered, and shadow readings, which did not."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from recognizer.admin.of_drawings import OfDrawings, may_see_drawings
from recognizer.admin.read_only import linked, percent, table
from recognizer.models import ModelVersion, Prediction, ShadowReading
from recognizer.models.drawing import in_one_line

HEAVY = ("drawing__image", "drawing__thumbnail", "model_version__artifact", "model_version__card")


class VersionFilter(admin.SimpleListFilter):
    """The newest versions by number; the filter of Django would load their artifacts."""

    title = "version"
    parameter_name = "version"
    MOST = 20

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        versions = ModelVersion.objects.only("pk", "sha256")[: self.MOST]
        return [(str(version.pk), str(version)) for version in versions]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        return queryset.filter(model_version=int(value)) if value.isdecimal() and len(value) < 10 else queryset


class Readings(OfDrawings):
    """Readings of drawings, whoever made them."""

    sortable_by: ClassVar[Any] = ["created_at"]
    ordering = ["-pk"]

    def rows(self) -> QuerySet[Any]:
        return super().rows().select_related("drawing__user", "model_version").defer(*HEAVY)

    @admin.display(description="read as")
    def read_as(self, reading: Any) -> str:
        return str(reading.read)

    @admin.display(description="confidence")
    def sure(self, reading: Any) -> str:
        return percent(reading.confidence)

    @admin.display(description="writer")
    def writer(self, reading: Any) -> str:
        return str(reading.drawing.user)


@admin.register(Prediction)
class PredictionAdmin(Readings):
    list_display = ["looks", "read_as", "sure", "state", "model_version", "writer", "created_at"]
    list_filter = ["state", VersionFilter, "created_at"]
    sortable_by: ClassVar[Any] = []
    fields: ClassVar[Any] = [
        "large", linked("drawing", "its page"), "read_as", "second", "sure", "state", "digits",
        linked("model_version", "version"), "writer", "created_at",
    ]  # fmt: skip
    readonly_fields: ClassVar[Any] = fields

    @admin.display(description="second-best")
    def second(self, prediction: Prediction) -> str:
        return in_one_line(prediction.alternative) or "-"

    @admin.display(description="digits")
    def digits(self, prediction: Prediction) -> str | SafeString:
        digits = prediction.digits.all()
        return table(["digit", "confidence"], ((str(digit), percent(digit.confidence)) for digit in digits))


@admin.register(ShadowReading)
class ShadowReadingAdmin(Readings):
    """For those who may see drawings and training runs alike."""

    list_display = ["looks", "read_as", "sure", "agrees", "model_version", "writer", "created_at"]
    list_filter = ["agrees", "state", VersionFilter, "created_at"]
    sortable_by: ClassVar[Any] = []
    fields: ClassVar[Any] = [
        "large", linked("drawing", "its page"), "read_as", "sure", "agrees", linked("model_version", "version"),
        "writer", "created_at",
    ]  # fmt: skip
    readonly_fields: ClassVar[Any] = fields

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_see_drawings(request) and request.user.has_perm("recognizer.view_trainingrun")

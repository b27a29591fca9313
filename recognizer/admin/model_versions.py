"""Versions of the reader, and the log of promotions."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.http import HttpRequest

from recognizer.admin.read_only import ReadOnly, linked
from recognizer.models import ModelVersion, Promotion


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnly):
    list_display = ["__str__", "origin", "active", "kept", "trouble", "created_at"]
    list_filter = ["origin", "active"]
    search_fields = ["=id", "sha256__startswith"]
    search_help_text = "A number, or the beginning of a checksum."
    fields: ClassVar[Any] = [
        "sha256", "origin", linked("parent"), "active", "kept", "trouble", "trouble_at", "card", "created_at",
    ]  # fmt: skip
    readonly_fields: ClassVar[Any] = fields

    def rows(self) -> QuerySet[ModelVersion]:
        kept = ExpressionWrapper(Q(artifact__isnull=False), BooleanField())
        joined = ModelVersion.objects.select_related("parent").defer(
            "parent__artifact", "parent__card", "artifact"
        )
        return joined.annotate(kept=kept)

    @admin.display(description="can read", boolean=True)
    def kept(self, version: ModelVersion) -> bool:
        return bool(getattr(version, "kept", False))


@admin.register(Promotion)
class PromotionAdmin(ReadOnly):
    """The log of promotions, for all who may look at versions."""

    list_display = ["version", "replaced", "kind", "by", "reason", "created_at"]
    list_filter = ["kind", "created_at"]
    search_fields = ["=version__id", "by__username", "reason"]
    search_help_text = "The number of a version, a user, or words of the reason."
    fields: ClassVar[Any] = [linked("version"), linked("replaced"), "kind", linked("by"), "reason", "created_at"]
    readonly_fields: ClassVar[Any] = fields

    def rows(self) -> QuerySet[Promotion]:
        joined = Promotion.objects.select_related("version", "replaced", "by")
        return joined.defer("version__artifact", "version__card", "replaced__artifact", "replaced__card")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("recognizer.view_modelversion")

"""Downloads of users' data that are being written or wait to be fetched. Nobody but the user gets the content."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet

from recognizer.admin.read_only import ReadOnly, linked
from recognizer.models import DataExport


@admin.register(DataExport)
class DataExportAdmin(ReadOnly):
    list_display = ["user", "progress", "created_at", "touched_at", "ready_at"]
    list_filter = ["created_at"]
    ordering = ["-pk"]
    search_fields = ["user__username"]
    search_help_text = "A user."
    fields: ClassVar[Any] = [linked("user"), "progress", "total", "done", "created_at", "touched_at", "ready_at"]
    readonly_fields: ClassVar[Any] = fields

    def rows(self) -> QuerySet[DataExport]:
        return DataExport.objects.select_related("user")

    @admin.display(description="written")
    def progress(self, export: DataExport) -> str:
        return f"{export.percent} %"

"""A user's data as a download: a worker writes it in parts, and it is kept for two days."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

KEPT = timedelta(hours=48)
AGAIN = timedelta(hours=1)  # a user may ask for the next export after this time
SILENCE = timedelta(seconds=30)  # without a new part for this long, a worker is told again


class DataExportQuerySet(models.QuerySet["DataExport"]):
    def expired(self) -> DataExportQuerySet:
        return self.filter(created_at__lt=timezone.now() - KEPT)

    def forgotten(self) -> DataExportQuerySet:
        """Exports that are not ready and got no part for a while."""
        return self.filter(ready_at=None, touched_at__lt=timezone.now() - SILENCE)


class DataExport(models.Model):
    """One user's data. The row waits for a worker, which writes parts in the order of the drawings."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="data_export")
    total = models.PositiveIntegerField(help_text=_("drawings there were when it was asked for"))
    done = models.PositiveIntegerField(default=0)
    last_drawing = models.UUIDField(null=True, help_text=_("the last that a part holds"))
    created_at = models.DateTimeField(default=timezone.now)
    touched_at = models.DateTimeField(default=timezone.now)
    ready_at = models.DateTimeField(null=True)

    objects = DataExportQuerySet.as_manager()

    def __str__(self) -> str:
        return f"data of user {self.user_id}"

    @property
    def percent(self) -> int:
        return min(99, 100 * self.done // max(1, self.total)) if self.ready_at is None else 100

    @property
    def is_current(self) -> bool:
        return timezone.now() < self.created_at + KEPT

    @property
    def may_be_renewed(self) -> bool:
        return timezone.now() >= self.created_at + AGAIN

    @property
    def until(self) -> object:
        return self.created_at + KEPT


class DataExportPart(models.Model):
    """Some files of an export, as a zip of its own."""

    export = models.ForeignKey(DataExport, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["export", "number"], name="one_part_a_number")]

    def __str__(self) -> str:
        return f"part {self.number} of {self.export_id}"

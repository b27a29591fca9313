"""Trained readers, as rows."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ModelVersion(models.Model):
    """One trained artifact. It lives here, not on a disk, so that every worker on every host has it."""

    class Origin(models.TextChoices):
        SHIPPED = "shipped", _("came with the program")
        TRAINED = "trained", _("trained here")

    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    artifact = models.BinaryField()
    card = models.JSONField(
        default=dict, help_text=_("What the artifact says of itself: data, figures, thresholds.")
    )
    origin = models.CharField(max_length=10, choices=Origin)
    active = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint("active", condition=Q(active=True), name="one_active_version"),
            models.CheckConstraint(condition=Q(origin__in=["shipped", "trained"]), name="version_origin_known"),
        ]

    def __str__(self) -> str:
        return f"v{self.pk} ({self.sha256[:8]})"

"""Shadow readings: what a version that waits for promotion reads in drawings that the active version answered."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from recognizer.models.drawing import Drawing, Prediction, in_words
from recognizer.models.model_version import ModelVersion


class ShadowReadingQuerySet(models.QuerySet["ShadowReading"]):
    def disagreements(self, version: ModelVersion) -> ShadowReadingQuerySet:
        """Readings of `version` that differ from the answer, with the drawing and its predictions."""
        drawings = Drawing.objects.defer("image").with_predictions()
        found = self.filter(model_version=version, agrees=False)
        return found.prefetch_related(models.Prefetch("drawing", drawings))


class ShadowReading(models.Model):
    """A reading that no user waits for. It is never shown to the writer: it tells about the version."""

    drawing = models.ForeignKey(Drawing, on_delete=models.CASCADE, related_name="shadow_readings")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="shadow_readings")
    state = models.CharField(max_length=12, choices=Prediction.State)
    text = models.TextField(blank=True)
    confidence = models.FloatField()
    agrees = models.BooleanField(help_text=_("with what the active version read"))
    created_at = models.DateTimeField(default=timezone.now)

    objects = ShadowReadingQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["drawing", "model_version"], name="one_shadow_reading_a_version"),
            models.CheckConstraint(
                condition=Q(confidence__gte=0, confidence__lte=1), name="shadow_confidence_in_range"
            ),
        ]

    def __str__(self) -> str:
        return self.text or self.get_state_display()

    @property
    def read(self) -> str:
        """The reading in one line for people."""
        return in_words(self.state, self.text)

"""Corrections (what users say their drawings are) and reviews (verdicts by staff)."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from recognizer.models.drawing_source import DrawingSource

digits_in_lines = RegexValidator(
    r"\A[0-9]+([ \n][0-9]+)*\Z", _("Write digits only; a space between numbers, a new line between lines.")
)


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def in_force(self) -> CorrectionQuerySet:
        return self.filter(replaced_at=None)

    def open(self) -> CorrectionQuerySet:
        """In force and without a verdict."""
        return self.in_force().filter(review=None)

    def confirmed_digits(self) -> CorrectionQuerySet:
        """Accepted corrections that a canvas drawing is one digit, the newest first."""
        accepted = self.in_force().filter(review__verdict=Review.Verdict.ACCEPTED)
        return accepted.filter(text__in=list("0123456789"), drawing__source=DrawingSource.CANVAS).order_by("-id")


class Correction(models.Model):
    """What the writer says the drawing is. It is kept beside the prediction; a new correction replaces it."""

    drawing = models.ForeignKey("recognizer.Drawing", on_delete=models.CASCADE, related_name="corrections")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="corrections")
    text = models.CharField(
        max_length=1000, blank=True, validators=[digits_in_lines], help_text=_("empty: it is not a number")
    )
    created_at = models.DateTimeField(default=timezone.now)
    replaced_at = models.DateTimeField(null=True, blank=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["drawing"], condition=Q(replaced_at=None), name="one_correction_in_force"
            ),
        ]

    def __str__(self) -> str:
        return self.text or "not a number"

    @property
    def verdict(self) -> str:
        """ "accepted", "refused", or "" as long as nobody has decided."""
        review = getattr(self, "review", None)
        return review.verdict if review else ""


class ReviewQuerySet(models.QuerySet["Review"]):
    def trainable(self) -> ReviewQuerySet:
        """Verdicts that training may use: on accepted corrections that are in force and whose writer allows it.

        An erased user counts if they allowed training and left their drawings to the site.
        """
        accepted = self.filter(verdict=Review.Verdict.ACCEPTED, correction__replaced_at=None)
        exists = Q(drawing__user__is_active=True) | Q(drawing__user__erased_at__isnull=False)
        return accepted.filter(exists, drawing__user__may_train=True)


class Review(models.Model):
    """A verdict of staff on one correction. Only drawings with an accepted correction train."""

    class Verdict(models.TextChoices):
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("refused")

    drawing = models.ForeignKey("recognizer.Drawing", on_delete=models.CASCADE, related_name="reviews")
    correction = models.OneToOneField(Correction, on_delete=models.CASCADE, related_name="review")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="reviews"
    )
    verdict = models.CharField(max_length=10, choices=Verdict)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(verdict__in=["accepted", "refused"]), name="review_verdict_known"),
        ]

    def __str__(self) -> str:
        return f"{self.correction}: {self.get_verdict_display()}"

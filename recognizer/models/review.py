"""Corrections (what users say their drawings are) and reviews (verdicts of staff on drawings)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

digits_in_lines = RegexValidator(
    r"\A[0-9]+([ \n][0-9]+)*\Z", _("Write digits only; a space between numbers, a new line between lines.")
)


def tidy_text(text: str) -> str:
    """With one space between numbers and one new line between lines, whatever white space there was."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def in_force(self) -> CorrectionQuerySet:
        return self.filter(replaced_at=None)

    def open(self) -> CorrectionQuerySet:
        """In force, on drawings without a verdict in force."""
        reviews = Review.objects.in_force().filter(drawing=models.OuterRef("drawing"))
        return self.in_force().filter(~models.Exists(reviews))


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


class ReviewQuerySet(models.QuerySet["Review"]):
    def in_force(self) -> ReviewQuerySet:
        return self.filter(replaced_at=None)

    def labels(self) -> ReviewQuerySet:
        """Verdicts in force that say what a drawing is: a number, or none."""
        return self.in_force().filter(verdict__in=[Review.Verdict.NUMBER, Review.Verdict.NO_NUMBER])

    def trainable(self) -> ReviewQuerySet:
        """Verdicts that training may use: labels on which reviewers do not disagree, and whose writer allows it.

        An erased user counts if they allowed training and left their drawings to the site.
        """
        exists = Q(drawing__user__is_active=True) | Q(drawing__user__erased_at__isnull=False)
        allowed = self.labels().filter(exists, drawing__user__may_train=True)
        return allowed.exclude(drawing__review_item__state="third")

    def that_count(self) -> ReviewQuerySet:
        """Without those that were undone."""
        return self.filter(undone_at=None)

    def by(self, reviewer: AbstractBaseUser) -> ReviewQuerySet:
        """Those of one reviewer, the newest first."""
        return self.filter(reviewer_id=reviewer.pk).order_by("-id")


class Review(models.Model):
    """A verdict of a reviewer on a drawing: what it really is. A later verdict replaces it; both are kept.

    It answers the correction and the prediction that the reviewer saw. Only drawings with a verdict train.
    """

    class Verdict(models.TextChoices):
        NUMBER = "number", _("a number")
        NO_NUMBER = "no_number", _("no number")
        UNREADABLE = "unreadable", _("unreadable")
        # Of releases in which a reviewer could only accept or refuse a correction; it can't be given any more.
        REFUSED = "refused", _("not what its writer says")

    drawing = models.ForeignKey("recognizer.Drawing", on_delete=models.CASCADE, related_name="reviews")
    verdict = models.CharField(max_length=10, choices=Verdict)
    text = models.CharField(max_length=1000, blank=True, validators=[digits_in_lines])
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="reviews"
    )
    correction = models.ForeignKey(Correction, on_delete=models.SET_NULL, null=True, related_name="reviews")
    prediction = models.ForeignKey(
        "recognizer.Prediction", on_delete=models.SET_NULL, null=True, related_name="reviews"
    )
    shown_for = models.CharField(
        max_length=10, blank=True, help_text=_("reason of the queue, or random, wall, search")
    )
    look = models.PositiveSmallIntegerField(default=1, help_text=_("2: a second opinion; 3: after a disagreement"))
    before = models.CharField(max_length=10, blank=True, help_text=_("state of the review item before"))
    step = models.UUIDField(default=uuid.uuid4, db_index=True, help_text=_("what one undo takes back"))
    bulk = models.BooleanField(default=False, help_text=_("together with others"))
    replaces = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="replaced_by")
    created_at = models.DateTimeField(default=timezone.now)
    replaced_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [("audit_review", "Can see how reviewers agree")]
        indexes = [
            models.Index("reviewer", models.F("id").desc(), name="review_of_reviewer"),
            models.Index("text", "verdict", "drawing", condition=Q(replaced_at=None), name="review_text_in_force"),
            # In the order of the predictions, with all that is counted of verdicts: none of their rows is read.
            models.Index(
                "prediction",
                "verdict",
                "text",
                "reviewer",
                "look",
                "replaced_at",
                "undone_at",
                condition=Q(undone_at=None),
                name="review_of_reading",
            ),
            models.Index("reviewer", condition=Q(look=2), name="review_second_look"),
            models.Index("reviewer", models.F("created_at").desc(), name="review_of_reviewer_lately"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["drawing"], condition=Q(replaced_at=None), name="one_review_in_force"),
            models.UniqueConstraint(fields=["step", "drawing"], name="one_review_a_step"),
            models.CheckConstraint(
                condition=Q(verdict="number") & ~Q(text="")
                | Q(verdict__in=["no_number", "unreadable", "refused"], text=""),
                name="review_verdict_known_and_number_has_text",
            ),
            models.CheckConstraint(condition=Q(look__range=(1, 3)), name="review_look_1_to_3"),
            models.CheckConstraint(
                condition=Q(undone_at=None) | Q(replaced_at__isnull=False), name="review_undone_not_in_force"
            ),
        ]

    def __str__(self) -> str:
        return self.text or str(self.get_verdict_display())

    @property
    def is_label(self) -> bool:
        """Whether it says what the drawing is."""
        return self.verdict in {self.Verdict.NUMBER, self.Verdict.NO_NUMBER}

    def agrees_with(self, text: str) -> bool:
        """Whether it says that the drawing is `text` ("": no number)."""
        return self.is_label and self.text == text


def seen_token(review: Review | None, correction: Correction | None) -> str:
    """What a reviewer has seen of a drawing: it changes with each verdict and each correction."""
    return f"{review.pk if review else 0}-{correction.pk if correction else 0}"

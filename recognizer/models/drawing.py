"""Drawings, and the predictions that model versions made of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from recognizer.models.drawing_source import DrawingSource
from recognizer.models.outline import Outline
from recognizer.models.read_number import ReadNumber, read_numbers
from recognizer.models.review import Correction, Review, seen_token

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class JSONArrayLength(models.Func):
    """The number of items of a JSON array."""

    function = "JSON_ARRAY_LENGTH"
    output_field = models.IntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="JSONB_ARRAY_LENGTH", **context)


def _shown_to_staff() -> Q:
    own = Correction.objects.in_force().filter(drawing=OuterRef("pk"), user=OuterRef("user"))
    return Q(user__may_train=True) | Q(Exists(own))


class DrawingQuerySet(models.QuerySet["Drawing"]):
    def for_user(self, user: AbstractBaseUser | AnonymousUser) -> DrawingQuerySet:
        """The drawings of the user. Drawings of others do not exist for them."""
        return self.filter(user_id=user.pk) if user.pk else self.none()

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> DrawingQuerySet:
        """The drawings that the user may look at: their own, and for staff those that staff may see."""
        if not isinstance(user, PermissionsMixin):
            return self.none()
        is_staff = user.has_perm("recognizer.view_drawing") or user.has_perm("recognizer.add_review")
        return self.filter(Q(user_id=user.pk) | _shown_to_staff()) if is_staff else self.for_user(user)

    def shown_to_staff(self) -> DrawingQuerySet:
        """Drawings whose writer lets them train, or has corrected them. Staff see no others."""
        return self.filter(_shown_to_staff())

    def waiting(self) -> DrawingQuerySet:
        """Drawings that a worker may claim now: never claimed, or their lease has expired."""
        free = Q(leased_until=None) | Q(leased_until__lt=timezone.now())
        return self.filter(free, state=Drawing.State.WAITING)

    def with_predictions(self) -> DrawingQuerySet:
        """With predictions and digits, in a fixed number of queries."""
        predictions = Prediction.objects.select_related("model_version").defer(
            "model_version__artifact", "model_version__card"
        )
        return self.prefetch_related(Prefetch("predictions", predictions.prefetch_related("digits")))

    def with_verdicts(self) -> DrawingQuerySet:
        """With the correction and the review in force, and the review before that, in two queries."""
        reviews = Review.objects.in_force().select_related("reviewer", "replaces")
        return self.prefetch_related(
            Prefetch("corrections", Correction.objects.in_force(), to_attr="corrections_in_force"),
            Prefetch("reviews", reviews, to_attr="reviews_in_force"),
        )

    def pictures(self, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Drawing]:
        """The drawings with these ids that still exist, with all that a small picture of them needs; one query."""
        return self.defer("image", "thumbnail").in_bulk(list(ids))


class Drawing(models.Model):
    """Ink as it came: the strokes of a canvas, or the picture of an upload. The ink never changes."""

    Source = DrawingSource

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        READ = "read", _("read")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drawings")
    source = models.CharField(max_length=10, choices=Source)
    strokes = models.JSONField(null=True, blank=True, help_text=_("[[[x, y, t?], ...], ...], y down"))
    image = models.BinaryField(
        null=True, blank=True, help_text=_("a PNG or JPEG, in colour, upright, without metadata")
    )
    thumbnail = models.BinaryField(
        null=True, blank=True, help_text=_("the same, small; none of uploads before there were any")
    )
    width = models.PositiveIntegerField(null=True, blank=True, help_text=_("of the picture, in pixels"))
    height = models.PositiveIntegerField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    failure = models.CharField(max_length=200, blank=True, help_text=_("why it could not be read, in plain words"))
    work = models.PositiveSmallIntegerField(
        default=1, help_text=_("what it takes to read it, in strokes of a canvas drawing")
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = DrawingQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="drawing_history"),
            models.Index(fields=["-created_at", "-id"], name="drawing_newest"),
            models.Index("created_at", condition=Q(state="waiting"), name="drawing_waiting"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(source="canvas", strokes__isnull=False, image__isnull=True)
                | Q(source="upload", strokes__isnull=True, image__isnull=False, width__gt=0, height__gt=0),
                name="drawing_has_ink_of_its_source",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "read"], failure="") | Q(state="failed") & ~Q(failure=""),
                name="drawing_state_known_and_failure_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"drawing {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("recognizer:drawing", args=[self.pk])

    @cached_property
    def outline(self) -> Outline | None:
        """The strokes as an SVG path, or None for an upload."""
        return Outline.of(self.strokes) if self.strokes else None

    @property
    def frames(self) -> list[tuple[float, float, float, float, bool]]:
        """Boxes (x, y, width, height) around the digits of the newest prediction, widened by the pen.

        With each, whether its digit is part of a doubtful number among several.
        """
        pad = self.outline.pen / 2 if self.outline else 0.0
        digits = self.latest.digits.all() if self.latest else []
        numbers = (self.latest and self.latest.numbers) or []
        in_doubt = {digit for number in numbers if number.is_doubtful for digit in number.digits}
        return [
            (d.x - pad, d.y - pad, d.width + 2 * pad, d.height + 2 * pad, len(numbers) > 1 and i in in_doubt)
            for i, d in enumerate(digits)
        ]

    @property
    def size(self) -> tuple[int, int] | None:
        """(width, height) of the picture in pixels, the units of its digits' boxes; None for strokes."""
        return (self.width, self.height) if self.width and self.height else None

    @cached_property
    def latest(self) -> Prediction | None:
        """The newest prediction; without a query after `with_predictions`."""
        return max(self.predictions.all(), key=lambda prediction: prediction.pk, default=None)

    @cached_property
    def correction(self) -> Correction | None:
        """The correction in force, if there is one; without a query after `with_verdicts`."""
        fetched = getattr(self, "corrections_in_force", None)
        return next(iter(self.corrections.in_force() if fetched is None else fetched), None)

    @cached_property
    def review(self) -> Review | None:
        """The verdict in force, if there is one; without a query after `with_verdicts`."""
        fetched = getattr(self, "reviews_in_force", None)
        return next(iter(self.reviews.in_force() if fetched is None else fetched), None)

    @property
    def seen(self) -> str:
        """What a reviewer sees of it now, as `recognizer.services.reviews` takes it."""
        return seen_token(self.review, self.correction)

    @property
    def verdict_on_correction(self) -> str:
        """What a reviewer says to the correction: "accepted", "refused" or "unreadable"; "" if nobody has yet."""
        correction, review = self.correction, self.review
        if correction is None or review is None:
            return ""
        if review.verdict == Review.Verdict.UNREADABLE:
            return "unreadable"
        return "accepted" if review.agrees_with(correction.text) else "refused"


def _percent(confidence: float) -> int:
    """Rounded, but at most 99: no reading of handwriting is certain."""
    return min(99, round(100 * confidence))


def in_one_line(text: str) -> str:
    """The lines of a text with slashes between them."""
    return " / ".join(text.splitlines())


def in_words(state: str, text: str) -> str:
    """A reading in one line for people."""
    lines = in_one_line(text)
    if state == Prediction.State.UNSURE:
        return f"{lines}, unsure" if lines else "unsure"
    return lines or {"not_a_digit": "no number", "empty": "nothing"}.get(state, "")


class Prediction(models.Model):
    """What one model version read in one drawing. It never changes."""

    class State(models.TextChoices):
        RECOGNISED = "recognised", _("recognised")
        UNSURE = "unsure", _("unsure")
        NOT_A_DIGIT = "not_a_digit", _("not a digit")
        EMPTY = "empty", _("empty")

    drawing = models.ForeignKey(Drawing, on_delete=models.CASCADE, related_name="predictions")
    model_version = models.ForeignKey(
        "recognizer.ModelVersion", on_delete=models.PROTECT, related_name="predictions"
    )
    state = models.CharField(max_length=12, choices=State)
    text = models.TextField(blank=True)
    alternative = models.TextField(blank=True, help_text=_("the second-best reading"))
    confidence = models.FloatField()
    numbers_kept = models.JSONField(
        null=True, editable=False, help_text=_("what its digits do not say of its numbers; null in older readings")
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["drawing", "model_version"], name="one_prediction_a_version"),
            models.CheckConstraint(
                condition=Q(confidence__gte=0, confidence__lte=1), name="prediction_confidence_in_range"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["recognised", "unsure", "not_a_digit", "empty"]),
                name="prediction_state_known",
            ),
        ]

    def __str__(self) -> str:
        return self.text or self.get_state_display()

    @property
    def read(self) -> str:
        """The reading in one line for people."""
        return in_words(self.state, self.text)

    @property
    def percent(self) -> int:
        return _percent(self.confidence)

    @cached_property
    def numbers(self) -> list[ReadNumber] | None:
        """Its numbers in the order of the text; None of an older reading. No query after `with_predictions`."""
        if self.numbers_kept is None:
            return None
        return read_numbers(self.numbers_kept, list(self.digits.all())) if self.numbers_kept else []

    @property
    def least_confidence(self) -> float:
        """Of its least sure number; of an older reading, or one without numbers, that of the whole."""
        return min((number["confidence"] for number in self.numbers_kept or []), default=self.confidence)


class Digit(models.Model):
    """One glyph of a prediction, in reading order."""

    prediction = models.ForeignKey(Prediction, on_delete=models.CASCADE, related_name="digits")
    position = models.PositiveSmallIntegerField()
    line = models.PositiveSmallIntegerField(default=0)
    label = models.PositiveSmallIntegerField(null=True, blank=True, help_text=_("0 to 9; empty: not a digit"))
    confidence = models.FloatField()
    probabilities = models.JSONField(help_text=_("of 0 to 9, in this order"))
    x = models.FloatField(help_text=_("left edge, in the units of the drawing"))
    y = models.FloatField()
    width = models.FloatField()
    height = models.FloatField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["prediction", "position"], name="one_digit_a_position"),
            models.CheckConstraint(
                condition=Q(label__isnull=True) | Q(label__range=(0, 9)), name="digit_label_0_to_9_or_none"
            ),
            models.CheckConstraint(
                condition=Q(confidence__gte=0, confidence__lte=1), name="digit_confidence_in_range"
            ),
            models.CheckConstraint(
                condition=models.lookups.Exact(JSONArrayLength("probabilities"), 10),
                name="digit_probabilities_of_all_ten",
            ),
        ]

    def __str__(self) -> str:
        return "?" if self.label is None else str(self.label)

    @property
    def percent(self) -> int:
        return _percent(self.confidence)

    @property
    def bars(self) -> list[tuple[int, float]]:
        """(digit, percent) of all ten digits."""
        return [(digit, 100 * value) for digit, value in enumerate(self.probabilities)]

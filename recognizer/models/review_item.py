"""Review items: what the review queue knows of each drawing that staff may see."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Exists, F, OuterRef, Prefetch, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from recognizer.models.review import Review

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

READ_AS = 100  # characters of a reading that the wall looks for


def draw_lot() -> float:
    """A random number, 0 to 1."""
    return random.random()  # noqa: S311  (no secret)


class IsOpen(models.Func):
    """Whether a state is one of `ReviewItem.OPEN`, written as in the index `review_item_next`.

    SQLite takes a partial index only where the query repeats its condition word for word. Parameters hide it.
    """

    template = "%(expressions)s IN ('waiting', 'second', 'third')"
    output_field = models.BooleanField()


class ReviewItemQuerySet(models.QuerySet["ReviewItem"]):
    def shown(self) -> ReviewItemQuerySet:
        """Those that staff may see now: their writer lets drawings train, or has corrected this one.

        The writers are a subquery: a join lets SQLite begin with all writers, and sort all their items.
        """
        writer = get_user_model().objects.filter(pk=OuterRef("writer"), may_train=True)
        return self.filter(Q(reason=ReviewItem.Reason.CORRECTED) | Exists(writer))

    def open(self) -> ReviewItemQuerySet:
        """Those that wait for a verdict."""
        return self.filter(IsOpen("state"))

    def wanted(self) -> ReviewItemQuerySet:
        """Those that wait for their first verdict for a reason, which the header and the progress page count."""
        return self.filter(state=ReviewItem.State.WAITING).exclude(reason=ReviewItem.Reason.NONE)

    def open_to(self, reviewer: AbstractBaseUser) -> ReviewItemQuerySet:
        """Those that may be handed to this reviewer: wanted of them, and not leased to another."""
        free = Q(leased_until=None) | Q(leased_until__lt=timezone.now()) | Q(leased_to=reviewer.pk)
        return self.open().wanted_of(reviewer).filter(free)

    def wanted_of(self, reviewer: AbstractBaseUser) -> ReviewItemQuerySet:
        """Those that are shown, and that this reviewer has not skipped.

        Whoever gave a verdict gives no second opinion on it, and does not settle a disagreement.
        """
        given = Review.objects.that_count().filter(drawing=OuterRef("pk"), reviewer=reviewer.pk)
        again = Q(state=ReviewItem.State.WAITING) | ~Exists(given)
        skipped = SkippedItem.objects.filter(item=OuterRef("pk"), reviewer=reviewer.pk)
        return self.shown().filter(again, ~Exists(skipped))

    def held_by(self, reviewer: AbstractBaseUser) -> ReviewItemQuerySet:
        """Those that are leased to this reviewer."""
        return self.filter(leased_to=reviewer.pk, leased_until__gte=timezone.now())

    def with_drawings(self) -> ReviewItemQuerySet:
        """With all that the desk shows, in a fixed number of queries."""
        from recognizer.models.drawing import Drawing  # which imports the models of reviews

        drawings = Drawing.objects.defer("image", "thumbnail").with_predictions().with_verdicts()
        return self.prefetch_related(Prefetch("drawing", drawings)).annotate(
            alike=models.functions.Coalesce(
                models.Subquery(
                    ReviewItem.objects.filter(like=OuterRef("pk"), state=ReviewItem.State.FOLDED)
                    .order_by()
                    .values("like")
                    .annotate(n=models.Count("pk"))
                    .values("n")
                ),
                0,
            )
        )


class ReviewItem(models.Model):
    """A drawing as the review queue knows it. Drawings without an item are never shown to reviewers.

    `read_as` and `confidence` repeat the newest prediction, so that the wall has an index over both.
    """

    class Reason(models.TextChoices):
        CORRECTED = "corrected", _("corrected by its writer")
        DOUBTFUL = "doubtful", _("its label is doubtful")
        CANDIDATE = "candidate", _("another version reads it otherwise")
        UNSURE = "unsure", _("the reader is unsure")
        UNUSUAL = "unusual", _("unlike anything known")
        NONE = "", _("nothing in particular")

    class State(models.TextChoices):
        WAITING = "waiting", _("waits for a verdict")
        SECOND = "second", _("waits for a second opinion")
        THIRD = "third", _("reviewers disagree")
        DECIDED = "decided", _("decided")
        FOLDED = "folded", _("nearly the same as another")
        CAPPED = "capped", _("one of too many of its writer that day")

    OPEN = (State.WAITING, State.SECOND, State.THIRD)

    drawing = models.OneToOneField(
        "recognizer.Drawing", on_delete=models.CASCADE, primary_key=True, related_name="review_item"
    )
    prediction = models.ForeignKey(
        "recognizer.Prediction", on_delete=models.SET_NULL, null=True, related_name="review_items"
    )
    writer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="review_items")
    day = models.DateField(help_text=_("on which it was drawn"))
    read_as = models.CharField(max_length=READ_AS, blank=True)
    confidence = models.FloatField(default=0.0)
    reason = models.CharField(max_length=10, choices=Reason, blank=True, default=Reason.NONE)
    worth = models.FloatField(default=0.0, help_text=_("about the probability that it is misread"))
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    like = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="folded")
    lot = models.FloatField(default=draw_lot, help_text=_("by which the random sample is drawn"))
    sampled_at = models.DateTimeField(null=True, blank=True, help_text=_("when it was drawn"))
    leased_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="held_items",
        db_index=False,  # nearly all have none: see `review_item_leased`
    )
    leased_until = models.DateTimeField(null=True, blank=True)
    unusual = models.FloatField(null=True, blank=True, help_text=_("how far from all that is known"))
    doubtful = models.BooleanField(default=False, help_text=_("known digits contradict its label"))
    disputed = models.BooleanField(default=False, help_text=_("a waiting version reads it otherwise"))
    glyphs = models.BinaryField(null=True, blank=True, help_text=_("a PNG: what the network saw, side by side"))
    scored_at = models.DateTimeField(null=True, blank=True, help_text=_("none: a worker has yet to look at it"))
    touched_at = models.DateTimeField(default=timezone.now, help_text=_("when it came into the queue"))

    objects = ReviewItemQuerySet.as_manager()

    class Meta:
        ordering = ["-worth", "pk"]
        indexes = [
            models.Index(
                F("worth").desc(),
                "drawing",
                condition=Q(state__in=["waiting", "second", "third"]),
                name="review_item_next",
            ),
            # With all that it takes to count what waits, and of whom; SQLite wants the state in it, too.
            models.Index(
                "state",
                "reason",
                "writer",
                condition=Q(state="waiting") & ~Q(reason=""),
                name="review_item_wanted",
            ),
            models.Index("leased_to", condition=Q(leased_to__isnull=False), name="review_item_leased"),
            models.Index(
                "state",
                "writer",
                "reason",
                condition=Q(state="second") | Q(state="third"),
                name="review_item_again",
            ),
            models.Index("read_as", "confidence", "drawing", name="review_item_wall"),
            models.Index("read_as", "day", "drawing", name="review_item_wall_newest"),
            models.Index("reason", "confidence", "drawing", name="review_item_wall_reason"),
            models.Index("confidence", "drawing", name="review_item_least_sure"),
            models.Index("day", "drawing", name="review_item_day"),
            models.Index("lot", condition=Q(sampled_at=None), name="review_item_lot"),
            models.Index(
                "sampled_at", "drawing", condition=Q(sampled_at__isnull=False), name="review_item_sampled"
            ),
            models.Index(
                "sampled_at",
                "drawing",
                condition=Q(sampled_at__isnull=False, state="waiting"),
                name="review_item_drawn",
            ),
            models.Index("worth", condition=Q(scored_at=None), name="review_item_unscored"),
            models.Index("writer", "day", "state", F("worth").desc(), "drawing", name="review_item_of_a_day"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "second", "third", "decided", "folded", "capped"]),
                name="review_item_state_known",
            ),
            models.CheckConstraint(
                condition=Q(confidence__gte=0, confidence__lte=1, worth__gte=0, lot__gte=0, lot__lte=1),
                name="review_item_numbers_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"review of {self.drawing_id}"

    @property
    def look(self) -> int:
        """Which verdict it waits for: 2 a second opinion, 3 one after a disagreement, else 1."""
        return {self.State.SECOND: 2, self.State.THIRD: 3}.get(self.State(self.state), 1)

    @property
    def shown_for(self) -> str:
        """The reason in force, "random" for one that only the lottery has drawn."""
        return self.reason or ("random" if self.sampled_at else "")


def lease_end() -> Any:
    """When a lease that is given now ends."""
    return timezone.now() + timedelta(seconds=settings.REVIEW_LEASE)


class SkippedItem(models.Model):
    """A reviewer wants to see others first."""

    item = models.ForeignKey(ReviewItem, on_delete=models.CASCADE, related_name="skips")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="skipped_items")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "reviewer"], name="one_skip_a_reviewer")]

    def __str__(self) -> str:
        return f"{self.item} skipped by {self.reviewer}"

"""Every write of corrections and reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from recognizer.models import Correction, Drawing, Review

if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def correct_drawing(*, drawing: Drawing, user: User, text: str) -> Correction:
    """Record that `user` says the drawing is `text` ("": not a number). It replaces the one before, which is kept.

    Raises ValidationError if `text` is no number, or the drawing is gone.
    """
    correction = Correction(drawing=drawing, user=user, text=text)
    correction.clean_fields()
    _lock(drawing.pk)
    drawing.corrections.in_force().update(replaced_at=timezone.now())
    correction.save()
    return correction


@transaction.atomic
def review_correction(*, correction: Correction, reviewer: User, verdict: Review.Verdict) -> Review:
    """Decide on a correction. Raises ValidationError if it was replaced or decided on meanwhile."""
    _lock(correction.drawing_id)
    if not Correction.objects.open().filter(pk=correction.pk).exists():
        raise ValidationError(f"drawing {correction.drawing_id}: somebody has decided on this already.")
    return Review.objects.create(
        drawing_id=correction.drawing_id, correction=correction, reviewer=reviewer, verdict=verdict
    )


def _lock(drawing_id: UUID) -> None:
    """Make corrections and verdicts on one drawing wait for each other. Raises ValidationError if it is gone."""
    if not Drawing.objects.select_for_update().filter(pk=drawing_id).values("pk"):
        raise ValidationError("The drawing has been deleted.")

"""Claims and verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from recognizer.models import Correction, Drawing, Review

if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def correct_drawing(*, drawing: Drawing, user: User, text: str) -> Correction:
    """Record that `user` says the drawing is `text` ("": not a number); an earlier claim steps back, and stays.

    Raises ValidationError where `text` is no number.
    """
    claim = Correction(drawing=drawing, user=user, text=text)
    claim.clean_fields()
    Drawing.objects.select_for_update().get(pk=drawing.pk)  # two claims at once: one after the other
    drawing.corrections.in_force().update(replaced_at=timezone.now())
    claim.save()
    return claim


def review_correction(*, correction: Correction, reviewer: User, verdict: Review.Verdict) -> Review:
    """Decide on a claim, once. Raises ValidationError if it was replaced or decided on meanwhile."""
    if not Correction.objects.open().filter(pk=correction.pk).exists():
        raise ValidationError(f"{correction.drawing}: somebody has decided on this already.")
    try:
        with transaction.atomic():
            return Review.objects.create(
                drawing_id=correction.drawing_id, correction=correction, reviewer=reviewer, verdict=verdict
            )
    except IntegrityError as error:
        raise ValidationError(f"{correction.drawing}: somebody has decided on this already.") from error

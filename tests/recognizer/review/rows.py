"""Drawings with verdicts, as rows and nothing more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts.models import User
from recognizer.models import Drawing, ModelVersion, Prediction, Review, ReviewItem
from tests.conftest import ONE


def read_item(writer: User, version: ModelVersion, read: str, **fields: Any) -> ReviewItem:
    """A drawing that was read as `read`, in the review queue."""
    drawing = Drawing.objects.create(user=writer, source="canvas", strokes=ONE, state="read")
    state = "recognised" if read else "not_a_digit"
    prediction = Prediction.objects.create(
        drawing=drawing, model_version=version, state=state, text=read, confidence=0.5
    )
    made = {"reason": "unsure", "read_as": read, "day": drawing.created_at.date(), **fields}
    return ReviewItem.objects.create(drawing=drawing, prediction=prediction, writer=writer, **made)


def verdict(item: ReviewItem, reviewer: User, text: str | None, **fields: Any) -> Review:
    """That the drawing is `text`; "": no number; None: unreadable."""
    kind = "unreadable" if text is None else "number" if text else "no_number"
    made = {"shown_for": "unsure", "prediction": item.prediction, "reviewer": reviewer, **fields}
    ReviewItem.objects.filter(pk=item.pk, state="waiting").update(state="decided")
    return Review.objects.create(drawing_id=item.pk, verdict=kind, text=text or "", **made)


def decided(
    writer: User,
    version: ModelVersion,
    reviewer: User,
    read: str,
    text: str | None,
    *,
    sampled_at: datetime | None = None,
    **fields: Any,
) -> Review:
    """A drawing that was read as `read`, and what a reviewer says that it is."""
    return verdict(read_item(writer, version, read, sampled_at=sampled_at), reviewer, text, **fields)


def second_opinion(first: Review, reviewer: User, text: str | None, **fields: Any) -> Review:
    """Another reviewer looks without seeing the first verdict."""
    Review.objects.filter(pk=first.pk).update(replaced_at=first.created_at)
    item = ReviewItem.objects.get(pk=first.drawing_id)
    return verdict(item, reviewer, text, look=2, replaces=first, **fields)

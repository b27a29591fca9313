"""Drawings in the review queue, without a reader and a worker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import User
from ml.decoding.reading import Reading
from recognizer.models import Drawing, ModelVersion, ReviewItem
from recognizer.services import predictions, review_queue
from tests.conftest import ONE, reading_of


def reviewer_named(name: str) -> User:
    """Somebody who may review and nothing more."""
    user = User.objects.create_user(name)
    user.groups.add(Group.objects.get(name="reviewers"))
    return user


def willing(user: User, *, willing: bool = True) -> User:
    """The user lets drawings train, or does not any more."""
    User.objects.filter(pk=user.pk).update(may_train=willing)
    user.refresh_from_db()
    return user


def queued(user: User, version: ModelVersion, *confidences: float, text: str = "7") -> list[Drawing]:
    """Drawings that were read as `text`, this surely, and are in the queue."""
    return queued_as(user, version, *(reading_of(text, confidence=confidence) for confidence in confidences))


def queued_as(user: User, version: ModelVersion, *readings: Reading) -> list[Drawing]:
    """Drawings that were read so and are in the queue."""
    drawings = [predictions.submit_strokes(user=user, strokes=ONE) for _ in readings]
    stored = [(drawing.pk, reading) for drawing, reading in zip(drawings, readings, strict=True)]
    predictions.store(readings=stored, version_id=version.pk)
    fetched = Drawing.objects.with_predictions().with_verdicts().in_bulk([drawing.pk for drawing in drawings])
    review_queue.put_many(drawings=[fetched[drawing.pk] for drawing in drawings])
    return [fetched[drawing.pk] for drawing in drawings]


def item_of(drawing: Drawing) -> ReviewItem:
    return ReviewItem.objects.get(pk=drawing.pk)


def set_items(*drawings: Drawing, **fields: Any) -> None:
    ReviewItem.objects.filter(pk__in=[drawing.pk for drawing in drawings]).update(**fields)


def seen(drawing: Drawing) -> str:
    """The token of the drawing as it is now."""
    return Drawing.objects.get(pk=drawing.pk).seen


def expire_leases() -> None:
    ReviewItem.objects.exclude(leased_until=None).update(leased_until=timezone.now() - timedelta(seconds=1))


def ids(rows: Sequence[Drawing | ReviewItem]) -> list[Any]:
    return [row.pk for row in rows]

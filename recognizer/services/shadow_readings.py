"""Shadow readings: a version that waits for promotion reads users' drawings too, after they were answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from recognizer.models import Drawing, ModelVersion, ShadowReading
from recognizer.services import review_queue

if TYPE_CHECKING:
    from ml.decoding.reading import Reading


def waiting_version() -> ModelVersion | None:
    """The newest version that passed the gates and waits to be promoted, without its artifact."""
    return ModelVersion.objects.light().kept().filter(run__state="candidate", active=False).first()


def unread(*, version: ModelVersion, limit: int) -> list[Drawing]:
    """Drawings that were read since the version was stored, and that it has not read yet; the newest first."""
    since = Drawing.objects.filter(state=Drawing.State.READ, created_at__gte=version.created_at)
    fresh = since.exclude(shadow_readings__model_version=version).with_predictions()
    return list(fresh.order_by("-created_at")[:limit])


def store_shadow(*, version: ModelVersion, readings: Sequence[tuple[Drawing, Reading]]) -> int:
    """Store what the version read, and whether the version that answered agrees; returns how many were stored.

    Reviewers look at drawings that both read otherwise.
    """
    rows = [
        ShadowReading(
            drawing=drawing,
            model_version=version,
            state=reading.state,
            text=reading.text,
            confidence=reading.confidence,
            agrees=drawing.latest is not None and drawing.latest.text == reading.text,
        )
        for drawing, reading in readings
    ]
    # Another worker may read the same drawing at the same time, or its owner may delete it.
    existing = {*Drawing.objects.filter(pk__in=[row.drawing_id for row in rows]).values_list("pk", flat=True)}
    stored = ShadowReading.objects.bulk_create(
        [row for row in rows if row.drawing_id in existing], ignore_conflicts=True
    )
    review_queue.dispute(drawing_ids=[row.drawing_id for row in stored if not row.agrees])
    return len(stored)

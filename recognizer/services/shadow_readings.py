"""A version that waits for promotion reads live drawings too, after their writers have been answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from recognizer.models import Drawing, ModelVersion, ShadowReading

if TYPE_CHECKING:
    from ml.decoding.reading import Reading


def waiting_version() -> ModelVersion | None:
    """The newest version that passed and waits for somebody to promote it, without its artifact."""
    return ModelVersion.objects.light().kept().filter(run__state="candidate", active=False).first()


def unread(*, version: ModelVersion, limit: int) -> list[Drawing]:
    """Drawings that were read since the version came, and not by it yet; the newest first."""
    since = Drawing.objects.filter(state=Drawing.State.READ, created_at__gte=version.created_at)
    fresh = since.exclude(shadow_readings__model_version=version).with_predictions()
    return list(fresh.order_by("-created_at")[:limit])


def store_shadow(*, version: ModelVersion, readings: Sequence[tuple[Drawing, Reading]]) -> int:
    """Keep what the version read, and whether the version that answered agrees; returns how many are new."""
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
    # Who reads the same drawing at the same time, or deletes it, does no harm.
    alive = {*Drawing.objects.filter(pk__in=[row.drawing_id for row in rows]).values_list("pk", flat=True)}
    return len(
        ShadowReading.objects.bulk_create([r for r in rows if r.drawing_id in alive], ignore_conflicts=True)
    )

"""Every write of the way from ink to prediction.

A drawing is stored as waiting before anybody is told. A reader claims what waits for a limited time (a lease),
reads it, and stores all it read in one transaction. Whoever dies on the way leaves a row that is still waiting.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from ml.ink.strokes import reading_work
from recognizer.models import Digit, Drawing, Prediction

if TYPE_CHECKING:
    from accounts.models import User
    from ml.decoding.reading import Reading

BATCH = 64  # drawings a claim takes; one network call reads their glyphs, one transaction stores them
PIXELS_A_STROKE = 12_000  # of a picture: the largest that is kept takes as long to read as 160 strokes
WORTH = 0.02  # seconds in the queue that a stroke is worth; 20 times as long as reading it takes
CLAIMERS = 8  # claims that may be under way at once, each of its own drawings
IN_COMPANY = 3  # claims a drawing gets in company; then it is read alone, lest it takes others down with it


class UserGone(Exception):
    """The account was deleted while a drawing of it was on its way; nothing of it is kept."""


def submit_strokes(*, user: User, strokes: list[Any]) -> Drawing:
    """Store a canvas drawing as waiting. `strokes` has passed `ml.ink.strokes.parse_strokes`."""
    return _of_somebody(user=user, source=Drawing.Source.CANVAS, strokes=strokes, work=reading_work(strokes))


def submit_picture(*, user: User, image: bytes, thumbnail: bytes, size: tuple[int, int]) -> Drawing:
    """Store an upload as waiting. It comes from `ml.ink.images.keep_image`; `size` is (width, height) in pixels."""
    width, height = size
    return _of_somebody(
        user=user,
        source=Drawing.Source.UPLOAD,
        image=image,
        thumbnail=thumbnail,
        width=width,
        height=height,
        work=max(1, width * height // PIXELS_A_STROKE),
    )


@transaction.atomic
def _of_somebody(*, user: User, **fields: Any) -> Drawing:
    """Store a drawing, unless its user is gone. Raises UserGone.

    The insert waits for a deletion under way, by its foreign key; what it has left is looked at afterwards.
    """
    drawing = Drawing.objects.create(user=user, **fields)
    if get_user_model().objects.filter(pk=user.pk, erased_at__isnull=False).exists():
        raise UserGone  # and the insert is undone
    return drawing


def claim(*, limit: int = BATCH) -> list[Drawing]:
    """Take up to `limit` waiting drawings for READ_LEASE seconds.

    Each stroke of a user's drawings that wait puts those behind it WORTH later in the queue: a digit goes before
    the pages that somebody else has piled up, and a page before all that came some seconds after it.
    """
    return _claim(limit, least=0, most=IN_COMPANY)


def claim_suspect() -> list[Drawing]:
    """Take one drawing that was claimed IN_COMPANY times and never came back, to be read alone."""
    if not Drawing.objects.waiting().filter(attempts__gte=IN_COMPANY).exists():  # a look is cheaper than a write
        return []
    give_up()
    return _claim(1, least=IN_COMPANY, most=settings.READ_ATTEMPTS)


def _claim(limit: int, *, least: int, most: int) -> list[Drawing]:
    now = timezone.now()
    table = Drawing._meta.db_table
    # SQLite has one writer at a time; PostgreSQL must be told not to wait for the rows of another claim. It may
    # also run a subquery anew for each row, which then gets round its limit: hence a table of its own, made once.
    on_postgres = connection.vendor == "postgresql"
    skip = f"FOR UPDATE OF {table} SKIP LOCKED" if on_postgres else ""
    seconds = "EXTRACT(EPOCH FROM created_at)" if on_postgres else "86400 * JULIANDAY(created_at)"
    # Asked twice: where two claim at once, a row may have been taken between its turn and its lock.
    free = "state = 'waiting' AND attempts >= %s AND attempts < %s AND (leased_until IS NULL OR leased_until < %s)"
    is_free = [least, most, now]
    claimed = Drawing.objects.raw(
        f"""
        WITH turns AS MATERIALIZED (
            SELECT id, {seconds} + %s * SUM(work) OVER (PARTITION BY user_id ORDER BY created_at, id) AS turn
            FROM {table} WHERE {free} ORDER BY turn LIMIT %s
        ),
        due AS MATERIALIZED (
            SELECT {table}.id FROM {table} JOIN turns ON turns.id = {table}.id
            WHERE {free} ORDER BY turns.turn LIMIT %s {skip}
        )
        UPDATE {table} SET attempts = attempts + 1, leased_until = %s WHERE id IN (SELECT id FROM due)
        RETURNING *
        """,  # noqa: S608  (nothing of it comes from outside)
        [WORTH, *is_free, CLAIMERS * limit, *is_free, limit, now + timedelta(seconds=settings.READ_LEASE)],
    )
    return _in_turns(claimed)


def _in_turns(claimed: Iterable[Drawing]) -> list[Drawing]:
    """In the order in which the claim has chosen them, which RETURNING does not keep."""
    work: Counter[int] = Counter()
    turns = {}
    for drawing in sorted(claimed, key=lambda drawing: (drawing.created_at, drawing.pk)):
        work[drawing.user_id] += drawing.work
        turns[drawing] = drawing.created_at.timestamp() + WORTH * work[drawing.user_id]
    return sorted(turns, key=turns.__getitem__)


def release(*, ids: Iterable[UUID], tried: bool = True) -> None:
    """Give claimed drawings back at once. The try counts, unless nobody has looked at them."""
    claimed = Drawing.objects.filter(pk__in=list(ids), state=Drawing.State.WAITING)
    claimed.update(leased_until=None, attempts=F("attempts") - (0 if tried else 1))


def give_up() -> int:
    """Fail what has used up its attempts, and say so; returns how many."""
    worn_out = Drawing.objects.waiting().filter(attempts__gte=settings.READ_ATTEMPTS)
    return worn_out.update(
        state=Drawing.State.FAILED,
        failure=f"The reader broke off {settings.READ_ATTEMPTS} times on this drawing. Please draw it again.",
    )


def fail(*, drawing_id: UUID, why: str) -> None:
    """Say of a drawing that it can't be read, in plain words."""
    waiting = Drawing.objects.filter(pk=drawing_id, state=Drawing.State.WAITING)
    waiting.update(state=Drawing.State.FAILED, failure=why[:200])


@transaction.atomic
def store(*, readings: Sequence[tuple[UUID, Reading]], version_id: int) -> list[UUID]:
    """Store what was read; returns the ids of the drawings that were still waiting for it.

    The update comes first and fences the rest: of two readers of one drawing, one gets it back from the database.
    """
    won = _mark_read([drawing_id for drawing_id, _ in readings])
    kept = [(drawing_id, reading) for drawing_id, reading in readings if drawing_id in won]
    predictions = Prediction.objects.bulk_create(
        Prediction(
            drawing_id=drawing_id,
            model_version_id=version_id,
            state=reading.state,
            text=reading.text,
            alternative=reading.alternative or "",
            confidence=reading.confidence,
        )
        for drawing_id, reading in kept
    )
    Digit.objects.bulk_create(
        digit
        for prediction, (_, reading) in zip(predictions, kept, strict=True)
        for digit in _digits(prediction, reading)
    )
    return [drawing_id for drawing_id, _ in kept]


def _mark_read(ids: list[UUID]) -> set[UUID]:
    if not ids:
        return set()
    table = Drawing._meta.db_table
    marks = ", ".join(["%s"] * len(ids))
    field = Drawing._meta.pk
    read = Drawing.objects.raw(
        f"UPDATE {table} SET state = 'read', leased_until = NULL"  # noqa: S608  (nothing of it comes from outside)
        f" WHERE state = 'waiting' AND id IN ({marks}) RETURNING id",
        [field.get_db_prep_value(value, connection) for value in ids],
    )
    return {drawing.pk for drawing in read}


def _digits(prediction: Prediction, reading: Reading) -> Iterable[Digit]:
    for position, digit in enumerate(reading.digits):
        x, y, width, height = digit.box
        yield Digit(
            prediction=prediction,
            position=position,
            line=digit.line,
            label=digit.label,
            confidence=digit.confidence,
            probabilities=list(digit.probabilities),
            x=x,
            y=y,
            width=width,
            height=height,
        )


@transaction.atomic
def delete_drawings_of(*, user: User, but: Iterable[UUID] = ()) -> int:
    """Delete the drawings of the user and all that was said of them, but for some; returns how many."""
    drawings = Drawing.objects.for_user(user).exclude(pk__in=list(but))
    # As in `delete_drawing`: first of all the rows.
    ids = list(drawings.select_for_update().values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        Drawing.objects.filter(pk__in=ids[start : start + BATCH]).delete()
    return len(ids)


@transaction.atomic
def delete_drawing(*, drawing: Drawing) -> None:
    """Delete a drawing and all that was said of it."""
    # First of all the row: a reader that stores its prediction meanwhile waits, and then finds nothing.
    Drawing.objects.select_for_update().filter(pk=drawing.pk).first()
    drawing.delete()

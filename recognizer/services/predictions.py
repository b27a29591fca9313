"""Every write on the way from ink to prediction.

A drawing is stored as waiting before any worker is told. A worker claims waiting drawings for a limited time (a
lease), reads them, and stores all readings in one transaction. If it dies in between, the drawings are still
waiting.
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
from recognizer.models.read_number import kept_of

if TYPE_CHECKING:
    from accounts.models import User
    from ml.decoding.reading import Reading

BATCH = 64  # drawings of a claim; one network call reads their glyphs, one transaction stores their readings
PIXELS_A_STROKE = 12_000  # pixels that take as long to read as a stroke; the largest picture has 160 times as many
WORTH = 0.02  # seconds by which a waiting stroke delays its user's next drawings; reading it takes a twentieth
CLAIMERS = 8  # claims that may be made at the same time, each of other drawings
IN_COMPANY = 3  # claims of a drawing together with others; then it is read alone, in case it crashes the worker


class UserGone(Exception):
    """The account was deleted while one of its drawings was being stored; the drawing is not kept."""


def submit_strokes(*, user: User, strokes: list[Any]) -> Drawing:
    """Store a canvas drawing as waiting. `strokes` has passed `ml.ink.strokes.parse_strokes`."""
    return _store_drawing(user=user, source=Drawing.Source.CANVAS, strokes=strokes, work=reading_work(strokes))


def submit_picture(*, user: User, image: bytes, thumbnail: bytes, size: tuple[int, int]) -> Drawing:
    """Store an upload, as `ml.ink.images.keep_image` made it, as waiting; `size` is (width, height) in pixels."""
    width, height = size
    return _store_drawing(
        user=user,
        source=Drawing.Source.UPLOAD,
        image=image,
        thumbnail=thumbnail,
        width=width,
        height=height,
        work=max(1, width * height // PIXELS_A_STROKE),
    )


@transaction.atomic
def _store_drawing(*, user: User, **fields: Any) -> Drawing:
    """Store a drawing, unless its user is gone. Raises UserGone.

    The foreign key makes the insert wait for a deletion of the user that is under way. Afterwards the user is
    looked at: a deleted account may stay as an erased row.
    """
    drawing = Drawing.objects.create(user=user, **fields)
    if get_user_model().objects.filter(pk=user.pk, erased_at__isnull=False).exists():
        raise UserGone  # which rolls the insert back
    return drawing


def claim(*, limit: int = BATCH) -> list[Drawing]:
    """Take up to `limit` waiting drawings for READ_LEASE seconds.

    Each waiting stroke of a user puts that user's later drawings WORTH seconds later in the queue. So a digit goes
    before the pages that another user has queued, and a page goes before drawings that came some seconds after it.
    """
    return _claim(limit, least=0, most=IN_COMPANY)


def claim_suspect() -> list[Drawing]:
    """Take one drawing that was claimed IN_COMPANY times and never read, to read it alone."""
    if not Drawing.objects.waiting().filter(attempts__gte=IN_COMPANY).exists():  # a query is cheaper than a write
        return []
    give_up()
    return _claim(1, least=IN_COMPANY, most=settings.READ_ATTEMPTS)


def _claim(limit: int, *, least: int, most: int) -> list[Drawing]:
    now = timezone.now()
    table = Drawing._meta.db_table
    # SQLite has one writer at a time. PostgreSQL must be told not to wait for the rows of another claim; it may
    # also run a subquery again for each row, so that its LIMIT has no effect: the materialized tables are made
    # once.
    on_postgres = connection.vendor == "postgresql"
    skip = f"FOR UPDATE OF {table} SKIP LOCKED" if on_postgres else ""
    seconds = "EXTRACT(EPOCH FROM created_at)" if on_postgres else "86400 * JULIANDAY(created_at)"
    # This condition stands twice: another claim may take a row after its turn was computed and before it is
    # locked.
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
        """,  # noqa: S608  (all parts of it are constants)
        [WORTH, *is_free, CLAIMERS * limit, *is_free, limit, now + timedelta(seconds=settings.READ_LEASE)],
    )
    return _in_turns(claimed)


def _in_turns(claimed: Iterable[Drawing]) -> list[Drawing]:
    """The drawings in the order of their turns, which RETURNING does not keep."""
    work: Counter[int] = Counter()
    turns = {}
    for drawing in sorted(claimed, key=lambda drawing: (drawing.created_at, drawing.pk)):
        work[drawing.user_id] += drawing.work
        turns[drawing] = drawing.created_at.timestamp() + WORTH * work[drawing.user_id]
    return sorted(turns, key=turns.__getitem__)


def release(*, ids: Iterable[UUID], tried: bool = True) -> None:
    """Give claimed drawings back at once. If they were not `tried`, the attempt does not count."""
    claimed = Drawing.objects.filter(pk__in=list(ids), state=Drawing.State.WAITING)
    claimed.update(leased_until=None, attempts=F("attempts") - (0 if tried else 1))


def give_up() -> int:
    """Fail the drawings that have used up their attempts; returns how many."""
    worn_out = Drawing.objects.waiting().filter(attempts__gte=settings.READ_ATTEMPTS)
    return worn_out.update(
        state=Drawing.State.FAILED,
        failure=f"The reader broke off {settings.READ_ATTEMPTS} times on this drawing. Please draw it again.",
    )


def fail(*, drawing_id: UUID, why: str) -> None:
    """Mark a drawing as impossible to read; `why` is a sentence for its owner."""
    waiting = Drawing.objects.filter(pk=drawing_id, state=Drawing.State.WAITING)
    waiting.update(state=Drawing.State.FAILED, failure=why[:200])


@transaction.atomic
def store(*, readings: Sequence[tuple[UUID, Reading]], version_id: int) -> list[UUID]:
    """Store readings; returns the ids of the drawings that were still waiting.

    The state changes first: if two workers read the same drawing, only one of them changes it, and stores.
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
            numbers_kept=[kept_of(number) for number in reading.numbers],
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
        f"UPDATE {table} SET state = 'read', leased_until = NULL"  # noqa: S608  (all parts of it are constants)
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
    """Delete a user's drawings with their predictions and corrections, except some; returns how many."""
    drawings = Drawing.objects.for_user(user).exclude(pk__in=list(but))
    # The rows are locked first, as in `delete_drawing`.
    ids = list(drawings.select_for_update().values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        Drawing.objects.filter(pk__in=ids[start : start + BATCH]).delete()
    return len(ids)


@transaction.atomic
def delete_drawing(*, drawing: Drawing) -> None:
    """Delete a drawing with its predictions and corrections."""
    # The row is locked first: a worker that stores its prediction meanwhile waits, and then finds no row.
    Drawing.objects.select_for_update().filter(pk=drawing.pk).first()
    drawing.delete()

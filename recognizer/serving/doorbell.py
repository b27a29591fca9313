"""Ring, wait, answer: all that the code knows of Redis.

Nothing here is the truth. A ring that gets lost is rung again, by who waits or by the reconciler; a reply that
gets lost is found in the row. So no function of this module raises because Redis is away, but `ask`, which has
nothing else to answer with.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

import redis
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

RING = "doorbell:ring"
RING_SECONDS = 1  # after that a ring counts as lost
SLICE_SECONDS = 0.5  # then the waiter looks at the row itself, and rings again; below the socket's time-out
LEAST_SECONDS = 0.01  # Redis takes a wait of less than a millisecond for one without end
REPLY_SECONDS = 30
RING_EXPIRES = 60  # seconds; rings that pile up while no worker lives are worth one
TRAINER_EXPIRES = 60  # seconds; the reconciler calls again
QUICK = 0.5  # seconds a Redis that hangs may cost a request, for each thing asked of it
PATIENT = 3.0  # the time-out of a socket that waits for a reply; above every wait asked for here

_away = (redis.RedisError, OperationalError)


class ReaderAway(Exception):
    """No worker answers in time, or the queue is out of reach."""


@cache
def _redis(seconds: float = QUICK) -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=QUICK, socket_timeout=seconds, health_check_interval=10
    )


def _reply_key(name: object) -> str:
    return f"doorbell:reply:{name}"


def ring() -> bool:
    """Say that something waits, unless a ring is on its way already; False when nobody can be told."""
    try:
        if _redis().set(RING, 1, nx=True, ex=RING_SECONDS):
            current_app.send_task("recognizer.tasks.read_waiting", expires=RING_EXPIRES)
    except _away as error:
        logger.warning("Nobody could be told that a drawing waits: %s", error)
        return False
    return True


def answered() -> None:
    """Let the next ring through. Called before the worker looks, so that no ring falls between."""
    try:
        _redis().delete(RING)
    except _away as error:
        logger.warning("The ring stays until it expires: %s", error)


def reply(ids: Iterable[uuid.UUID]) -> None:
    """Wake those who wait for these drawings."""
    try:
        with _redis().pipeline(transaction=False) as pipeline:
            for drawing_id in ids:
                pipeline.rpush(_reply_key(drawing_id), "read")
                pipeline.expire(_reply_key(drawing_id), REPLY_SECONDS)
            pipeline.execute()
    except _away as error:
        logger.warning("Waiters find their reading in the row: %s", error)


def wait(drawing_id: uuid.UUID, *, seconds: float, look: Callable[[], bool]) -> None:
    """Return when the drawing was answered or `look()` is true, after `seconds`, or when Redis is away."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > LEAST_SECONDS:
        if _heard(drawing_id, min(SLICE_SECONDS, left)) or look() or not ring():
            return


def _heard(drawing_id: uuid.UUID, seconds: float) -> bool:
    try:
        return bool(_redis(PATIENT).blpop([_reply_key(drawing_id)], timeout=seconds))
    except _away as error:
        logger.warning("A reply could not be waited for: %s", error)
        return False


def ask(request: dict[str, Any], *, seconds: float, task: str = "read_live") -> dict[str, Any]:
    """Have a worker's task do something of which nothing is stored, and wait for its answer. Raises ReaderAway."""
    if not is_there():  # found out in half a second; sending a task to a Redis that hangs takes four
        raise ReaderAway("the queue is out of reach")
    name = str(uuid.uuid4())
    try:
        current_app.send_task(f"recognizer.tasks.{task}", args=[name, request], expires=seconds)
        answer = _redis(PATIENT).blpop([_reply_key(name)], timeout=seconds)
    except _away as error:
        raise ReaderAway("the queue is out of reach") from error
    if answer is None:
        raise ReaderAway("no reading worker answers")
    return dict(json.loads(answer[1]))


def answer(name: str, found: dict[str, Any]) -> None:
    """Send what was read or explained back to who asked."""
    try:
        with _redis().pipeline(transaction=False) as pipeline:
            pipeline.rpush(_reply_key(name), json.dumps(found))
            pipeline.expire(_reply_key(name), REPLY_SECONDS)
            pipeline.execute()
    except _away as error:
        logger.warning("An answer could not be sent back: %s", error)


@contextmanager
def alone(name: str, *, seconds: float) -> Iterator[bool]:
    """Whether nobody else holds this name for as long as the block takes, on any host, or so many seconds.

    While Redis is away it is so for everybody.
    """
    key = f"doorbell:alone:{name}"
    try:
        mine = bool(_redis().set(key, 1, nx=True, px=round(1000 * seconds)))
    except _away as error:
        logger.warning("Nobody can be told apart: %s", error)
        mine = True
    try:
        yield mine
    finally:
        if mine:
            with suppress(*_away):  # it ends by itself
                _redis().delete(key)


def tally(counters: Sequence[tuple[str, int, int]]) -> list[int] | None:
    """Add to counters that are forgotten after some time, each (key, amount, seconds), in one round trip.

    Returns the new totals; None while Redis is away.
    """
    try:
        with _redis().pipeline(transaction=False) as pipeline:
            for key, amount, seconds in counters:
                pipeline.incrby(key, amount)
                pipeline.expire(key, seconds)
            return [int(total) for total in pipeline.execute()[::2]]
    except _away as error:
        logger.warning("Nothing can be counted: %s", error)
        return None


def call_for_export(export_id: int) -> bool:
    """Tell a reading worker of an export; False when nobody can be told. `tasks.reconcile` tells again."""
    if not is_there():
        return False
    try:
        current_app.send_task("recognizer.tasks.write_export", args=[export_id], expires=RING_EXPIRES)
    except _away as error:
        logger.warning("Nobody could be told of export %s: %s", export_id, error)
        return False
    return True


def call_trainer(run_id: int) -> bool:
    """Tell the trainer of a run; False when nobody can be told. `tasks.reconcile` calls again for what waits."""
    if not is_there():
        return False
    try:
        current_app.send_task("recognizer.tasks.train", args=[run_id], expires=TRAINER_EXPIRES)
    except _away as error:
        logger.warning("The trainer could not be told of run %s: %s", run_id, error)
        return False
    return True


def is_there() -> bool:
    """Whether Redis answers."""
    try:
        return bool(_redis().ping())
    except _away:
        return False

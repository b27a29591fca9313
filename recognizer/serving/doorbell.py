"""All that the code knows of Redis: it rings for workers, waits for their answers, counts, and holds short locks.

Redis holds no truth. The waiting web process or the reconciler rings again for a ring that was lost, and a reply
that was lost is found in the database. No function of this module raises because Redis is away, except `ask`,
whose answer is nowhere else.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any, Literal, overload

import redis
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError

from recognizer.serving.messages import (
    DownloadReply,
    DownloadRequest,
    ExplainReply,
    ExplainRequest,
    LiveReply,
    LiveRequest,
    TaskName,
)

logger = logging.getLogger(__name__)

RING = "doorbell:ring"
RING_SECONDS = 1  # after this time a ring counts as lost
SLICE_SECONDS = (
    0.5  # a waiter looks at the row and rings again after each slice; shorter than the socket's timeout
)
LEAST_SECONDS = 0.01  # Redis takes a wait of less than a millisecond for an endless one
REPLY_SECONDS = 30  # how long a reply is kept for its waiter
RING_EXPIRES = 60  # seconds; rings that pile up while no worker lives are worth one
TRAINER_EXPIRES = 60  # seconds; the reconciler calls again
QUICK = 0.5  # seconds that each command may cost a request while Redis hangs
SIGN_SECONDS = 3600  # for how long a sign of life is kept
PATIENT = 3.0  # seconds; timeout of a socket that waits for a reply; no wait that is asked for here is longer

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
    """Tell a worker that a drawing waits, unless a ring is on its way already. False when Redis is away."""
    try:
        if _redis().set(RING, 1, nx=True, ex=RING_SECONDS):
            current_app.send_task(TaskName.READ_WAITING, expires=RING_EXPIRES)
    except _away as error:
        logger.warning("No worker could be told that a drawing waits: %s", error)
        return False
    return True


def answered() -> None:
    """Let the next ring through. A worker calls this before it looks, so that no ring falls in between."""
    try:
        _redis().delete(RING)
    except _away as error:
        logger.warning("The ring stays until it expires: %s", error)


def reply(ids: Iterable[uuid.UUID]) -> None:
    """Wake the requests that wait for these drawings."""
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
        if _has_reply(drawing_id, min(SLICE_SECONDS, left)) or look() or not ring():
            return


def _has_reply(drawing_id: uuid.UUID, seconds: float) -> bool:
    try:
        return bool(_redis(PATIENT).blpop([_reply_key(drawing_id)], timeout=seconds))
    except _away as error:
        logger.warning("A reply could not be waited for: %s", error)
        return False


@overload
def ask(task: Literal[TaskName.READ_LIVE], request: LiveRequest, *, seconds: float) -> LiveReply: ...
@overload
def ask(task: Literal[TaskName.EXPLAIN], request: ExplainRequest, *, seconds: float) -> ExplainReply: ...
@overload
def ask(task: Literal[TaskName.EXPORT_VERSION], request: DownloadRequest, *, seconds: float) -> DownloadReply: ...
def ask(task: TaskName, request: Mapping[str, Any], *, seconds: float) -> Any:
    """Have a worker run a task whose result is stored nowhere, and wait for its answer. Raises ReaderAway."""
    if not is_there():  # this takes half a second; sending a task to a Redis that hangs takes four
        raise ReaderAway("the queue is out of reach")
    name = str(uuid.uuid4())
    try:
        current_app.send_task(task, args=[name, request], expires=seconds)
        reply = _redis(PATIENT).blpop([_reply_key(name)], timeout=seconds)
    except _away as error:
        raise ReaderAway("the queue is out of reach") from error
    if reply is None:
        raise ReaderAway("no reading worker answers")
    return json.loads(reply[1])


def answer(name: str, content: Mapping[str, Any]) -> None:
    """Send the answer of a task to the request that asked; `name` came with the question."""
    try:
        with _redis().pipeline(transaction=False) as pipeline:
            pipeline.rpush(_reply_key(name), json.dumps(content))
            pipeline.expire(_reply_key(name), REPLY_SECONDS)
            pipeline.execute()
    except _away as error:
        logger.warning("An answer could not be sent back: %s", error)


@contextmanager
def alone(name: str, *, seconds: float) -> Iterator[bool]:
    """A lock over all hosts: whether nobody else holds `name` while the block runs, for `seconds` at the most.

    While Redis is away everybody gets it.
    """
    key = f"doorbell:alone:{name}"
    try:
        held = bool(_redis().set(key, 1, nx=True, px=round(1000 * seconds)))
    except _away as error:
        logger.warning("A lock could not be asked for: %s", error)
        held = True
    try:
        yield held
    finally:
        if held:
            with suppress(*_away):  # the lock expires by itself
                _redis().delete(key)


def tally(counters: Sequence[tuple[str, int, int]]) -> list[int] | None:
    """Add to counters that expire, each (key, amount, seconds), in one round trip.

    Returns the new totals; None while Redis is away.
    """
    try:
        with _redis().pipeline(transaction=False) as pipeline:
            for key, amount, seconds in counters:
                pipeline.incrby(key, amount)
                pipeline.expire(key, seconds)
            return [int(total) for total in pipeline.execute()[::2]]
    except _away as error:
        logger.warning("Requests could not be counted: %s", error)
        return None


def call_for_export(export_id: int) -> bool:
    """Tell a reading worker of a data export. False when Redis is away; `tasks.reconcile` tells again."""
    return _call(TaskName.WRITE_DATA_EXPORT, export_id, RING_EXPIRES)


def call_trainer(run_id: int) -> bool:
    """Tell the trainer of a run. False when Redis is away; `tasks.reconcile` tells again."""
    return _call(TaskName.TRAIN, run_id, TRAINER_EXPIRES)


def _call(task: TaskName, number: int, expires: int) -> bool:
    if not is_there():
        return False
    try:
        current_app.send_task(task, args=[number], expires=expires)
    except _away as error:
        logger.warning("No worker could be told of %s %s: %s", task, number, error)
        return False
    return True


def leave_sign(name: str) -> None:
    """Leave a sign of life of `name`."""
    try:
        _redis().set(_sign_key(name), 1, ex=SIGN_SECONDS)
    except _away as error:
        logger.warning("A sign of life could not be left: %s", error)


def last_signs(names: Sequence[str]) -> list[float | None]:
    """Seconds since each of them left a sign of life; None where none is kept, and while Redis is away.

    Redis counts the time, so that clocks of different hosts do not matter.
    """
    try:
        with _redis().pipeline(transaction=False) as pipeline:
            for name in names:
                pipeline.pttl(_sign_key(name))
            kept = [int(milliseconds) for milliseconds in pipeline.execute()]
    except _away as error:
        logger.warning("Signs of life could not be looked for: %s", error)
        return [None for _ in names]
    return [SIGN_SECONDS - left / 1000 if left > 0 else None for left in kept]


def _sign_key(name: str) -> str:
    return f"doorbell:sign:{name}"


def is_there() -> bool:
    """Whether Redis answers."""
    try:
        return bool(_redis().ping())
    except _away:
        return False

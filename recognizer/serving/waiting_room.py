"""Seats for requests that wait for a worker: half of the threads of a web process, so that the others can answer.

A waiting request occupies a thread. While no worker answers, every request that may wait does so until its time is
over. If they could occupy all threads, nobody else would be served.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from django.conf import settings

_lock = Lock()
_seated: Counter[object] = Counter()


@contextmanager
def seat(sender: object) -> Iterator[bool]:
    """Whether the sender (a user or an address) has a seat while the block runs.

    A sender may hold as many seats as are left free for the others: half of them if nobody else waits, else fewer.
    """
    seated = _take(sender)
    try:
        yield seated
    finally:
        if seated:
            _leave(sender)


def _take(sender: object) -> bool:
    with _lock:
        free = settings.WEB_THREADS // 2 - _seated.total()
        if _seated[sender] >= free:
            return False
        _seated[sender] += 1
        return True


def _leave(sender: object) -> None:
    with _lock:
        _seated[sender] -= 1
        if not _seated[sender]:
            del _seated[sender]

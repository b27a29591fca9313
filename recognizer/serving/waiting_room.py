"""Who may wait for a reading: half of the threads of a web process, so that the other half always answers.

Waiting costs a thread. While no worker answers, everybody who may wait does so to the end; with all threads among
them nobody else would be served.
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
    """Whether the sender (a user or an address) has a seat for as long as the block takes.

    One sender has at most as many as are left for all others: alone half of them, in company fewer.
    """
    seated = _take(sender)
    try:
        yield seated
    finally:
        if seated:
            _leave(sender)


def _take(sender: object) -> bool:
    with _lock:
        left = settings.WEB_THREADS // 2 - _seated.total()
        if _seated[sender] >= left:
            return False
        _seated[sender] += 1
        return True


def _leave(sender: object) -> None:
    with _lock:
        _seated[sender] -= 1
        if not _seated[sender]:
            del _seated[sender]

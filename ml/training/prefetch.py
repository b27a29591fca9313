"""Prefetching: a thread makes the next items of an iterator while earlier ones are in use."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

_END = object()


def prefetch(items: Iterator[T], size: int) -> Iterator[T]:
    """The same items in the same order, up to `size` of them made ahead in one other thread.

    An error that `items` raises is raised where its item would be. Closing the result early waits for the item
    that is being made.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="prefetch") as pool:
        waiting = deque(pool.submit(next, items, _END) for _ in range(size))
        try:
            while (item := waiting.popleft().result()) is not _END:
                waiting.append(pool.submit(next, items, _END))
                yield item  # type: ignore[misc]  # not the end
        finally:
            pool.shutdown(cancel_futures=True)

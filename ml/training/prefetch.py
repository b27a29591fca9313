"""What takes time to make, made before it is asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def prefetch(items: Iterator[T], most: int) -> Iterator[T]:
    """The same items, up to `most` of them made in one other thread while earlier ones are in use.

    What an item raises is raised where it would be next. Who stops early waits for what is being made.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        waiting = deque(pool.submit(next, items, _END) for _ in range(most))
        try:
            while (item := waiting.popleft().result()) is not _END:
                waiting.append(pool.submit(next, items, _END))
                yield item  # type: ignore[misc]  # not the end
        finally:
            pool.shutdown(cancel_futures=True)


_END = object()

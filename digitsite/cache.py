"""The cache in Redis: JSON, so that whoever can write to Redis can disturb, and run nothing."""

from __future__ import annotations

import logging
from typing import Any

from django_redis.cache import RedisCache

logger = logging.getLogger(__name__)


class JSONCache(RedisCache):  # type: ignore[misc]
    """What is no JSON was put there by somebody else; it is dropped, and counts as not there.

    While Redis is away nothing is there, and whatever is added counts as added: allauth takes its locks so, and
    would let nobody sign in.
    """

    def add(self, *args: Any, **kwargs: Any) -> bool:
        added = super().add(*args, **kwargs)
        return True if added is None else bool(added)

    def get(self, key: str, default: Any = None, version: int | None = None, client: Any = None) -> Any:
        try:
            return super().get(key, default, version=version, client=client)
        except ValueError as error:
            logger.warning("The cache holds no JSON under %r: %s", key, error)
            self.delete(key, version=version, client=client)
            return default

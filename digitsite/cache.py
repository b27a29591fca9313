"""The cache in Redis. It stores JSON, so that a writer to Redis can disturb the site but run no code."""

from __future__ import annotations

import logging
from typing import Any

from django_redis.cache import RedisCache

logger = logging.getLogger(__name__)


class JSONCache(RedisCache):  # type: ignore[misc]
    """Deletes values that are not JSON, which this site never writes, and treats them as missing.

    While Redis is away all values are missing, and `add` succeeds: allauth takes its locks by `add`, and would let
    nobody sign in otherwise.
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

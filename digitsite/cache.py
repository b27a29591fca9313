"""The cache, which may be away."""

from typing import Any

from django_redis import cache


class RedisCache(cache.RedisCache):
    """Without Redis nothing is counted and nobody is locked out.

    django-redis answers None then, which allauth takes for a lock that somebody else holds: it waits a second and
    refuses the sign-in.
    """

    def add(self, *args: Any, **kwargs: Any) -> bool:
        added = super().add(*args, **kwargs)
        return True if added is None else bool(added)

"""How often one may ask.

DRF's own throttles read a list from the cache and write it back: two requests at once count as one, and a high
rate makes the list long. A counter a window, raised in one step, has neither trouble; at the edge of two windows
up to twice the rate can pass.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rest_framework.throttling import SimpleRateThrottle

if TYPE_CHECKING:  # at run time the views import the throttles
    from rest_framework.request import Request
    from rest_framework.views import APIView


class WindowThrottle(SimpleRateThrottle):
    """At most `rate` requests in each window of wall-clock time."""

    num_requests: int
    duration: int  # seconds

    def allow_request(self, request: Request, view: APIView) -> bool:
        key = self.get_cache_key(request, view)
        if self.rate is None or key is None:
            return True
        count = self._count(f"{key}:{int(time.time() // self.duration)}")
        return count is None or count <= self.num_requests

    def _count(self, key: str) -> int | None:
        """The number of requests in this window, or None while the cache is away: then nobody is refused."""
        try:
            count: int | None = self.cache.incr(key)
        except ValueError:  # the first of this window
            return 1 if self.cache.add(key, 1, timeout=self.duration) else self.cache.incr(key)
        return count

    def wait(self) -> float:
        return float(max(1, self.duration - time.time() % self.duration))

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        ident = request.user.pk if request.user and request.user.is_authenticated else self.get_ident(request)
        return self.cache_format % {"scope": self.scope, "ident": ident}


class UserThrottle(WindowThrottle):
    scope = "user"


class AnonymousLiveThrottle(WindowThrottle):
    scope = "anonymous_live"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        return None if request.user.is_authenticated else super().get_cache_key(request, view)


class UserLiveThrottle(WindowThrottle):
    scope = "user_live"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        return super().get_cache_key(request, view) if request.user.is_authenticated else None


class ExplainThrottle(WindowThrottle):
    """An explanation costs the worker as much as a hundred readings."""

    scope = "explain"

"""Authentication with an API token, and a limit for wrong tokens."""

from __future__ import annotations

import time
from typing import Any

from django.core.cache import cache
from django.utils.crypto import RANDOM_STRING_CHARS
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication as KnoxAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

WRONG_A_MINUTE = 30  # wrong tokens from one address


class TokenAuthentication(KnoxAuthentication):  # type: ignore[misc]
    """knox's, with a limit: a wrong token costs one query at the most, and after 30 in a minute it is answered
    with 429.

    A right token always passes, because other programs may send wrong ones from the same address.
    """

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        try:
            found: tuple[Any, Any] | None = super().authenticate(request)
        except AuthenticationFailed:
            if _wrong_so_far(BaseThrottle().get_ident(request)) > WRONG_A_MINUTE:
                raise Throttled(wait=60 - time.time() % 60, detail="Too many wrong tokens from here.") from None
            raise
        return found

    def authenticate_credentials(self, token: bytes) -> tuple[Any, Any]:
        if not set(token) <= set(RANDOM_STRING_CHARS.encode()):  # knox answers 500 to what is not UTF-8
            raise AuthenticationFailed("Invalid token.")
        found: tuple[Any, Any] = super().authenticate_credentials(token)
        return found


class TokenScheme(KnoxTokenScheme):  # type: ignore[no-untyped-call]
    """This authentication in the OpenAPI document; drf-spectacular finds the class once it is imported."""

    target_class = "accounts.token_sign_in.TokenAuthentication"


def _wrong_so_far(address: str) -> int:
    """Count one more wrong token; returns the count, 0 while the cache is away."""
    key = f"wrong-tokens:{address}:{int(time.time() // 60)}"
    cache.add(key, 0, timeout=60)
    try:
        return cache.incr(key) or 0
    except ValueError:  # the key has just expired
        return 0

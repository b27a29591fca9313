"""Middleware of the whole site."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.middleware import common

from digitsite.errors import unknown_encoding
from recognizer.views.health import healthz

Answer = Callable[[HttpRequest], HttpResponseBase]


class CommonMiddleware(common.CommonMiddleware):
    """Redirects to an address with a slash by 308. After a 301 most programs send a GET, without their data."""

    response_redirect_class = partial(HttpResponsePermanentRedirect, preserve_request=True)  # type: ignore[assignment]


def health_first(get_response: Answer) -> Answer:
    """Answer /healthz before the request is checked: load balancers send any Host header."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        return healthz(request) if request.path_info == "/healthz" else get_response(request)

    return middleware


def only_utf8(get_response: Answer) -> Answer:
    """Refuse a body in another encoding than UTF-8: some of Python's codecs are not for text at all."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if (request.encoding or "utf-8").lower() not in ("utf-8", "utf8"):
            return unknown_encoding(request)
        return get_response(request)

    return middleware


def private_answers_are_not_stored(get_response: Answer) -> Answer:
    """Forbid browsers and proxies to store private answers, unless the view has set Cache-Control."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if not response.has_header("Cache-Control") and _is_private(request):
            response["Cache-Control"] = "no-store"
        return response

    return middleware


def _is_private(request: HttpRequest) -> bool:
    """All answers of the API, of the account pages and of the admin, and every page for a signed-in user."""
    if request.path_info.startswith(("/api/v1/", "/accounts/", "/admin/")):
        return True
    user = getattr(request, "user", None)  # missing if an earlier middleware has answered
    return bool(user and user.is_authenticated)

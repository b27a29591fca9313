"""Django's middleware, where it needs another word, and what every answer of the site keeps."""

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
    """Appends a forgotten slash with 308: after a 301 most programs send a GET, and what they posted is gone."""

    response_redirect_class = partial(HttpResponsePermanentRedirect, preserve_request=True)  # type: ignore[assignment]


def health_first(get_response: Answer) -> Answer:
    """Answer /healthz before anything is asked of the request: who balances load names hosts as he likes."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        return healthz(request) if request.path_info == "/healthz" else get_response(request)

    return middleware


def only_utf8(get_response: Answer) -> Answer:
    """Refuse a body that says it is in another encoding: Python knows dozens, and some are none for text."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if (request.encoding or "utf-8").lower() not in ("utf-8", "utf8"):
            return unknown_encoding(request)
        return get_response(request)

    return middleware


def private_answers_are_not_stored(get_response: Answer) -> Answer:
    """Have no browser or proxy keep what belongs to somebody, unless the view says how long it may."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if not response.has_header("Cache-Control") and _is_private(request):
            response["Cache-Control"] = "no-store"
        return response

    return middleware


def _is_private(request: HttpRequest) -> bool:
    """The API, accounts and the admin whoever asks, and every page of somebody who is signed in."""
    if request.path_info.startswith(("/api/v1/", "/accounts/", "/admin/")):
        return True
    user = getattr(request, "user", None)  # not there where an earlier middleware has answered
    return bool(user and user.is_authenticated)

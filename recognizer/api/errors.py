"""Errors as problem details (RFC 9457): always JSON, always one plain sentence in `detail`."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "That is more than can be read at once."
    default_code = "too_large"


class ReaderUnavailable(exceptions.APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "The reader is away at the moment. Try again in a few seconds."
    default_code = "reader_away"


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: the same statuses and headers, in the shape of RFC 9457."""
    if isinstance(error, RequestDataTooBig):
        error = TooLarge()
    response = exception_handler(error, context)
    if response is None:
        return None
    errors = response.data if isinstance(response.data, dict) and "detail" not in response.data else None
    response.data = _body(response.status_code, " ".join(_sentences(response.data)), errors)
    response.content_type = "application/problem+json"
    return response


def problem_response(code: int, detail: str) -> JsonResponse:
    """A problem from outside of DRF: no such address, or an error of ours."""
    return JsonResponse(_body(code, detail), status=code, content_type="application/problem+json")


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _body(code: int, detail: str, errors: Any = None) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(code).phrase,
        "status": code,
        "detail": detail,
    }
    return {**body, "errors": errors} if errors else body


def _sentences(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        data = list(data.values())
    if isinstance(data, list):
        for item in data:
            yield from _sentences(item)
    else:
        yield str(data)

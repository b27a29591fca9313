"""Errors as problem details (RFC 9457): always JSON, always one plain sentence in `detail`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig, ValidationError
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, JsonResponse
from rest_framework import exceptions, status

# A server that restarts, a connection that broke, a file that is locked. Mistakes in our queries raise other
# errors.
DATABASE_AWAY = (OperationalError, InterfaceError)


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "That is more than can be read at once."
    default_code = "too_large"


class DatabaseAway(exceptions.APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "The database is away at the moment. Send this again in a few seconds."
    default_code = "database_away"
    wait = 2  # seconds; goes out as Retry-After


class ReaderUnavailable(exceptions.APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "The reader is away at the moment. Try again in a few seconds."
    default_code = "reader_away"


class ReaderBusy(exceptions.APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "Too many are waiting for the reader at the moment. Try again in a second."
    default_code = "reader_busy"
    wait = 1  # seconds; goes out as Retry-After


class PicturesBusy(exceptions.APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "Too many pictures are being opened at the moment. Try again in a second."
    default_code = "pictures_busy"
    wait = 1  # seconds; goes out as Retry-After


class TrainerUnavailable(exceptions.APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "The training worker makes this file, and is busy or away. Try again in a minute."
    default_code = "trainer_away"
    wait = 30  # seconds; goes out as Retry-After


class NotExplained(exceptions.APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = "This drawing has not been read yet, so there is nothing to explain."
    default_code = "not_explained"


class Refused(exceptions.APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "refused"


class Gone(exceptions.APIException):
    status_code = status.HTTP_410_GONE
    default_code = "gone"


@contextmanager
def refusing() -> Iterator[None]:
    """Answer 409 with the sentence of a service that refuses (ValidationError)."""
    try:
        yield
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error


def problem(error: Exception, context: dict[str, Any]) -> JsonResponse | None:
    """DRF's exception handler: the same statuses and headers, in the shape of RFC 9457."""
    from rest_framework.views import exception_handler  # imports the parsers, which import this module

    if isinstance(error, RequestDataTooBig):
        error = TooLarge()
    elif isinstance(error, DATABASE_AWAY):
        error = DatabaseAway()
    elif isinstance(error, RecursionError):  # many nested brackets; the parser has no limit of its own
        error = exceptions.ParseError("The JSON is nested too deeply.")
    response = exception_handler(error, context)
    if response is None:
        return None
    errors = response.data if isinstance(response.data, dict) and "detail" not in response.data else None
    # Not DRF's own response: its renderer may be the one for pages or for YAML.
    return problem_response(
        response.status_code, " ".join(_sentences(response.data)), errors, headers=dict(response.items())
    )


def problem_response(
    code: int,
    detail: str,
    errors: Any = None,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> JsonResponse:
    """A problem as a response, also for errors outside of DRF; `more` are members of its own."""
    body = {**_body(code, detail, errors), **(more or {})}
    response = JsonResponse(body, status=code, content_type="application/problem+json")
    for name, value in (headers or {}).items():
        response.setdefault(name, value)
    return response


def is_api(request: HttpRequest) -> bool:
    """Whether the request goes to the API."""
    return request.path == "/api" or request.path.startswith("/api/")


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

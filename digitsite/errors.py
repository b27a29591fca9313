"""Error answers: JSON for the API, pages for people."""

import sys

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import defaults

from recognizer.api.errors import DATABASE_AWAY, DatabaseAway, is_api, problem_response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return problem_response(400, "The request can't be understood. Send strokes as JSON, or one picture.")
    return defaults.bad_request(request, exception)


def unknown_encoding(request: HttpRequest) -> HttpResponse:
    """JSON also for pages, because no browser sends another encoding."""
    return problem_response(415, "Send text as UTF-8.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return problem_response(404, "There is nothing at this address.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django calls this while it handles the error, so the error is in `sys.exc_info`."""
    if isinstance(sys.exc_info()[1], DATABASE_AWAY):
        return _database_away(request)
    if is_api(request):
        return problem_response(500, "Something went wrong on our side. It has been noted.")
    return defaults.server_error(request)


def _database_away(request: HttpRequest) -> HttpResponse:
    headers = {"Retry-After": str(DatabaseAway.wait), "Cache-Control": "no-store"}
    if is_api(request):
        return problem_response(503, DatabaseAway.default_detail, headers=headers)
    # Rendered without the request: its context processors would ask the database for the user.
    return HttpResponse(render_to_string("503.html"), status=503, headers=headers)

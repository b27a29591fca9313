"""Error pages: JSON for programs, the site's own look for people."""

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
    """Also for pages a problem in JSON: no browser sends this."""
    return problem_response(415, "Send text as UTF-8.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return problem_response(404, "There is nothing at this address.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Called while the error is handled, from wherever on the way it was raised."""
    if isinstance(sys.exc_info()[1], DATABASE_AWAY):
        return _database_away(request)
    if is_api(request):
        return problem_response(500, "Something went wrong on our side. It has been noted.")
    return defaults.server_error(request)


def _database_away(request: HttpRequest) -> HttpResponse:
    headers = {"Retry-After": str(DatabaseAway.wait), "Cache-Control": "no-store"}
    if is_api(request):
        return problem_response(503, DatabaseAway.default_detail, headers=headers)
    # Without the request: who is signed in stands in the database.
    return HttpResponse(render_to_string("503.html"), status=503, headers=headers)

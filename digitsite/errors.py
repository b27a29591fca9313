"""Error pages: JSON for programs, the site's own look for people."""

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from recognizer.api.errors import is_api, problem_response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return problem_response(400, "The request can't be understood. Send strokes as JSON, or one picture.")
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return problem_response(404, "There is nothing at this address.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if is_api(request):
        return problem_response(500, "Something went wrong on our side. It has been noted.")
    return defaults.server_error(request)

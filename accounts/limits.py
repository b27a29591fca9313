"""The answer to too many requests."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def too_many_requests(request: HttpRequest, seconds: int = 60) -> HttpResponse:
    """The page with status 429. After `seconds` the user may try again."""
    minutes = -(-seconds // 60)
    response = render(request, "429.html", {"minutes": minutes}, status=429)
    response["Retry-After"] = str(seconds)
    return response

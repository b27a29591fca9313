"""Health checks: whether the process lives, and whether the site can read."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from recognizer.checks import static_files_are_there
from recognizer.serving import doorbell, vital_signs

logger = logging.getLogger(__name__)

_MISSING = {"static files": "not on this host; run manage.py prepare"}


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _answers(look: Callable[[], None]) -> bool:
    try:
        look()
    except (DatabaseError, doorbell.ReaderAway) as error:
        logger.warning("Not ready: %s", error)
        return False
    return True


@require_safe
@never_cache
@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    parts = {
        "static files": not static_files_are_there(),
        "database": _answers(_database),
        "redis": doorbell.is_there(),
    }
    parts["reading worker"] = parts["redis"] and _answers(vital_signs.ask_reader)
    ready = all(parts.values())
    body = {name: "ok" if fine else _MISSING.get(name, "does not answer") for name, fine in parts.items()}
    return JsonResponse(body, status=200 if ready else 503)

"""System checks: settings that would break a promise are named before the site starts."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured

SOCKET_PATH_MOST = 100  # bytes; the kernel takes 107 with its ending
SECRET_LEAST = 40  # characters


@register(Tags.compatibility)
def socket_path_fits(**_: Any) -> list[CheckMessage]:
    path = settings.REDIS_URL.removeprefix("unix://")
    if path == settings.REDIS_URL or len(path.encode()) <= SOCKET_PATH_MOST:
        return []
    return [
        Error(
            f"The path of the Redis socket is longer than {SOCKET_PATH_MOST} bytes: {path}",
            hint="Set DATA_DIR to a shorter path, or REDIS_URL to a server of your own.",
            id="recognizer.E001",
        )
    ]


@register(Tags.security, deploy=True)
def secret_is_real(**_: Any) -> list[CheckMessage]:
    try:
        length = len(settings.SECRET_KEY)
    except ImproperlyConfigured:  # Django's word for an empty one
        length = 0
    if length >= SECRET_LEAST:
        return []
    return [
        Error(
            "SECRET_KEY is missing or too short to keep sessions safe.",
            hint="Set SECRET_KEY to 50 random characters; `make run` makes one for its data folder.",
            id="recognizer.E002",
        )
    ]

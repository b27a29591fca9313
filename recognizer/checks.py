"""System checks: settings that would break a promise are named before the site starts."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured

SOCKET_PATH_MOST = 100  # bytes; the kernel takes 107 with its ending
SECRET_LEAST = 40  # characters


@register(Tags.compatibility)
def tasks_end_before_redelivery(**_: Any) -> list[CheckMessage]:
    visibility = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    if visibility > settings.CELERY_TASK_TIME_LIMIT * 2:
        return []
    return [
        Error(
            "A task may run longer than its message stays hidden, and would then run twice at once.",
            hint=f"Keep CELERY_TASK_TIME_LIMIT below half of visibility_timeout ({visibility} s).",
            id="recognizer.E001",
        )
    ]


@register(Tags.compatibility)
def socket_path_fits(**_: Any) -> list[CheckMessage]:
    path = settings.REDIS_URL.removeprefix("unix://")
    if path == settings.REDIS_URL or len(path.encode()) <= SOCKET_PATH_MOST:
        return []
    return [
        Error(
            f"The path of the Redis socket is longer than {SOCKET_PATH_MOST} bytes: {path}",
            hint="Set DATA_DIR to a shorter path, or REDIS_URL to a server of your own.",
            id="recognizer.E002",
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
            id="recognizer.E003",
        )
    ]

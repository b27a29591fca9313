"""System checks: wrong settings are reported before the site starts."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage
from django.core.checks import CheckMessage, Error, Tags, Warning, register
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


@register(Tags.staticfiles, deploy=True)
def static_files_are_there(**_: Any) -> list[CheckMessage]:
    """Each web host needs its own static files; without them every page is an error."""
    if not isinstance(staticfiles_storage, ManifestFilesMixin):
        return []
    files = staticfiles_storage.hashed_files.values()
    if files and all(staticfiles_storage.exists(name) for name in files):
        return []
    return [
        Error(
            "Static files are missing on this host.",
            hint="Run `manage.py prepare` on every web host, at each release.",
            id="recognizer.E003",
        )
    ]


@register(Tags.security, deploy=True)
def redis_has_a_password(**_: Any) -> list[CheckMessage]:
    address = urlsplit(settings.REDIS_URL)
    if address.scheme == "unix" or address.password:
        return []
    return [
        Warning(
            "Redis is reached over the network without a password.",
            hint="Whoever can write to it disturbs the site. Set `requirepass`, and REDIS_URL=redis://:password@host.",
            id="recognizer.W001",
        )
    ]


@register(Tags.security, deploy=True)
def secret_is_real(**_: Any) -> list[CheckMessage]:
    try:
        length = len(settings.SECRET_KEY)
    except ImproperlyConfigured:  # Django raises this for an empty key
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

"""What belongs to somebody is stored by no browser and no proxy; health is told to whoever asks."""

from __future__ import annotations

import pytest
from django.core.cache import caches
from django.core.checks import run_checks
from django.test import Client

from recognizer import checks
from recognizer.models import Drawing


@pytest.mark.parametrize(
    "path", ["/", "/history/", "/accounts/", "/accounts/password/change/", "/api/v1/predictions/"]
)
def test_private_pages_are_not_stored(owner_client: Client, path: str) -> None:
    assert "no-store" in owner_client.get(path)["Cache-Control"]


@pytest.mark.parametrize("path", ["/admin/", "/training/", "/training/versions/"])
def test_pages_of_staff_are_not_stored(reviewer_client: Client, path: str) -> None:
    assert "no-store" in reviewer_client.get(path)["Cache-Control"]


@pytest.mark.parametrize(
    "path", ["/api/v1/predictions/", "/api/v1/none/", "/accounts/login/", "/accounts/signup/"]
)
def test_errors_and_forms_are_not_stored_either(client: Client, db: None, path: str) -> None:
    assert "no-store" in client.get(path)["Cache-Control"]


def test_a_drawing_and_an_error_about_it_are_not_stored(api: Client, read_drawing: Drawing) -> None:
    for path in (f"{read_drawing.pk}/", f"{read_drawing.pk}/explanation/?digit=9"):
        assert "no-store" in api.get(f"/api/v1/predictions/{path}")["Cache-Control"]


def test_what_is_for_everybody_may_be_stored(client: Client, db: None) -> None:
    assert "no-store" not in client.get("/").get("Cache-Control", "")
    assert "no-store" not in client.get("/api/schema/").get("Cache-Control", "")


@pytest.mark.parametrize("host", ["10.0.0.7:8000", "evil.example", "[::1]", "_"])
def test_health_is_told_under_any_name(client: Client, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).content == b"ok"
    assert client.get("/", headers={"Host": host}).status_code == (200 if host == "[::1]" else 400)


def test_health_is_told_without_https(client: Client, settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz").status_code == 200
    assert client.get("/").status_code == 301


@pytest.fixture
def collected(settings, tmp_path) -> None:
    """A host on which nothing has been collected yet."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }


def test_a_host_without_static_files_is_not_ready_and_says_so(client: Client, db: None, collected: None) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "manage.py prepare" in answer.json()["static files"]
    assert [error.id for error in checks.static_files_are_there()] == ["recognizer.E003"]


def test_a_file_that_is_gone_is_missed(settings, collected: None) -> None:
    (settings.STATIC_ROOT / "staticfiles.json").write_text(
        '{"paths": {"css/site.css": "css/site.1.css"}, "version": "1.1", "hash": ""}'
    )
    assert checks.static_files_are_there()
    (settings.STATIC_ROOT / "css").mkdir()
    (settings.STATIC_ROOT / "css" / "site.1.css").write_text("")
    assert not checks.static_files_are_there()


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("redis://cache.example:6379/0", True),
        ("redis://:secret@cache.example/0", False),
        ("unix:///run/redis.sock", False),
    ],
)
def test_a_redis_without_a_password_is_warned_of(settings, url: str, warned: bool) -> None:
    settings.REDIS_URL = url
    found = {message.id for message in run_checks(include_deployment_checks=True)}
    assert ("recognizer.W001" in found) == warned


class Marker:
    """Unpickled, it writes a file."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return open, (self.path, "w")


@pytest.fixture
def real_cache(settings, redis_url: str):
    from digitsite import settings as site

    config = {**site.CACHES["default"], "LOCATION": redis_url}
    settings.CACHES = {"default": config}
    caches["default"].clear()
    return caches["default"]


@pytest.mark.redis
def test_nothing_that_lies_in_redis_is_run(real_cache, client: Client, owner, tmp_path) -> None:
    """Whoever can write to Redis plants a pickle wherever the sign-in looks; the next failed one runs nothing."""
    import pickle

    def fail() -> int:
        return client.post("/accounts/login/", {"login": "owner", "password": "wrong"}).status_code

    ran = tmp_path / "ran"
    assert fail() == 200
    raw = real_cache.client.get_client(write=True)
    keys = raw.keys("*")
    assert keys
    for key in keys:
        raw.set(key, pickle.dumps(Marker(str(ran))))
    assert fail() == 200
    assert not ran.exists()


@pytest.mark.redis
def test_what_the_cache_holds_comes_back(real_cache) -> None:
    for value in ([1.5, 2.5], {"a": "b"}, 7, "text", None, True):
        real_cache.set("key", value, 30)
        assert real_cache.get("key", "not there") == value

"""/healthz and /readyz, and the system checks."""

import os
import subprocess
import sys

import pytest
from django.core.checks import run_checks
from django.test import Client

from recognizer.serving import doorbell
from tests.conftest import FakeReader


def test_alive_needs_nothing(client: Client) -> None:
    assert client.get("/healthz").content == b"ok"


def test_ready(client: Client, worker: FakeReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorbell, "is_there", lambda: True)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert set(answer.json().values()) == {"ok"}


def test_not_ready_says_which_part_does_not_answer(db: None, client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "static files": "ok",
        "database": "ok",
        "redis": "does not answer",
        "reading worker": "does not answer",
    }


def test_not_ready_without_a_worker(db: None, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorbell, "is_there", lambda: True)
    assert client.get("/readyz").json()["reading worker"] == "does not answer"


def ids() -> set[str]:
    return {
        message.id
        for message in run_checks(include_deployment_checks=True)
        if message.id.startswith("recognizer.")
    }


def test_checks_are_silent_on_good_settings() -> None:
    assert ids() == set()


def test_a_socket_path_that_is_too_long_is_found(settings) -> None:
    settings.REDIS_URL = f"unix:///{'long/' * 30}redis.sock"
    assert ids() == {"recognizer.E001"}


@pytest.mark.parametrize("key", ["", "short"])
def test_a_secret_that_is_none_is_found(settings, key: str) -> None:
    settings.SECRET_KEY = key
    assert ids() == {"recognizer.E002"}


@pytest.mark.slow
@pytest.mark.parametrize("key", ["", "short"])
def test_the_web_does_not_start_without_a_real_secret(tmp_path, key: str) -> None:
    env = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": key,
        "DJANGO_SETTINGS_MODULE": "digitsite.settings",
    }
    done = subprocess.run([sys.executable, "-c", "import digitsite.wsgi"], env=env, capture_output=True, text=True)
    assert done.returncode == 1
    assert "SECRET_KEY is missing or too short" in done.stderr

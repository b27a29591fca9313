"""While the database is away everybody is told to come again, and nothing is half done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError, connection
from django.test import Client

from recognizer.models import Drawing
from recognizer.serving import doorbell
from tests.conftest import ONE

URL = "/api/v1/predictions/"


@contextmanager
def away(
    error: type[Exception] = OperationalError, when: Callable[[str], bool] = lambda sql: True
) -> Iterator[None]:
    """No statement gets through of those that `when` is true of."""

    def refuse(execute: Any, sql: str, *rest: Any) -> Any:
        if when(sql):
            raise error("server closed the connection unexpectedly")
        return execute(sql, *rest)

    with connection.execute_wrapper(refuse):
        yield


@pytest.fixture
def patient(client: Client) -> Client:
    """A browser that shows error pages instead of raising."""
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.parametrize("method", ["get", "post"])
def test_the_api_says_503_and_when_to_come_again(api: Client, error: type[Exception], method: str) -> None:
    with away(error):
        answer = getattr(api, method)(URL)
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert int(answer["Retry-After"]) >= 1


@pytest.mark.parametrize("path", ["/history/", "/accounts/", "/admin/", "/"])
def test_pages_say_so_too_wherever_it_is_found_out(owner_client: Client, path: str) -> None:
    owner_client.raise_request_exception = False
    with away():
        answer = owner_client.get(path)
    assert answer.status_code == 503
    assert "Retry-After" in answer
    assert "no-store" in answer["Cache-Control"]


def test_what_needs_no_database_is_answered(patient: Client, db: None) -> None:
    with away():
        assert patient.get("/healthz").status_code == patient.get("/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_drawing_that_could_not_be_stored_is_a_503(api: Client) -> None:
    with away(when=lambda sql: sql.startswith("INSERT")):
        answer = api.post(URL, {"strokes": ONE}, content_type="application/json")
    assert answer.status_code == 503
    assert not Drawing.objects.exists()


def test_a_drawing_that_is_stored_is_never_an_error(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the client would send it again, and have it twice."""
    monkeypatch.setattr(doorbell, "ring", lambda: True)
    monkeypatch.setattr(doorbell, "wait", lambda drawing, *, seconds, look: look())
    with away(when=lambda sql: sql.startswith("SELECT") and "recognizer_drawing" in sql):
        answer = api.post(URL, {"strokes": ONE}, content_type="application/json")
    assert answer.status_code == 202
    drawing = Drawing.objects.get()
    assert answer["Location"].endswith(f"{URL}{drawing.pk}/")
    assert answer.json()["id"] == str(drawing.pk)
    assert answer.json()["state"] == "waiting"


def test_an_error_of_ours_is_not_the_databases(owner_client: Client) -> None:
    owner_client.raise_request_exception = False
    with away(ProgrammingError):
        assert owner_client.get("/history/").status_code == 500

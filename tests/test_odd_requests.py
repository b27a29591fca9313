"""Requests that nobody sends by mistake: each is refused with a sentence, none is an error of ours."""

from __future__ import annotations

import base64

import pytest
from django.test import Client

from accounts.models import User
from recognizer.models import Drawing
from tests.conftest import FakeReader, signed_in

CODECS = [
    "hex",
    "rot13",
    "zip",
    "base64",
    "idna",
    "punycode",
    "undefined",
    "us-ascii",
    "utf-16",
    "latin-1",
    "cp037",
]


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("path", ["/accounts/login/", "/api/v1/live/", "/api/v1/predictions/"])
@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_another_encoding_than_utf_8_is_refused(api: Client, path: str, codec: str, kind: str) -> None:
    content_type = f"{kind}; boundary=x; charset={codec}"
    assert api.generic("POST", path, b"--x\r\n\xff=%ff", content_type=content_type).status_code == 415


@pytest.mark.parametrize("name", ["utf-8", "UTF-8", "utf8"])
def test_utf_8_by_any_of_its_names_is_not(api: Client, worker: FakeReader, name: str) -> None:
    body = b'{"strokes": [[[50, 10], [50, 110]]]}'
    assert api.post("/api/v1/live/", body, content_type=f"application/json; charset={name}").status_code == 200


@pytest.mark.parametrize(
    "time", ["0001-01-01 00:00:00+00:00", "9999-12-31 23:59:59+00:00", "2026-01-01 00:00", "x"]
)
def test_a_cursor_that_is_none(api: Client, read_drawing: Drawing, time: str) -> None:
    cursor = base64.b64encode(f"p={time.replace('+', '%2B')}".encode()).decode()
    assert api.get("/api/v1/predictions/", {"cursor": cursor}).status_code == 404


@pytest.mark.parametrize("query", ["version=%0d%0ax", "version=2", "lang=xx"])
def test_another_version_of_the_schema(client: Client, db: None, query: str) -> None:
    assert client.get(f"/api/schema/?{query}").status_code == 400


TORN = '{"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA"}'
NO_CREDENTIALS = ["", "{}", "[]", "7", "null", '{"rawId": 1}',
                  f'{{"id": "a", "rawId": "a", "type": "public-key", "response": {TORN}}}']  # fmt: skip


@pytest.mark.parametrize("credential", NO_CREDENTIALS)
@pytest.mark.parametrize("path", ["login/", "reauthenticate/", "keys/add/"])
def test_a_passkey_that_is_none(owner: User, credential: str, path: str) -> None:
    for client in (Client(), signed_in(owner)):
        for address in (f"/accounts/2fa/webauthn/{path}", "/accounts/2fa/authenticate/"):
            assert client.post(address, {"credential": credential}).status_code < 500


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/accounts/login/", "login"),
        ("/accounts/password/reset/", "email"),
        ("/accounts/signup/", "username"),
        ("/accounts/signup/", "email"),
    ],
)
@pytest.mark.parametrize("text", ["a" * 60_000, "%" * 60_000, "a" * 60_000 + "@example.com", "a\0b"])
def test_a_name_that_is_too_long_or_none(client: Client, db: None, path: str, field: str, text: str) -> None:
    data = {"password": "wrong", "username": "a", "password1": "x", "password2": "x", field: text}
    assert client.post(path, data).status_code == 200

"""Wrong API tokens are answered 429 after a while; a right one passes from the same address."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts import token_sign_in, tokens
from accounts.models import User

API = "/api/v1/predictions/"


def ask(token: str, address: str = "10.0.0.1") -> Any:
    return Client(REMOTE_ADDR=address, headers={"Authorization": f"Token {token}"}).get(API)


@pytest.fixture
def _guessed(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_sign_in, "WRONG_A_MINUTE", 3)
    for number in range(3):
        assert ask(f"wrong{number}").status_code == 401


def test_thirty_a_minute_are_answered() -> None:
    assert token_sign_in.WRONG_A_MINUTE == 30


@pytest.mark.usefixtures("_guessed")
def test_more_are_429_as_a_problem() -> None:
    answer = ask("wrong")
    assert answer.status_code == 429
    assert answer["Content-Type"] == "application/problem+json"
    assert 0 < int(answer["Retry-After"]) <= 60
    assert "wrong tokens" in answer.json()["detail"]


@pytest.mark.usefixtures("_guessed")
@pytest.mark.parametrize("header", ["Token", "Token a b", "Token \xff\xfe", "Token ünï"])
def test_malformed_ones_count_too(header: str) -> None:
    assert APIClient().get(API, HTTP_AUTHORIZATION=header, REMOTE_ADDR="10.0.0.1").status_code == 429


@pytest.mark.usefixtures("_guessed")
def test_a_right_one_passes_from_there(owner: User) -> None:
    assert ask(tokens.create_token(user=owner)).status_code == 200


@pytest.mark.usefixtures("_guessed")
def test_other_addresses_are_not_meant() -> None:
    assert ask("wrong", address="10.0.0.2").status_code == 401


@pytest.mark.usefixtures("_guessed")
def test_a_wrong_one_costs_one_look_at_most(django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(1):
        ask("wrong")
    with django_assert_max_num_queries(0):
        ask("not/a/token")


@pytest.mark.usefixtures("_guessed")
def test_a_session_is_not_meant(owner_client: Client) -> None:
    assert owner_client.get(API).status_code == 200


def test_bytes_that_are_no_text_are_a_401(db: None) -> None:
    assert APIClient().get(API, HTTP_AUTHORIZATION="Token \xff\xfe").status_code == 401


def test_without_redis_nothing_is_counted(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from digitsite.settings import CACHES

    settings.CACHES = CACHES
    monkeypatch.setattr(token_sign_in, "WRONG_A_MINUTE", 0)
    assert ask("wrong").status_code == 401

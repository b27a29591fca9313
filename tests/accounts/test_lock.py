"""Five wrong passwords lock an account for a while, by whatever name it was called; so do wrong codes."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User

PASSWORD = "correct horse battery"
SPELLINGS = ["owner", "OWNER", "owner@example.com", " Owner@Example.com ", "owner\t"]


def attempt(login: str, password: str = "wrong", address: str = "10.0.0.1") -> Any:
    return Client(REMOTE_ADDR=address).post("/accounts/login/", {"login": login, "password": password})


def lock(logins: list[str]) -> None:
    for number, login in enumerate(logins):
        assert attempt(login, address=f"10.0.1.{number}").status_code == 200


def test_the_sixth_attempt_is_429_in_the_sites_look(owner: User) -> None:
    lock(["owner"] * 5)
    answer = attempt("owner")
    assert answer.status_code == 429
    assert answer["Retry-After"] == "300"
    assert "Wait 5 minutes" in answer.content.decode()
    assert "css/site" in answer.content.decode()


@pytest.mark.parametrize("last", SPELLINGS)
def test_no_spelling_gives_more_tries_and_the_right_password_none(owner: User, last: str) -> None:
    lock(SPELLINGS)
    answer = attempt(last, PASSWORD, address="10.0.2.1")
    assert answer.status_code == 429
    assert "sessionid" not in answer.cookies


def test_another_host_name_gives_no_more_either(owner: User, settings: Any) -> None:
    lock(["owner"] * 5)
    settings.ALLOWED_HOSTS = ["testserver", "other"]
    form = {"login": "owner", "password": PASSWORD}
    assert Client().post("/accounts/login/", form, headers={"host": "other"}).status_code == 429


def test_a_name_without_an_account_is_locked_all_the_same(owner: User) -> None:
    lock(["nobody", "NOBODY", " nobody", "nobody ", "Nobody"])
    assert attempt("nobody").status_code == 429


def test_others_are_not_locked(owner: User, stranger: User) -> None:
    lock(["owner"] * 5)
    assert attempt("stranger", PASSWORD).status_code == 302


def test_one_address_has_ten_wrong_attempts_a_minute(owner: User) -> None:
    for number in range(10):
        assert attempt(f"name {number}").status_code == 200
    assert attempt("owner", PASSWORD).status_code == 429
    assert attempt("owner", PASSWORD, address="10.0.0.2").status_code == 302


def test_right_passwords_count_for_nothing(owner: User) -> None:
    for _ in range(8):
        assert attempt("owner", PASSWORD).status_code == 302


def test_the_lock_ends(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    lock(["owner"] * 5)
    later = time.time() + 301
    monkeypatch.setattr("time.time", lambda: later)
    assert attempt("owner", PASSWORD).status_code == 302


def test_a_reset_ends_it(owner: User, client: Client, mailoutbox: Any) -> None:
    from tests.accounts.test_passwords import NEW, reset

    lock(["owner"] * 5)
    reset(client, mailoutbox)
    assert attempt("owner", NEW).status_code == 302


def test_who_claims_an_address_does_not_end_the_lock_of_its_owner(
    owner: User, stranger: User, client: Client, mailoutbox: Any
) -> None:
    from allauth.account.models import EmailAddress

    from tests.accounts.test_passwords import reset

    EmailAddress.objects.create(user=stranger, email=stranger.email, verified=True, primary=True)
    EmailAddress.objects.create(user=owner, email=stranger.email)
    lock(["stranger"] * 5)
    reset(client, mailoutbox)
    assert attempt("stranger", PASSWORD).status_code == 429


def test_the_question_for_the_password_is_locked_with_it(owner: User, owner_client: Client) -> None:
    for _ in range(5):
        owner_client.post("/accounts/reauthenticate/", {"password": "wrong"})
    assert owner_client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 429
    assert attempt("owner", PASSWORD).status_code == 429


def test_a_stolen_session_does_not_guess_the_password_on_the_page_that_changes_it(
    owner: User, owner_client: Client
) -> None:
    form = {"oldpassword": "wrong", "password1": "a new battery staple", "password2": "a new battery staple"}
    for _ in range(5):
        assert owner_client.post("/accounts/password/change/", form).status_code == 200
    assert attempt("owner", PASSWORD).status_code == 429


def test_without_redis_nothing_is_counted_nobody_is_locked_out_and_it_is_logged(
    owner: User, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    from digitsite.settings import CACHES

    settings.CACHES = CACHES  # on a socket on which nobody listens
    assert cache.add("key", 1) is True
    for _ in range(6):
        assert attempt("owner").status_code == 200
    assert attempt("owner", PASSWORD).status_code == 302
    assert "Exception ignored" in caplog.text

"""Sign-up does not tell whose address it is; the one whose it is learns of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.adapter import AccountAdapter
from accounts.models import User
from tests.accounts.test_addresses import confirmed, link_in
from tests.accounts.test_sign_in import sign_up
from tests.conftest import PASSWORD


def answer(email: str, name: str) -> tuple[int, str, list[str]]:
    """Status, target and the pages that somebody sees who signs up, without what they typed."""
    client = Client()
    signed_up = sign_up(client, email=email, username=name)
    pages = [client.get(path).content.decode() for path in ["/?save=1", "/accounts/", "/accounts/email/"]]
    drawn = r'nonce="[^"]+"|(value|data-csrf)="\w{64}"'
    return (
        signed_up.status_code,
        signed_up["Location"],
        [re.sub(drawn, "", page).replace(email, "X").replace(name, "N") for page in pages],
    )


def test_a_registered_address_and_a_new_one_look_the_same(owner: User, mailoutbox: Any) -> None:
    confirmed(owner)
    assert answer("owner@example.com", "evening") == answer("other@example.com", "morning")
    assert [mail.to for mail in mailoutbox] == [["owner@example.com"], ["other@example.com"]]
    assert "Somebody has just given owner@example.com" in mailoutbox[0].body
    assert "evening" not in mailoutbox[0].body
    assert "confirm-email" in mailoutbox[1].body


def test_who_signed_up_with_it_gets_nothing_of_its_owner(owner: User, client: Client, mailoutbox: Any) -> None:
    confirmed(owner)
    sign_up(client, email="owner@example.com")
    mailoutbox.clear()
    Client().post("/accounts/password/reset/", {"email": "owner@example.com"})
    assert [("owner." in mail.body, "newcomer" in mail.body) for mail in mailoutbox] == [(True, False)]
    thief = EmailAddress.objects.get(user__username="newcomer")
    assert not thief.can_set_verified()


def test_a_sign_up_is_confirmed_by_mail_but_does_not_wait_for_it(
    db: None, client: Client, mailoutbox: Any
) -> None:
    sign_up(client, email="new@example.com")
    assert client.get("/history/").status_code == 200
    page = client.get(link := link_in(mailoutbox[0].body, "confirm-email"))
    assert "the address of newcomer" in page.content.decode()
    client.post(link)
    assert EmailAddress.objects.get().verified


def test_without_an_address_all_works(db: None, client: Client, mailoutbox: Any) -> None:
    sign_up(client)
    for path in ["/history/", "/accounts/", "/accounts/email/", "/accounts/2fa/", "/accounts/sessions/"]:
        assert client.get(path).status_code == 200
    assert mailoutbox == []


def test_a_name_that_is_taken_is_said_and_guessing_is_limited(owner: User) -> None:
    assert "already exists" in sign_up(Client(), username="owner").content.decode()
    statuses = [sign_up(Client(), username="owner").status_code for _ in range(20)]
    assert statuses[-1] == 429


@pytest.mark.parametrize("name", ["me@example.com", "@"])
def test_a_new_name_does_not_look_like_an_address(db: None, client: Client, name: str) -> None:
    assert "no @" in sign_up(client, username=name).content.decode()
    assert not User.objects.exists()


def test_a_reset_looks_the_same_and_mails_either(owner: User, mailoutbox: Any) -> None:
    for email in ["owner@example.com", "nobody@example.com"]:
        done = Client().post("/accounts/password/reset/", {"email": email})
        assert (done.status_code, done["Location"]) == (302, "/accounts/password/reset/done/")
    assert [mail.to for mail in mailoutbox] == [["owner@example.com"], ["nobody@example.com"]]


def test_of_two_who_take_one_name_at_once_the_second_is_told(owner: User, client: Client, monkeypatch) -> None:
    monkeypatch.setattr(AccountAdapter, "clean_username", lambda self, username, shallow=False: username)
    monkeypatch.setattr(User, "validate_unique", lambda self, exclude=None: None)
    answer = client.post(
        "/accounts/signup/",
        {"username": "owner", "password1": PASSWORD, "password2": PASSWORD},
        follow=True,
    )
    assert "just taken this username" in answer.content.decode()
    assert User.objects.filter(username="owner").count() == 1

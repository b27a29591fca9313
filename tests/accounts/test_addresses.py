"""A new address counts once it is confirmed, and the old one is told. A stolen session does not get that far."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.models import User
from tests.accounts.test_sign_in import sign_up

PASSWORD = "correct horse battery"
ADDRESSES = "/accounts/email/"
NEW = "new@example.com"


def confirmed(user: User) -> None:
    EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )


def prove(client: Client) -> None:
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})


def link_in(body: str, part: str) -> str:
    [link] = re.findall(rf"http://testserver(\S*{part}\S*)", body)
    return link


def to(mailoutbox: Any) -> list[str]:
    return [address for mail in mailoutbox for address in mail.to]


@pytest.fixture(params=["confirmed", "not confirmed", "from the admin"])
def account(request: pytest.FixtureRequest, owner: User) -> User:
    """The owner, with an address in each state in which one can be."""
    if request.param != "from the admin":
        verified = request.param == "confirmed"
        EmailAddress.objects.create(user=owner, email=owner.email, verified=verified, primary=True)
    return owner


def test_a_new_address_replaces_the_old_one_once_it_is_confirmed(
    account: User, owner_client: Client, mailoutbox: Any
) -> None:
    prove(owner_client)
    owner_client.post(ADDRESSES, {"action_add": "", "email": "New@Example.com"})
    account.refresh_from_db()
    assert account.email == "owner@example.com"
    assert to(mailoutbox) == [NEW]
    owner_client.post(link_in(mailoutbox[0].body, "confirm-email"))
    account.refresh_from_db()
    assert account.email == NEW
    assert [(row.email, row.verified, row.primary) for row in EmailAddress.objects.all()] == [(NEW, True, True)]
    told = mailoutbox[1]
    assert told.to == ["owner@example.com"]
    for word in [NEW, "127.0.0.1", "If not, somebody else is in your account", "/accounts/password/reset/"]:
        assert word in told.body


@pytest.mark.parametrize(
    "step",
    [
        {"action_add": "", "email": "thief's.other@example.com"},
        {"action_primary": "", "email": "thief@example.com"},
        {"action_remove": "", "email": "owner@example.com"},
    ],
)
def test_a_stolen_session_is_asked_for_the_password(
    account: User, owner_client: Client, mailoutbox: Any, step: dict
) -> None:
    EmailAddress.objects.create(user=account, email="thief@example.com")  # as if the first step had been done
    before = list(EmailAddress.objects.filter(email__startswith="thief").values())
    answer = owner_client.post(ADDRESSES, step)
    account.refresh_from_db()
    assert account.email == "owner@example.com"
    assert list(EmailAddress.objects.filter(email__startswith="thief").values()) == before
    if "action_primary" not in step:
        assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert mailoutbox == []


@pytest.mark.parametrize("action", ["action_primary", "action_remove"])
def test_not_even_with_the_password_does_an_address_count_that_nobody_confirmed(
    account: User, owner_client: Client, mailoutbox: Any, action: str
) -> None:
    prove(owner_client)
    owner_client.post(ADDRESSES, {"action_add": "", "email": NEW})
    email = NEW if action == "action_primary" else "owner@example.com"
    owner_client.post(ADDRESSES, {action: "", "email": email})
    account.refresh_from_db()
    assert account.email == "owner@example.com"
    mailoutbox.clear()
    owner_client.post("/accounts/password/reset/", {"email": NEW})
    assert "/key/" not in mailoutbox[0].body  # no link, but the words for an address without an account
    assert owner_client.get(ADDRESSES).content.decode().count("waits to be confirmed") == 1


def test_the_reset_link_still_goes_to_the_old_address_while_the_new_one_waits(
    account: User, owner_client: Client, client: Client, mailoutbox: Any
) -> None:
    prove(owner_client)
    owner_client.post(ADDRESSES, {"action_add": "", "email": NEW})
    mailoutbox.clear()
    client.post("/accounts/password/reset/", {"email": "owner@example.com"})
    assert "/password/reset/key/" in mailoutbox[0].body
    client.post("/accounts/login/", {"login": NEW, "password": PASSWORD})
    assert client.get("/history/").status_code == 302


def test_a_change_that_waits_is_taken_back(account: User, owner_client: Client, mailoutbox: Any) -> None:
    prove(owner_client)
    owner_client.post(ADDRESSES, {"action_add": "", "email": NEW})
    link = link_in(mailoutbox[0].body, "confirm-email")
    owner_client.post(ADDRESSES, {"action_remove": "", "email": NEW})
    assert owner_client.post(link).status_code == 404
    account.refresh_from_db()
    assert account.email == "owner@example.com"


def test_the_second_change_replaces_the_first(account: User, owner_client: Client) -> None:
    prove(owner_client)
    for email in [NEW, "newer@example.com"]:
        owner_client.post(ADDRESSES, {"action_add": "", "email": email})
    assert {row.email for row in EmailAddress.objects.all()} == {"owner@example.com", "newer@example.com"}


def test_who_removes_the_only_address_is_told_there(account: User, owner_client: Client, mailoutbox: Any) -> None:
    prove(owner_client)
    owner_client.post(ADDRESSES, {"action_remove": "", "email": "owner@example.com"})
    account.refresh_from_db()
    assert account.email == ""
    assert mailoutbox[0].to == ["owner@example.com"]
    assert owner_client.get(ADDRESSES).status_code == 200


def test_who_never_gave_an_address_adds_one(owner: User, owner_client: Client, mailoutbox: Any) -> None:
    User.objects.update(email="")
    prove(owner_client)
    owner_client.post(ADDRESSES, {"action_add": "", "email": NEW})
    owner.refresh_from_db()
    assert owner.email == ""
    owner_client.post(link_in(mailoutbox[0].body, "confirm-email"))
    owner.refresh_from_db()
    assert owner.email == NEW
    assert to(mailoutbox) == [NEW]  # there is no old one to tell


def test_the_address_of_another_is_not_taken_and_not_told_apart(
    owner: User, stranger: User, owner_client: Client, mailoutbox: Any
) -> None:
    confirmed(stranger)
    prove(owner_client)
    pages = []
    for email in ["stranger@example.com", "somebody@example.com"]:
        page = owner_client.post(ADDRESSES, {"action_add": "", "email": email}, follow=True).content.decode()
        pages.append(re.sub(r'name="csrfmiddlewaretoken" value="\w+"|nonce="[^"]+"', "", page).replace(email, "X"))
    assert pages[0] == pages[1]
    assert "confirm-email" not in mailoutbox[0].body
    assert mailoutbox[0].to == ["stranger@example.com"]


def test_an_address_that_two_have_given_belongs_to_who_confirms_it(
    owner: User, stranger: User, mailoutbox: Any, client: Client
) -> None:
    User.objects.update(email="owner@example.com")
    client.post("/accounts/password/reset/", {"email": "owner@example.com"})
    assert len(mailoutbox) == 2  # each names its account
    confirmed(stranger := User.objects.get(pk=stranger.pk))
    mailoutbox.clear()
    client.post("/accounts/password/reset/", {"email": "owner@example.com"})
    assert [stranger.username in mail.body for mail in mailoutbox] == [True]


def test_an_address_in_capitals_is_the_same_address(owner: User, owner_client: Client, client: Client) -> None:
    User.objects.update(email="Owner@example.com")  # as createsuperuser leaves it
    for _ in range(2):
        client.post("/accounts/login/", {"login": "owner@example.com", "password": PASSWORD})
        assert client.get("/history/").status_code == 200
        client.logout()
    assert "not confirmed" in owner_client.get(ADDRESSES).content.decode()


def test_the_page_without_a_session_is_a_sign_in(db: None, client: Client) -> None:
    assert client.get(ADDRESSES)["Location"].startswith("/accounts/login/")


def test_an_address_that_waits_for_its_confirmation_logs_nobody_in(db: None, client: Client) -> None:
    """Else whoever signs up with an address sees by the next log-in whether somebody had it already."""
    sign_up(client, email="new@example.com", username="new")
    for login, status in (("new@example.com", 302), ("new", 200)):
        another = Client()
        another.post("/accounts/login/", {"login": login, "password": PASSWORD})
        assert another.get("/history/").status_code == status

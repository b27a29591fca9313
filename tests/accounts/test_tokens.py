"""API tokens: made, shown once, used, revoked."""

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from knox.models import AuthToken

from accounts import tokens
from accounts.models import User

API = "/api/v1/predictions/"


@pytest.fixture
def owner_client(owner_client: Client) -> Client:
    """Somebody who has just been asked for their password, as making a token takes."""
    owner_client.post("/accounts/reauthenticate/", {"password": "correct horse battery"})
    return owner_client


def status(token: str) -> int:
    return Client(headers={"Authorization": f"Token {token}"}).get(API).status_code


def test_the_command_prints_a_token_and_nothing_else(owner: User, capsys: pytest.CaptureFixture) -> None:
    call_command("create_api_token", "owner")
    printed = capsys.readouterr()
    assert printed.out.strip().isalnum()
    assert printed.err == ""
    assert status(printed.out.strip()) == 200


def test_the_command_makes_a_user_if_told_to(db: None, capsys: pytest.CaptureFixture) -> None:
    call_command("create_api_token", "robot", "--create")
    assert status(capsys.readouterr().out.strip()) == 200
    assert not User.objects.get(username="robot").has_usable_password()
    call_command("create_api_token", "robot", "--create")
    assert User.objects.count() == 1


def test_the_command_refuses_an_unknown_user(db: None) -> None:
    with pytest.raises(CommandError, match="--create"):
        call_command("create_api_token", "nobody")


@pytest.mark.parametrize("name", ["", "x" * 151, "a b/<x>"])
def test_the_command_refuses_a_name_that_is_none(db: None, name: str) -> None:
    with pytest.raises(CommandError):
        call_command("create_api_token", name, "--create")
    assert not User.objects.exists()


def test_a_token_made_on_the_page_is_shown_once(owner_client: Client) -> None:
    page = owner_client.post("/accounts/tokens/")
    token = page.context["new_token"]
    assert token in page.content.decode()
    assert token not in str(dict(owner_client.session))
    assert status(token) == 200
    assert token not in owner_client.get("/accounts/").content.decode()


def test_a_token_is_not_stored_in_clear(owner: User) -> None:
    token = tokens.create_token(user=owner)
    assert token not in str(list(AuthToken.objects.values()))


def test_a_revoked_token_no_longer_works(owner_client: Client, owner: User) -> None:
    token = tokens.create_token(user=owner)
    digest = AuthToken.objects.get().digest
    assert owner_client.post(f"/accounts/tokens/{digest}/revoke/").status_code == 302
    assert status(token) == 401


def test_nobody_revokes_the_token_of_another(stranger_client: Client, owner: User) -> None:
    token = tokens.create_token(user=owner)
    digest = AuthToken.objects.get().digest
    assert stranger_client.post(f"/accounts/tokens/{digest}/revoke/").status_code == 404
    assert status(token) == 200


def test_there_is_an_end_to_how_many(owner_client: Client, owner: User) -> None:
    for _ in range(tokens.MOST):
        tokens.create_token(user=owner)
    with pytest.raises(CommandError, match="Revoke one"):
        call_command("create_api_token", "owner")
    page = owner_client.post("/accounts/tokens/", follow=True)
    assert page.context["new_token"] is None
    assert "Revoke one" in page.content.decode()


@pytest.mark.parametrize("header", ["Token nonsense", "Token ", "Bearer x", "Basic eDp5"])
def test_a_wrong_token_gets_nothing(db: None, header: str) -> None:
    assert Client(headers={"Authorization": header}).get(API).status_code == 401

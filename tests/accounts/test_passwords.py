"""What ends with a password: other sessions, and API tokens unless somebody says otherwise. The owner is told."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.test import Client
from knox.models import AuthToken

from accounts import tokens
from accounts.models import User
from tests.conftest import signed_in

PASSWORD, NEW = "correct horse battery", "a new battery staple"
KEPT = pytest.mark.parametrize(("sent", "left"), [({}, 0), ({"keep_tokens": "on"}, 1)])


def change(client: Client, **sent: str) -> Any:
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW, **sent}
    return client.post("/accounts/password/change/", form, follow=True)


def reset(client: Client, mailoutbox: Any, **sent: str) -> None:
    client.post("/accounts/password/reset/", {"email": "owner@example.com"})
    [link] = re.findall(r"http://testserver(\S+/key/\S+)", mailoutbox[0].body)
    form = client.get(link, follow=True).redirect_chain[-1][0]
    mailoutbox.clear()
    client.post(form, {"password1": NEW, "password2": NEW, **sent})


@KEPT
def test_tokens_go_with_a_change_unless_they_shall_stay(
    owner: User, stranger: User, owner_client: Client, mailoutbox: Any, sent: dict, left: int
) -> None:
    tokens.create_token(user=owner)
    tokens.create_token(user=stranger)
    change(owner_client, **sent)
    assert tokens.tokens_of(owner).count() == left
    assert tokens.tokens_of(stranger).count() == 1
    assert mailoutbox[0].to == ["owner@example.com"]
    assert ("API tokens that stay valid: 1" if left else "No API token is valid any more") in mailoutbox[0].body


@KEPT
def test_tokens_go_with_a_reset_unless_they_shall_stay(
    owner: User, client: Client, mailoutbox: Any, sent: dict, left: int
) -> None:
    tokens.create_token(user=owner)
    reset(client, mailoutbox, **sent)
    assert tokens.tokens_of(owner).count() == left
    assert mailoutbox[0].to == ["owner@example.com"]


def test_the_form_says_so_and_the_box_is_empty(owner: User, owner_client: Client) -> None:
    assert "API tokens" not in owner_client.get("/accounts/password/change/").content.decode()  # there are none
    tokens.create_token(user=owner)
    page = owner_client.get("/accounts/password/change/").content.decode()
    assert "Keep my API tokens" in page
    [box] = re.findall(r'<input[^>]*name="keep_tokens"[^>]*>', page)
    assert "checked" not in box


def test_a_change_that_fails_revokes_nothing(owner: User, owner_client: Client, mailoutbox: Any) -> None:
    tokens.create_token(user=owner)
    change(owner_client, oldpassword="wrong")
    assert AuthToken.objects.count() == 1
    assert mailoutbox == []


def test_other_sessions_end_with_a_change_and_this_one_goes_on(owner: User, owner_client: Client) -> None:
    other = signed_in(owner)
    change(owner_client)
    assert owner_client.get("/history/").status_code == 200
    assert other.get("/history/").status_code == 302


def test_all_sessions_end_with_a_reset(owner: User, owner_client: Client, mailoutbox: Any) -> None:
    reset(Client(), mailoutbox)
    assert owner_client.get("/history/").status_code == 302


def test_a_password_set_by_staff_ends_tokens_too_and_the_owner_is_told(
    owner: User, reviewer_client: Client, mailoutbox: Any
) -> None:
    tokens.create_token(user=owner)
    form = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    reviewer_client.post(f"/admin/accounts/user/{owner.pk}/password/", form)
    owner.refresh_from_db()
    assert owner.check_password(NEW)
    assert not AuthToken.objects.exists()
    assert mailoutbox[0].to == ["owner@example.com"]


def test_making_a_token_takes_the_password_and_is_told(owner: User, owner_client: Client, mailoutbox: Any) -> None:
    answer = owner_client.post("/accounts/tokens/")
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert not AuthToken.objects.exists()
    page = owner_client.post(answer["Location"], {"password": PASSWORD})
    assert page.context["new_token"].startswith(AuthToken.objects.get().token_key)
    assert AuthToken.objects.get().token_key in mailoutbox[0].body
    assert page.context["new_token"] not in mailoutbox[0].body


def test_revoking_one_is_told_and_takes_no_password(owner: User, owner_client: Client, mailoutbox: Any) -> None:
    tokens.create_token(user=owner)
    owner_client.post(f"/accounts/tokens/{AuthToken.objects.get().digest}/revoke/")
    assert not AuthToken.objects.exists()
    assert mailoutbox[0].to == ["owner@example.com"]


def test_a_mail_server_that_is_away_stops_nothing(
    owner: User, owner_client: Client, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    change(owner_client)
    owner.refresh_from_db()
    assert owner.check_password(NEW)
    assert "password_changed could not be sent" in caplog.text


def test_new_passwords_are_argon2_and_old_ones_still_open(owner: User, client: Client, settings: Any) -> None:
    from digitsite.settings import PASSWORD_HASHERS

    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    assert make_password(NEW).startswith("argon2$argon2id$")
    User.objects.update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))
    client.post("/accounts/login/", {"login": "owner", "password": PASSWORD})
    assert client.get("/history/").status_code == 200
    owner.refresh_from_db()
    assert owner.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert check_password(PASSWORD, owner.password)

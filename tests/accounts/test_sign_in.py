"""Sign-up, log-in, log-out, password change and reset, in the site's own pages."""

import re

import pytest
from django.test import Client

from accounts.models import User

PASSWORD = "correct horse battery"


def sign_up(client: Client, **changes: str):
    data = {"username": "newcomer", "email": "", "password1": PASSWORD, "password2": PASSWORD, **changes}
    return client.post("/accounts/signup/?next=/%3Fsave%3D1", data)


def test_signing_up_signs_in_and_goes_back_to_the_drawing(db: None, client: Client) -> None:
    assert sign_up(client)["Location"] == "/?save=1"
    assert client.get("/history/").status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"password2": "another one entirely"},
        {"password1": "short", "password2": "short"},
        {"password1": "password123", "password2": "password123"},
        {"username": ""},
        {"username": "owner"},
        {"email": "no address"},
    ],
)
def test_a_bad_sign_up_is_explained(owner: User, client: Client, changes: dict) -> None:
    answer = sign_up(client, **changes)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert User.objects.count() == 1


@pytest.mark.parametrize("login", ["owner", "owner@example.com"])
def test_logging_in_and_out(owner: User, client: Client, login: str) -> None:
    assert client.post("/accounts/login/", {"login": login, "password": PASSWORD})["Location"] == "/"
    assert client.get("/history/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/history/").status_code == 302


def test_a_wrong_password_and_an_unknown_name_look_the_same(owner: User, client: Client) -> None:
    answers = [
        client.post("/accounts/login/", {"login": name, "password": "wrong"}) for name in ["owner", "nobody"]
    ]
    errors = [answer.context["form"].errors for answer in answers]
    assert errors[0] == errors[1] != {}


def test_guessing_passwords_is_stopped_even_with_the_right_one(owner: User, client: Client) -> None:
    for _ in range(12):
        client.post("/accounts/login/", {"login": "owner", "password": "wrong"})
    client.post("/accounts/login/", {"login": "owner", "password": PASSWORD})
    assert client.get("/history/").status_code == 302


def test_a_sign_in_does_not_lead_elsewhere(owner: User, client: Client) -> None:
    answer = client.post("/accounts/login/?next=https://evil.example/", {"login": "owner", "password": PASSWORD})
    assert answer["Location"] == "/"


def test_changing_the_password(owner_client: Client, client: Client) -> None:
    new = {"oldpassword": PASSWORD, "password1": "a new battery staple", "password2": "a new battery staple"}
    assert owner_client.post("/accounts/password/change/", new)["Location"] == "/accounts/"
    client.post("/accounts/login/", {"login": "owner", "password": "a new battery staple"})
    assert client.get("/history/").status_code == 200


def test_resetting_the_password_by_mail(owner: User, client: Client, mailoutbox) -> None:
    client.post("/accounts/password/reset/", {"email": "owner@example.com"})
    assert "Numeral" in mailoutbox[0].body
    [link] = re.findall(r"http://testserver(\S+)", mailoutbox[0].body)
    page = client.get(link, follow=True)
    form = page.redirect_chain[-1][0]
    client.post(form, {"password1": "a new battery staple", "password2": "a new battery staple"})
    client.post("/accounts/login/", {"login": "owner", "password": "a new battery staple"})
    assert client.get("/history/").status_code == 200


def test_a_reset_does_not_tell_who_has_an_account(owner: User, client: Client) -> None:
    answers = [
        client.post("/accounts/password/reset/", {"email": f"{name}@example.com"}) for name in ["owner", "nobody"]
    ]
    assert answers[0].status_code == answers[1].status_code == 302
    assert answers[0]["Location"] == answers[1]["Location"]


@pytest.mark.parametrize(
    "path", ["login", "signup", "password/reset", "password/reset/done", "password/reset/key/done"]
)
def test_every_page_wears_the_sites_look(db: None, client: Client, path: str) -> None:
    page = client.get(f"/accounts/{path}/")
    assert page.status_code == 200
    assert "css/" in page.content.decode()
    assert "Content-Security-Policy" in page
    assert "unsafe-inline" not in page["Content-Security-Policy"]

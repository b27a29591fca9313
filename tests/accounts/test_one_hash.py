"""Each attempt to log in costs one hash and looks the same, whatever was typed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import MD5PasswordHasher, make_password
from django.test import Client

from accounts import sign_in
from accounts.models import User

PASSWORD = "correct horse battery"
made: Counter[str] = Counter()


class New(MD5PasswordHasher):
    algorithm = "new"

    def encode(self, password: str, salt: str) -> str:
        made[self.algorithm] += 1
        return super().encode(password, salt)


class Old(New):
    algorithm = "old"


@pytest.fixture(autouse=True)
def _counting(settings: Any) -> Iterator[None]:
    settings.PASSWORD_HASHERS = [f"{__name__}.New", f"{__name__}.Old"]
    yield
    made.clear()


@pytest.fixture
def people(db: None) -> User:
    """Everybody whose name somebody could type."""
    owner = User.objects.create_user("owner", "owner@example.com", PASSWORD)
    confirmed = User.objects.create_user("confirmed", "confirmed@example.com", PASSWORD)
    EmailAddress.objects.create(user=confirmed, email=confirmed.email, verified=True, primary=True)
    User.objects.create_user("gone", "gone@example.com", PASSWORD, is_active=False)
    User.objects.create_user("robot", "robot@example.com")
    # A name from before names like addresses were refused, which is also the address of another.
    User.objects.create_user("confirmed@example.com", "other@example.com", PASSWORD)
    for name in ["first", "second"]:  # nobody has confirmed this one
        User.objects.create_user(name, "shared@example.com", PASSWORD)
    return owner


TYPED = [
    "owner", "OWNER", " owner ", "owner@example.com", "Owner@Example.COM", "confirmed@example.com", "nobody",
    "nobody@example.com", "gone", "gone@example.com", "robot", "robot@example.com", "shared@example.com", "@",
    "other@example.com",
]  # fmt: skip


def attempt(login: str, password: str = "wrong") -> Any:
    made.clear()
    return Client().post("/accounts/login/", {"login": login, "password": password})


@pytest.mark.parametrize("login", TYPED)
def test_a_wrong_password_costs_one_hash(people: User, login: str) -> None:
    attempt(login)
    assert made == {"new": 1}


@pytest.mark.parametrize("login", ["owner", "confirmed@example.com", "gone", "shared@example.com"])
def test_the_right_one_costs_one_too(people: User, login: str) -> None:
    assert attempt(login, PASSWORD).status_code == 302
    assert made == {"new": 1}


def test_answers_are_the_same(people: User) -> None:
    for logins in [
        ["owner", "nobody", "gone", "robot"],
        ["owner@example.com", "x@example.com", "gone@example.com"],
    ]:
        answers = [attempt(login) for login in logins]
        assert {answer.status_code for answer in answers} == {200}
        # Without what is drawn anew for each answer, and what was typed.
        bodies = [
            re.sub(r'(nonce|name="csrfmiddlewaretoken" value|name="login" value)="[^"]*"', "", a.content.decode())
            for a in answers
        ]
        assert len(set(bodies)) == 1
        varying = {"Expires", "Last-Modified", "Content-Length"}  # by the second, and by what was typed
        headers = [
            {name: re.sub(r"nonce-[^']+", "", value) for name, value in a.items() if name not in varying}
            for a in answers
        ]
        assert all(each == headers[0] for each in headers)


def test_who_confirmed_an_address_wins_over_a_name_that_looks_like_it(people: User) -> None:
    found = sign_in.account_of("Confirmed@example.com ")
    assert found is not None
    assert found.username == "confirmed"


def test_such_a_name_wins_over_an_address_that_nobody_confirmed(db: None) -> None:
    name = User.objects.create_user("x@example.com", "", PASSWORD)
    User.objects.create_user("thief", "x@example.com", PASSWORD)
    assert sign_in.account_of("x@example.com") == name


def test_two_names_that_differ_in_case_alone_are_two(db: None) -> None:
    big, small = [User.objects.create_user(name, "", PASSWORD) for name in ["Bob", "bob"]]
    assert [sign_in.named(name) for name in ["Bob", "bob", "BOB"]] == [big, small, None]


def test_somebody_inactive_is_told_only_with_the_right_password(people: User) -> None:
    assert attempt("gone").status_code == 200
    assert attempt("gone", PASSWORD)["Location"] == "/accounts/inactive/"


def test_as_many_unknown_names_as_accounts_take_as_long_as_an_old_password(people: User) -> None:
    """Half of the passwords are old: so are half of the unknown names, each name always."""
    for user in User.objects.filter(username__in=["owner", "confirmed", "first"]):
        user.password = make_password(PASSWORD, hasher="old")
        user.save()
    names = [f"unknown {n}" for n in range(60)]
    seen = [sign_in._decoy_hasher(name) for name in names]
    assert 15 < seen.count("old") < 45
    assert seen == [sign_in._decoy_hasher(name) for name in names]
    slow = names[seen.index("old")]
    attempt(slow)
    assert made == {"old": 1}
    attempt("owner")
    assert made == {"old": 1}


def test_once_no_password_is_old_no_name_is_slow(people: User) -> None:
    assert {sign_in._decoy_hasher(f"unknown {n}") for n in range(60)} == {"new"}


def test_the_admin_and_the_question_for_the_password_cost_one_too(people: User) -> None:
    client = Client()
    client.force_login(people)
    made.clear()
    client.post("/accounts/reauthenticate/", {"password": "wrong"})
    assert made == {"new": 1}

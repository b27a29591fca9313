"""What people allow: that their drawings train, and that the reader learns their hand. Nobody is asked twice."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.models import User
from recognizer.models import Drawing, Review
from tests.accounts.test_sign_in import sign_up
from tests.recognizer.course import reviewed

SWITCHES = "/accounts/switches/"


def turn(client: Client, switch: str, on: bool) -> str:
    return client.post(SWITCHES, {"switch": switch, "on": "on" if on else ""}, follow=True).content.decode()


def checked(page: str, label: str) -> str:
    """The state that the switch with this label says it is in."""
    found = re.search(rf'aria-checked="(\w+)" aria-labelledby="{label}"', page)
    assert found
    return found[1]


def test_nobody_trains_who_has_not_said_so(owner_client: Client, owner: User) -> None:
    page = owner_client.get("/accounts/").content.decode()
    assert not owner.may_train
    assert checked(page, "may-train") == "false"
    assert checked(page, "adapts") == "true"


@pytest.mark.parametrize(("switch", "label"), [("may_train", "may-train"), ("adapts", "adapts")])
def test_a_switch_is_turned_on_and_off(owner_client: Client, owner: User, switch: str, label: str) -> None:
    for on in [True, False]:
        page = turn(owner_client, switch, on)
        owner.refresh_from_db()
        assert getattr(owner, switch) is on
        assert checked(page, label) == ("true" if on else "false")


def test_one_switch_leaves_the_other_alone(owner_client: Client, owner: User) -> None:
    turn(owner_client, "may_train", True)
    owner.refresh_from_db()
    assert (owner.may_train, owner.adapts) == (True, True)
    turn(owner_client, "adapts", False)
    owner.refresh_from_db()
    assert (owner.may_train, owner.adapts) == (True, False)


def test_a_page_that_was_open_for_long_turns_nothing_round(owner_client: Client, owner: User) -> None:
    for _ in range(2):
        turn(owner_client, "may_train", True)
    owner.refresh_from_db()
    assert owner.may_train


def test_withdrawing_says_what_it_does_and_takes_drawings_out_of_the_next_training(
    owner_client: Client, reviewer: User, read_drawing: Drawing
) -> None:
    turn(owner_client, "may_train", True)
    reviewed(read_drawing, reviewer)
    assert Review.objects.trainable().count() == 1
    page = turn(owner_client, "may_train", False)
    assert "Nobody else sees your drawings from now on, except those that you correct." in page
    assert "absent from the next training; versions already trained stay." in page
    assert Review.objects.trainable().count() == 0


@pytest.mark.parametrize("sent", [{}, {"switch": "is_superuser", "on": "on"}, {"switch": "is_staff", "on": "on"}])
def test_there_are_no_other_switches(owner_client: Client, owner: User, sent: dict) -> None:
    assert owner_client.post(SWITCHES, sent).status_code == 400
    owner.refresh_from_db()
    assert (owner.may_train, owner.is_staff, owner.is_superuser) == (False, False, False)


def test_looking_turns_nothing(owner_client: Client) -> None:
    assert owner_client.get(SWITCHES).status_code == 405


def test_nothing_is_turned_from_elsewhere(owner: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    assert client.post(SWITCHES, {"switch": "may_train", "on": "on"}).status_code == 403
    owner.refresh_from_db()
    assert not owner.may_train


def test_without_an_account_there_are_no_switches(db: None, client: Client) -> None:
    assert client.post(SWITCHES, {"switch": "may_train", "on": "on"})["Location"].startswith("/accounts/login/")


def test_the_box_at_sign_up_is_empty(db: None, client: Client) -> None:
    [box] = re.findall(r"<input[^>]*name=\"may_train\"[^>]*>", client.get("/accounts/signup/").content.decode())
    assert "checked" not in box


@pytest.mark.parametrize(("sent", "allowed"), [({}, False), ({"may_train": "on"}, True)])
def test_sign_up_keeps_what_was_said(db: None, client: Client, sent: dict, allowed: bool) -> None:
    sign_up(client, **sent)
    assert User.objects.get(username="newcomer").may_train is allowed


def test_a_sign_up_that_fails_keeps_the_box_as_it_was(db: None, client: Client) -> None:
    page = sign_up(client, may_train="on", username="").content.decode()
    [box] = re.findall(r"<input[^>]*name=\"may_train\"[^>]*>", page)
    assert "checked" in box


def test_the_box_comes_last(db: None, client: Client) -> None:
    fields = list(client.get("/accounts/signup/").context["form"].fields)
    assert fields == ["username", "email", "password1", "password2", "may_train"]

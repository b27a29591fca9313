"""No address answers any method of anybody with an error of ours."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from recognizer.models import Drawing, ModelVersion, TrainingRun
from tests.addresses import EVERYWHERE, OF_ADMIN, OF_ALLAUTH, OURS
from tests.conftest import FakeReader, signed_in

METHODS = (
    "get",
    "head",
    "options",
    "trace",
    "put",
    "patch",
    "post",
    "delete",
)  # what changes something comes last


@pytest.fixture
def addresses(read_drawing: Drawing, version: ModelVersion) -> dict[str, list[str]]:
    """Every address by its name, of something that is there, and of what is not."""
    now = timezone.now()
    run = TrainingRun.objects.create(trigger="command", state="failed", lease_until=now, finished_at=now)
    of_kinds = {"training": run.pk, "model": version.pk, "drawing": read_drawing.pk, "prediction": read_drawing.pk}
    found: dict[str, list[str]] = {}
    for name, route in EVERYWHERE.items():
        there = next((pk for kind, pk in of_kinds.items() if kind in name), run.pk)
        missing = "00000000-0000-4000-8000-000000000000" if there == read_drawing.pk else 999
        values = [{"pk": pk, "object_id": pk, "app_label": "accounts"} for pk in (there, missing)]
        found[name] = list({reverse(name, kwargs=route.filled(each)) for each in values})
    return found


def test_every_argument_of_ours_is_one_that_the_test_can_fill() -> None:
    known = {"pk", "digest", "drawing"}
    assert {name for route in OURS.values() for name in route.arguments} <= known, "say how to fill it, above"


ROLES = ("nobody", "owner", "stranger", "trainer", "reviewer", "program", "wrong token")


@pytest.fixture
def callers(owner, stranger, trainer, reviewer, api: Client) -> dict[str, Callable[[], Client]]:
    """How each of them calls; people sign in anew each time, since one of the addresses signs out."""
    people = {"owner": owner, "stranger": stranger, "trainer": trainer, "reviewer": reviewer}
    wrong = Client(headers={"Authorization": "Token wrong"})
    return {
        **{name: partial(signed_in, user) for name, user in people.items()},
        "nobody": Client,
        "program": lambda: api,
        "wrong token": lambda: wrong,
    }


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_no_answer_is_an_error_of_ours(
    addresses: dict[str, list[str]], callers: dict[str, Callable[[], Client]], worker: FakeReader, role: str
) -> None:
    failed = []
    for method in METHODS:
        for name, paths in addresses.items():
            client = callers[role]()
            client.raise_request_exception = False
            statuses = {getattr(client, method)(path).status_code for path in paths}
            failed += [(name, method, status) for status in statuses if status >= 500 and status != 503]
    assert not failed


def test_all_addresses_are_among_them(addresses: dict[str, list[str]]) -> None:
    assert set(addresses) == set(OURS) | set(OF_ADMIN) | set(OF_ALLAUTH)
    assert len(addresses) > 100

"""The buttons that promote, dismiss and go back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from recognizer.models import ModelVersion, Promotion
from recognizer.services import model_versions
from recognizer.serving import doorbell
from tests.recognizer.course import (
    State,
    judged_run,
    new_version,
    run_of,
    text_of,
)


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The runs that a trainer was called for."""
    calls: list[int] = []
    monkeypatch.setattr(doorbell, "call_trainer", calls.append)
    return calls


def test_a_version_that_waits_is_promoted_by_the_button(
    trainer_client: Client, trainer: User, version: ModelVersion
) -> None:
    run = judged_run(State.CANDIDATE, version)
    assert f"Promote version {run.version_id}" in text_of(trainer_client, f"/training/runs/{run.pk}/")
    page = trainer_client.post(f"/training/runs/{run.pk}/promote/", {"reason": "looks good"}, follow=True)
    assert model_versions.active_version() == run.version
    promotion = Promotion.objects.get()
    assert (promotion.kind, promotion.by, promotion.reason) == ("chosen", trainer, "looks good")
    assert f"Version {run.version_id} reads from now on." in page.content.decode()
    assert "Promote version" not in page.content.decode()


def test_against_the_gates_a_reason_is_asked_for_and_kept(trainer_client: Client, version: ModelVersion) -> None:
    run = judged_run(State.REJECTED, version, passed=False)
    assert "Promote against the gates" in text_of(trainer_client, f"/training/runs/{run.pk}/")
    page = trainer_client.post(f"/training/runs/{run.pk}/promote/", {"reason": "  "}, follow=True)
    assert "Say why: this version did not pass all gates" in page.content.decode()
    assert model_versions.active_version() == version
    trainer_client.post(f"/training/runs/{run.pk}/promote/", {"reason": "the test is wrong"})
    assert Promotion.objects.get().kind == "forced"
    assert model_versions.active_version() == run.version


def test_a_reason_has_an_end(trainer_client: Client, version: ModelVersion) -> None:
    run = judged_run(State.CANDIDATE, version)
    page = trainer_client.post(f"/training/runs/{run.pk}/promote/", {"reason": "x" * 301}, follow=True)
    assert "at most 300 characters" in page.content.decode()
    assert model_versions.active_version() == version


def test_one_that_waits_can_be_dismissed(trainer_client: Client, version: ModelVersion) -> None:
    run = judged_run(State.CANDIDATE, version)
    trainer_client.post(f"/training/runs/{run.pk}/dismiss/", {"reason": "breaks my seven"})
    run.refresh_from_db()
    assert (run.state, run.reason) == (State.REJECTED, "Dismissed by trainer: breaks my seven")
    page = trainer_client.post(f"/training/runs/{run.pk}/dismiss/", {"reason": "again"}, follow=True)
    assert "does not wait for a decision" in page.content.decode()


def test_one_that_was_pruned_offers_neither_promotion_nor_download(
    trainer_client: Client, version: ModelVersion
) -> None:
    run = judged_run(State.REJECTED, version, passed=False)
    assert "Download" in text_of(trainer_client, f"/training/runs/{run.pk}/")
    ModelVersion.objects.filter(pk=run.version_id).update(artifact=None)
    page = text_of(trainer_client, f"/training/runs/{run.pk}/")
    assert "Its artifact was pruned" in page
    assert "Download" not in page
    assert "Promote" not in page


def test_going_back_by_the_button(trainer_client: Client, trainer: User, version: ModelVersion) -> None:
    newer = new_version(version)
    model_versions.promote_version(version=newer, instead_of=version, kind=Promotion.Kind.AUTOMATIC)
    assert f"Go back to v{version.pk}" in text_of(trainer_client, "/training/")
    page = trainer_client.post("/training/rollback/", {"reason": "misreads my 2"}, follow=True)
    assert model_versions.active_version() == version
    last = Promotion.objects.first()
    assert last
    assert (last.kind, last.by, last.reason) == ("rollback", trainer, "misreads my 2")
    assert "reads again" in page.content.decode()


def test_a_second_click_goes_back_no_further(trainer_client: Client, version: ModelVersion) -> None:
    second = new_version(version)
    third = new_version(second)
    for old, new in ((version, second), (second, third)):
        model_versions.promote_version(version=new, instead_of=old, kind=Promotion.Kind.AUTOMATIC)
    [seen] = re.findall(r'name="seen" value="(\d+)"', trainer_client.get("/training/").content.decode())
    pages = [trainer_client.post("/training/rollback/", {"seen": seen}, follow=True) for _ in range(2)]
    assert "Look again, then decide." in pages[1].content.decode()
    assert model_versions.active_version() == second


def test_with_nothing_to_go_back_to_it_says_so(trainer_client: Client, version: ModelVersion) -> None:
    assert "Go back" not in text_of(trainer_client, "/training/")
    page = trainer_client.post("/training/rollback/", follow=True)
    assert "There is no version to go back to." in page.content.decode()


def test_a_run_whose_trainer_died_is_given_up_when_the_next_starts(
    trainer_client: Client, called: list[int]
) -> None:
    dead = run_of(State.RUNNING, lease_until=timezone.now() - timedelta(seconds=1))
    trainer_client.post("/training/start/", {"force": "on"})
    dead.refresh_from_db()
    assert dead.state == State.FAILED
    assert len(called) == 1

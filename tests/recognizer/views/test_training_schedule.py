"""Trainers see and change on the status page when it trains, and see which workers live."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from accounts.models import User
from recognizer.services import training_schedule
from recognizer.serving import doorbell, vital_signs
from recognizer.serving.vital_signs import VitalSigns
from tests.conftest import signed_in
from tests.recognizer.course import State, run_of, text_of

URL = "/training/schedule/"
ON = {"enabled": "on", "at": "21:05", "days": ["1", "5"]}


@pytest.fixture
def looker(db: None) -> Client:
    user = User.objects.create_user("looker")
    user.user_permissions.add(Permission.objects.get(codename="view_trainingrun"))
    return signed_in(user)


def plan() -> tuple[bool, str, str, str]:
    task = training_schedule.planned()
    assert task
    return task.enabled, task.crontab.hour, task.crontab.minute, task.crontab.day_of_week


def test_it_says_when_it_trains_and_when_next(trainer_client: Client) -> None:
    page = text_of(trainer_client, "/training/")
    assert "It trains every day at 03:10 UTC, if enough is new." in page
    assert "03:10 UTC</time>" in page
    assert 'value="03:10"' in page
    assert page.count("checked") == 8


def test_changing_it_works(trainer_client: Client) -> None:
    page = trainer_client.post(URL, ON, follow=True).content.decode()
    assert page.count("It trains on Mondays and Fridays at 21:05 UTC, if enough is new.") == 2
    assert plan() == (True, "21", "5", "1,5")


def test_switching_it_off_keeps_the_plan(trainer_client: Client) -> None:
    page = trainer_client.post(URL, {"at": "", "days": []}, follow=True).content.decode()
    assert "It trains only when somebody starts it." in page
    assert "Switched on, it was to train every day at 03:10 UTC." in page
    assert plan() == (False, "3", "10", "*")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"at": "25:00"}, "Write the time as hours and minutes, such as 03:10."),
        ({"at": ""}, "Write the time as hours and minutes, such as 03:10."),
        ({"days": []}, "Choose at least one day."),
        ({"days": ["8"]}, "Choose among the seven days."),
        ({"days": ["Monday"]}, "Choose among the seven days."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(trainer_client: Client, sent: dict[str, Any], said: str) -> None:
    answer = trainer_client.post(URL, ON | sent)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert page.count(said) == 1
    assert '<details class="more" open>' in page
    assert plan() == (True, "3", "10", "*")


def test_a_plan_of_the_admin_is_said_and_kept_until_the_form_replaces_it(trainer_client: Client) -> None:
    hours = IntervalSchedule.objects.create(every=6, period="hours")
    task = PeriodicTask.objects.get(name="retrain")
    task.crontab, task.interval = None, hours
    task.save()
    page = text_of(trainer_client, "/training/")
    assert "It trains every 6 hours, if enough is new." in page
    assert "The plan of now was made in the admin." in page
    trainer_client.post(URL, {})
    task.refresh_from_db()
    assert (task.enabled, task.interval) == (False, hours)
    trainer_client.post(URL, ON)
    task.refresh_from_db()
    assert (task.enabled, task.interval) == (True, None)


def test_a_plan_that_was_deleted_can_be_made_again(trainer_client: Client) -> None:
    PeriodicTask.objects.all().delete()
    assert "Nothing is planned" in text_of(trainer_client, "/training/")
    trainer_client.post(URL, ON)
    assert plan() == (True, "21", "5", "1,5")


def test_who_may_only_look_sees_the_plan_and_cannot_change_it(looker: Client) -> None:
    page = text_of(looker, "/training/")
    assert "It trains every day at 03:10 UTC" in page
    assert URL not in page
    assert looker.post(URL, ON).status_code == 403
    assert plan() == (True, "3", "10", "*")


def test_nothing_is_changed_without_a_token_of_the_page(trainer: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(trainer)
    assert client.post(URL, ON).status_code == 403
    assert plan() == (True, "3", "10", "*")


# ---- Workers


@pytest.fixture
def signs(monkeypatch: pytest.MonkeyPatch) -> list[VitalSigns]:
    """What there is to see; the last of the list."""
    seen: list[VitalSigns] = []
    monkeypatch.setattr(vital_signs, "look", lambda: seen[-1])
    return seen


@pytest.mark.parametrize(
    ("there", "said"),
    [
        (VitalSigns(queue=False), ["Queue (Redis): does not answer"]),
        (
            VitalSigns(True, True, 4.0, 12.0),
            ["Reading worker: answers", "Training worker: seen 12 s ago", "Schedule (beat): seen 4 s ago"],
        ),
        (
            VitalSigns(True, True, 4.0, 300.0),
            ["Reading worker: answers", "Training worker: last seen 5 min ago", "Schedule (beat): seen 4 s ago"],
        ),
        (
            VitalSigns(True, True, None, None),
            ["Reading worker: answers", "Training worker: not seen", "Schedule (beat): not seen within the hour"],
        ),
        (
            VitalSigns(True, False, 700.0, 700.0),
            ["Reading worker: does not answer", "Training worker: last seen", "Schedule (beat): not known"],
        ),
    ],
)
def test_it_says_who_lives(
    trainer_client: Client, signs: list[VitalSigns], there: VitalSigns, said: list[str]
) -> None:
    signs.append(there)
    page = text_of(trainer_client, "/training/workers/")
    assert [words for words in said if words not in page] == []
    assert page.count("<li>") == len(said)
    assert said[0] in text_of(trainer_client, "/training/?workers")


def test_a_worker_that_trains_is_led_to(trainer_client: Client, signs: list[VitalSigns]) -> None:
    run = run_of(State.RUNNING)
    signs.append(VitalSigns(True, True, 4.0, None, run))
    page = text_of(trainer_client, "/training/workers/")
    assert f'busy with <a href="/training/runs/{run.pk}/">run {run.pk}</a>' in page


def test_the_page_does_not_wait_for_the_workers(trainer_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorbell, "ask", lambda *_, **__: pytest.fail("the page has asked"))
    assert 'data-fragment="/training/workers/"' in text_of(trainer_client, "/training/")


def test_who_may_look_sees_the_workers(looker: Client, signs: list[VitalSigns], owner_client: Client) -> None:
    signs.append(VitalSigns(True, True, 1.0, 1.0))
    assert "answers" in text_of(looker, "/training/workers/")
    assert owner_client.get("/training/workers/").status_code == 403

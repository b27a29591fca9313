"""Retraining is planned from the first day, and what somebody changes in the admin stays."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from django.test import Client
from django_celery_beat import schedulers
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from accounts.models import User

TASKS = "/admin/django_celery_beat/periodictask/"


@pytest.fixture(autouse=True)
def _connection_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test is one transaction, for which the scheduler would take its connection to be left over."""
    monkeypatch.setattr(schedulers, "close_old_connections", lambda: None)


def boot() -> schedulers.DatabaseScheduler:
    """What beat does when it starts."""
    scheduler = schedulers.DatabaseScheduler(app=current_app, lazy=True)
    scheduler.setup_schedule()
    return scheduler


@pytest.fixture
def retraining(db: None) -> PeriodicTask:
    return PeriodicTask.objects.get(name="retrain")


def test_it_works(retraining: PeriodicTask) -> None:
    assert retraining.enabled
    assert (retraining.crontab.hour, retraining.crontab.minute) == ("3", "10")
    assert (retraining.queue, retraining.expire_seconds) == ("training", 3600)


def test_beat_knows_all_that_is_planned(retraining: PeriodicTask) -> None:
    boot()
    names = set(PeriodicTask.objects.values_list("name", flat=True))
    assert names == {"retrain", *settings.CELERY_BEAT_SCHEDULE}
    assert {"reconcile", "purge"} <= names


def test_what_is_planned_can_be_done(retraining: PeriodicTask) -> None:
    boot()
    current_app.loader.import_default_modules()
    assert set(PeriodicTask.objects.values_list("task", flat=True)) <= set(current_app.tasks)


def test_a_message_that_nobody_takes_expires_before_the_next(retraining: PeriodicTask) -> None:
    boot()
    for task in PeriodicTask.objects.exclude(name="retrain"):
        assert timedelta(seconds=task.expire_seconds) < task.schedule.run_every


def test_what_is_changed_in_the_admin_stays_when_beat_starts_again(
    reviewer_client: Client, retraining: PeriodicTask
) -> None:
    boot()
    noon = CrontabSchedule.objects.create(hour="12", minute="0")
    form = filled_in(reviewer_client, retraining) | {"crontab": noon.pk, "expire_seconds": 600}
    form.pop("enabled")
    assert reviewer_client.post(f"{TASKS}{retraining.pk}/change/", form).status_code == 302
    boot()
    retraining.refresh_from_db()
    assert (retraining.crontab, retraining.enabled, retraining.expire_seconds) == (noon, False, 600)


def filled_in(client: Client, task: PeriodicTask) -> dict[str, Any]:
    """What a browser would send back of the form of a task that nobody has touched."""
    form = client.get(f"{TASKS}{task.pk}/change/").context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value not in (None, False, "")}


def test_beat_notices_a_change_while_it_runs(retraining: PeriodicTask) -> None:
    scheduler = boot()
    scheduler.schedule_changed()
    every_minute = IntervalSchedule.objects.create(every=1, period="minutes")
    PeriodicTask.objects.create(name="another", task="recognizer.tasks.purge", interval=every_minute)
    assert "another" in scheduler.schedule


@pytest.mark.parametrize("page", ["", "add/", "{}/change/", "{}/history/", "{}/delete/"])
def test_its_pages_hold_nothing_that_the_policy_would_stop(
    reviewer_client: Client, retraining: PeriodicTask, page: str
) -> None:
    answer = reviewer_client.get(TASKS + page.format(retraining.pk))
    assert answer.status_code == 200
    content = answer.content.decode()
    assert not re.search(r"\sstyle=|\son\w+=", content)
    for tag in re.findall(r"<script[^>]*>", content):
        assert "src=" in tag or "nonce=" in tag or 'type="application/json"' in tag


@pytest.mark.parametrize("kind", ["crontabschedule", "intervalschedule", "clockedschedule", "solarschedule"])
def test_the_other_pages_open(reviewer_client: Client, kind: str) -> None:
    for page in ["", "add/"]:
        assert reviewer_client.get(f"/admin/django_celery_beat/{kind}/{page}").status_code == 200


def test_who_only_trains_does_not_change_the_schedule(owner: User, owner_client: Client) -> None:
    from django.contrib.auth.models import Group

    User.objects.filter(pk=owner.pk).update(is_staff=True)
    owner.groups.add(Group.objects.get(name="trainers"))
    assert owner_client.get(TASKS).status_code == 403


def test_the_scheduler_is_the_one_that_looks_into_the_database() -> None:
    assert current_app.conf.beat_scheduler == settings.CELERY_BEAT_SCHEDULER
    assert current_app.conf.beat_scheduler.endswith("DatabaseScheduler")

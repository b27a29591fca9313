"""Trainers plan when it trains; beat follows within seconds and makes up for nothing."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from celery import current_app
from django.core.exceptions import ValidationError
from django.utils import timezone
from django_celery_beat import schedulers
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask

from recognizer.services import training_schedule
from recognizer.services.training_schedule import EVERY_DAY, plan_training, planned, stop_training

THREE = time(3, 10)


@pytest.fixture(autouse=True)
def _connection_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test is one transaction, for which the scheduler would take its connection to be left over."""
    monkeypatch.setattr(schedulers, "close_old_connections", lambda: None)


@pytest.fixture
def task(db: None) -> PeriodicTask:
    found = planned()
    assert found
    return found


def test_it_works(task: PeriodicTask) -> None:
    changed = plan_training(at=time(21, 5), days={1, 5})
    assert (changed.pk, changed.enabled, changed.queue) == (task.pk, True, "training")
    crontab = PeriodicTask.objects.get(pk=task.pk).crontab
    assert (crontab.hour, crontab.minute, crontab.day_of_week) == ("21", "5", "1,5")
    assert (crontab.day_of_month, crontab.month_of_year, str(crontab.timezone)) == ("*", "*", "UTC")


def test_all_seven_days_are_every_day(task: PeriodicTask) -> None:
    assert plan_training(at=THREE, days=EVERY_DAY).crontab == task.crontab


def test_the_same_plan_twice_makes_no_second_crontab(task: PeriodicTask) -> None:
    for _ in range(2):
        plan_training(at=time(4), days=[0])
    assert CrontabSchedule.objects.filter(hour="4").count() == 1


def test_beat_notices_it_and_knows_when_it_is_due(task: PeriodicTask) -> None:
    scheduler = schedulers.DatabaseScheduler(app=current_app, lazy=True)
    scheduler.setup_schedule()
    scheduler.schedule_changed()
    soon = timezone.now() + timedelta(minutes=30)
    plan_training(at=soon.time(), days=EVERY_DAY)
    entry = scheduler.schedule["retrain"]
    due, seconds = entry.is_due()
    assert not due
    assert 28 * 60 < seconds <= 30 * 60


def test_an_hour_that_has_passed_today_is_not_made_up(task: PeriodicTask) -> None:
    yesterday = timezone.now() - timedelta(days=1)
    PeriodicTask.objects.filter(pk=task.pk).update(last_run_at=yesterday)
    just_passed = timezone.now() - timedelta(minutes=2)
    plan_training(at=just_passed.time(), days=EVERY_DAY)
    assert not schedulers.ModelEntry(planned(), app=current_app).is_due().is_due


def test_what_somebody_made_in_the_admin_is_replaced(task: PeriodicTask) -> None:
    task.crontab, task.interval = None, IntervalSchedule.objects.create(every=6, period="hours")
    task.start_time = timezone.now() + timedelta(days=9)
    task.save()
    changed = plan_training(at=THREE, days=[2])
    assert (changed.interval, changed.start_time, changed.crontab.day_of_week) == (None, None, "2")


def test_a_single_training_that_was_planned_becomes_a_schedule(task: PeriodicTask) -> None:
    task.crontab, task.one_off = None, True
    task.clocked = ClockedSchedule.objects.create(clocked_time=timezone.now())
    task.expires, task.expire_seconds = timezone.now(), None
    task.save()
    changed = plan_training(at=THREE, days=[2])
    assert (changed.clocked, changed.one_off, changed.expires, changed.expire_seconds) == (None, False, None, 3600)


def test_a_task_that_was_deleted_is_made_anew(task: PeriodicTask) -> None:
    task.delete()
    made = plan_training(at=THREE, days=EVERY_DAY)
    assert (made.name, made.queue, made.expire_seconds) == ("retrain", "training", 3600)
    assert made.task in current_app.tasks


def test_switched_off_it_keeps_what_it_says(task: PeriodicTask) -> None:
    stop_training()
    task.refresh_from_db()
    assert (task.enabled, task.crontab.hour) == (False, "3")
    changed = task.date_changed
    stop_training()
    task.refresh_from_db()
    assert task.date_changed == changed


def test_switching_off_what_was_deleted_does_nothing(task: PeriodicTask) -> None:
    task.delete()
    stop_training()
    assert training_schedule.planned() is None


@pytest.mark.parametrize(("days", "said"), [([], "at least one day"), ([7], "seven days"), ([-1], "seven days")])
def test_days_that_are_none_are_refused(task: PeriodicTask, days: list[int], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        plan_training(at=THREE, days=days)
    assert planned() == task


def test_it_is_read_with_its_schedule_in_one_query(task: PeriodicTask, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        found = planned()
        assert found
        assert isinstance(found.crontab.schedule.remaining_estimate(datetime.now().astimezone()), timedelta)

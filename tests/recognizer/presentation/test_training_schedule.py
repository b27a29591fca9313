"""The schedule of trainings in words, and when the next one is due."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask

from recognizer.presentation.training_schedule import TrainingSchedule

MONDAY_NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _it_is_monday_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: MONDAY_NOON)


def task_of(**fields: Any) -> PeriodicTask:
    return PeriodicTask(**{"date_changed": MONDAY_NOON, "enabled": True, **fields})


def at(hour: str = "3", minute: str = "10", days: str = "*", **fields: Any) -> PeriodicTask:
    crontab = CrontabSchedule(**{"hour": hour, "minute": minute, "day_of_week": days, "timezone": UTC, **fields})
    return task_of(crontab=crontab)


@pytest.mark.parametrize(
    ("days", "words", "due"),
    [
        ("*", "every day at 03:10 UTC", datetime(2026, 6, 2, 3, 10, tzinfo=UTC)),
        ("0-6", "every day at 03:10 UTC", datetime(2026, 6, 2, 3, 10, tzinfo=UTC)),
        ("1-5", "from Monday to Friday at 03:10 UTC", datetime(2026, 6, 2, 3, 10, tzinfo=UTC)),
        ("0", "on Sundays at 03:10 UTC", datetime(2026, 6, 7, 3, 10, tzinfo=UTC)),
        ("1,5,0", "on Mondays, Fridays and Sundays at 03:10 UTC", datetime(2026, 6, 5, 3, 10, tzinfo=UTC)),
    ],
)
def test_one_time_of_some_days(days: str, words: str, due: datetime) -> None:
    schedule = TrainingSchedule.of(at(days=days))
    assert (schedule.words, schedule.due, schedule.at) == (words, due, time(3, 10))


def test_later_today_is_today() -> None:
    assert TrainingSchedule.of(at("15", "0")).due == datetime(2026, 6, 1, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"hour": "*/6", "minute": "0"}, "every 6 hours UTC"),
        ({"day_of_month": "1"}, "at 03:10 AM, on day 1 of the month UTC"),
    ],
)
def test_what_the_form_cannot_say_is_said_all_the_same(fields: dict[str, str], words: str) -> None:
    schedule = TrainingSchedule.of(at(**fields))
    assert (schedule.words, schedule.at, schedule.days) == (words, None, frozenset())
    assert schedule.due
    assert schedule.due > MONDAY_NOON


def test_another_time_zone_counts() -> None:
    from zoneinfo import ZoneInfo

    schedule = TrainingSchedule.of(at("15", "0", timezone=ZoneInfo("America/New_York")))
    assert "America/New_York" in schedule.words
    assert schedule.due == datetime(2026, 6, 1, 19, 0, tzinfo=UTC)


def test_an_interval_counts_from_the_last_run() -> None:
    task = task_of(interval=IntervalSchedule(every=6, period="hours"))
    assert TrainingSchedule.of(task).words == "every 6 hours"
    assert TrainingSchedule.of(task).due == MONDAY_NOON + timedelta(hours=6)
    task.last_run_at = MONDAY_NOON - timedelta(hours=1)
    assert TrainingSchedule.of(task).due == MONDAY_NOON + timedelta(hours=5)


def test_once() -> None:
    tomorrow = MONDAY_NOON + timedelta(days=1)
    task = task_of(clocked=ClockedSchedule(clocked_time=tomorrow), one_off=True)
    assert TrainingSchedule.of(task).words == "once, at 2026-06-02 12:00 UTC"
    assert TrainingSchedule.of(task).due == tomorrow
    task.total_run_count = 1
    assert TrainingSchedule.of(task).due is None


def test_it_begins_when_it_may() -> None:
    task = at()
    task.start_time = MONDAY_NOON + timedelta(days=7)
    assert TrainingSchedule.of(task).due == datetime(2026, 6, 9, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "task",
    [
        at(day_of_month="31", month_of_year="2"),
        task_of(crontab=at().crontab, enabled=False),
        task_of(crontab=at().crontab, expires=MONDAY_NOON),
    ],
    ids=["never", "off", "over"],
)
def test_what_does_not_come_has_no_time(task: PeriodicTask) -> None:
    assert TrainingSchedule.of(task).due is None


@pytest.mark.parametrize("task", [None, task_of()])
def test_nothing_planned(task: PeriodicTask | None) -> None:
    assert TrainingSchedule.of(task) == TrainingSchedule()


def test_the_first_plan_is_every_day(db: None) -> None:
    schedule = TrainingSchedule.of(PeriodicTask.objects.get(name="retrain"))
    assert schedule.words == "every day at 03:10 UTC"
    assert schedule.enabled
    assert timezone.is_aware(schedule.due)

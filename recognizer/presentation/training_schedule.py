"""The schedule of trainings in words, and when the next one is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, PeriodicTask

# As a crontab counts them, in the order of a week.
DAYS = [
    (1, "Monday"),
    (2, "Tuesday"),
    (3, "Wednesday"),
    (4, "Thursday"),
    (5, "Friday"),
    (6, "Saturday"),
    (0, "Sunday"),
]
_WEEK, _WORKDAYS = frozenset(range(7)), frozenset(range(1, 6))


@dataclass(frozen=True)
class TrainingSchedule:
    """What is planned: `words` say when ("" if nothing is); `at` and `days` only if they say all of it."""

    words: str = ""
    enabled: bool = False
    due: datetime | None = None
    at: time | None = None
    days: frozenset[int] = frozenset()

    @classmethod
    def of(cls, task: PeriodicTask | None) -> TrainingSchedule:
        """Of a periodic task with its schedule, at no query."""
        if task is None or task.scheduler is None:
            return cls()
        at, days = _simple(task.crontab) if task.crontab else (None, frozenset())
        words = f"{_days_in_words(days)} at {at:%H:%M} UTC" if at else _complicated(task)
        return cls(words, task.enabled, _due(task), at, days)


def _simple(crontab: CrontabSchedule) -> tuple[time | None, frozenset[int]]:
    """Time and days of a crontab that names one time of some weekdays in UTC, else (None, no day)."""
    plain = (crontab.day_of_month, crontab.month_of_year, str(crontab.timezone)) == ("*", "*", "UTC")
    if plain and crontab.hour.isdecimal() and crontab.minute.isdecimal():
        return time(int(crontab.hour), int(crontab.minute)), frozenset(crontab.schedule.day_of_week)
    return None, frozenset()


def _days_in_words(days: frozenset[int]) -> str:
    if days == _WEEK:
        return "every day"
    if days == _WORKDAYS:
        return "from Monday to Friday"
    *most, last = [f"{name}s" for number, name in DAYS if number in days]
    return f"on {', '.join(most)} and {last}" if most else f"on {last}"


def _complicated(task: PeriodicTask) -> str:
    if task.crontab:
        words = str(task.crontab.human_readable)
        return words[:1].lower() + words[1:]
    return f"once, at {task.clocked.clocked_time:%Y-%m-%d %H:%M} UTC" if task.clocked else str(task.scheduler)


def _due(task: PeriodicTask) -> datetime | None:
    """When beat starts the next run; None if it never does. The moment may have passed, if beat is away."""
    now = timezone.now()
    over = (task.expires is not None and task.expires <= now) or (task.one_off and task.total_run_count > 0)
    if not task.enabled or over or task.solar:  # the sun takes a library to compute
        return None
    since: datetime = task.last_run_at or task.date_changed
    if task.crontab:
        # A missed run is made up near the hour of the next one, so the next one is what to expect.
        since = max(filter(None, [since, now, task.start_time]))
    try:
        due = _after(since, task)
    except (RuntimeError, ValueError):  # a day that no month has, such as 31 February
        return None
    return max(due, task.start_time) if task.start_time else due


def _after(since: datetime, task: PeriodicTask) -> datetime:
    """The first moment of the schedule after `since`."""
    due: datetime
    if task.clocked:
        due = task.clocked.clocked_time
    elif task.interval:
        due = since + task.interval.schedule.run_every
    else:
        start, step, _ = task.crontab.schedule.remaining_delta(since.astimezone(task.crontab.timezone))
        due = (start + step).astimezone(since.tzinfo)
    return due

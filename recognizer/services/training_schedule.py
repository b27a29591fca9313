"""Every write of the schedule of trainings, which django-celery-beat keeps as a periodic task.

Beat notices a change within seconds. It counts from the last run, or from the time of the change where there is
none. A changed schedule therefore starts without a last run: an hour that has passed today would otherwise count
as missed, and a training would start at once.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, time

from django.core.exceptions import ValidationError
from django.db import transaction
from django_celery_beat.models import CrontabSchedule, PeriodicTask

NAME = "retrain"  # the row of migration 0004
TASK = "recognizer.tasks.retrain_on_schedule"
EXPIRES = 3600  # seconds after which a message that no training worker took is void
EVERY_DAY = frozenset(range(7))  # 0 is Sunday, as in a crontab


def planned() -> PeriodicTask | None:
    """The periodic task of retraining with its schedule; None if somebody deleted it."""
    schedules = ("crontab", "interval", "clocked", "solar")
    return PeriodicTask.objects.select_related(*schedules).filter(name=NAME).first()


@transaction.atomic
def plan_training(*, at: time, days: Collection[int]) -> PeriodicTask:
    """Train on these days (0 Sunday ... 6 Saturday) at this time, both in UTC, instead of what was planned before.

    Raises ValidationError without a day, or with one that does not exist.
    """
    if not days:
        raise ValidationError("Choose at least one day.")
    if not EVERY_DAY.issuperset(days):
        raise ValidationError("There are seven days, from 0 (Sunday) to 6 (Saturday).")
    task = _locked() or PeriodicTask(name=NAME, task=TASK, queue="training")
    task.crontab = _crontab(at, frozenset(days))
    task.interval = task.clocked = task.solar = None
    task.start_time = task.expires = task.last_run_at = None
    task.expire_seconds = task.expire_seconds or EXPIRES
    task.one_off, task.enabled = False, True
    task.save()
    return task


@transaction.atomic
def stop_training() -> None:
    """Switch the schedule off; what it says is kept. Does nothing if it is off."""
    task = _locked()
    if task is not None and task.enabled:
        task.enabled = False
        task.save()


def _locked() -> PeriodicTask | None:
    return PeriodicTask.objects.select_for_update().filter(name=NAME).first()


def _crontab(at: time, days: frozenset[int]) -> CrontabSchedule:
    fields = {
        "minute": str(at.minute),
        "hour": str(at.hour),
        "day_of_week": "*" if days == EVERY_DAY else ",".join(map(str, sorted(days))),
        "day_of_month": "*",
        "month_of_year": "*",
        "timezone": UTC,
    }
    # The table has no unique constraint: people may have made the same schedule twice in the admin.
    found = CrontabSchedule.objects.filter(**fields).first()
    return found or CrontabSchedule.objects.create(**fields)

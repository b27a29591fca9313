"""Workers and beat leave signs of life, and a run under way is one too."""

from __future__ import annotations

from datetime import timedelta

import pytest
import redis
from django.utils import timezone

from recognizer import tasks
from recognizer.models import TrainingRun
from recognizer.serving import doorbell, vital_signs
from recognizer.serving.vital_signs import ALIVE_SECONDS, Sign, VitalSigns
from tests.conftest import FakeReader
from tests.recognizer.course import State, run_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorbell, "ask", lambda *_, **__: {})


@pytest.mark.redis
def test_it_works(counting: redis.Redis, answers: None, reader: FakeReader) -> None:
    tasks.reconcile()
    tasks.read_shadow()
    signs = vital_signs.look()
    assert (signs.queue, signs.reads, signs.trains, signs.beats) == (True, True, True, True)
    assert signs.beat_seen is not None
    assert 0 <= signs.beat_seen < 5


@pytest.mark.redis
def test_each_task_speaks_for_its_own_worker(counting: redis.Redis, answers: None, reader: FakeReader) -> None:
    tasks.reconcile()
    signs = vital_signs.look()
    assert (signs.trains, signs.beats, signs.training_seen) == (False, True, None)


@pytest.mark.redis
def test_old_signs_prove_nothing(counting: redis.Redis, answers: None) -> None:
    for sign in Sign:
        doorbell.leave_sign(sign)
        counting.expire(f"doorbell:sign:{sign}", doorbell.SIGN_SECONDS - round(ALIVE_SECONDS) - 10)
    signs = vital_signs.look()
    assert (signs.trains, signs.beats) == (False, False)
    assert signs.beat_seen is not None
    assert signs.beat_seen >= ALIVE_SECONDS


@pytest.mark.redis
@pytest.mark.parametrize(
    ("fields", "busy"),
    [
        ({}, True),
        ({"started_at": None}, False),
        ({"lease_until": timezone.now() - timedelta(seconds=1)}, False),
        ({"trigger": TrainingRun.Trigger.COMMAND}, False),
    ],
    ids=["trains", "waits", "has died", "elsewhere"],
)
def test_a_worker_that_trains_lives(counting: redis.Redis, answers: None, fields: dict, busy: bool) -> None:
    run = run_of(State.RUNNING, **fields)
    signs = vital_signs.look()
    assert signs.training == (run if busy else None)
    assert signs.trains is busy


@pytest.mark.redis
def test_a_reading_worker_that_is_away_is_found_out(
    counting: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*_: object, **__: object) -> None:
        raise doorbell.ReaderAway

    monkeypatch.setattr(doorbell, "ask", nobody)
    signs = vital_signs.look()
    assert (signs.reads, signs.beats) == (False, None)


def test_without_redis_nothing_breaks(reader: FakeReader) -> None:
    assert vital_signs.look() == VitalSigns(queue=False)
    tasks.reconcile()
    assert doorbell.last_signs(list(Sign)) == [None, None]

"""Ring, wait and answer through a real Redis, and without one."""

from __future__ import annotations

import threading
import time
import uuid

import pytest
import redis

from recognizer.serving import doorbell
from recognizer.serving.messages import TaskName


@pytest.fixture
def bell(counting: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A doorbell on a real Redis; the list holds the names of the tasks that were sent."""
    sent: list[str] = []
    monkeypatch.setattr(
        "recognizer.serving.doorbell.current_app.send_task", lambda name, **kwargs: sent.append(name)
    )
    return sent


@pytest.mark.redis
def test_many_rings_send_one_message_until_somebody_answers(bell: list[str]) -> None:
    assert all(doorbell.ring() for _ in range(20))
    assert bell == ["recognizer.tasks.read_waiting"]
    doorbell.answered()
    doorbell.ring()
    assert len(bell) == 2


@pytest.mark.redis
def test_a_ring_that_got_lost_is_let_through_again(bell: list[str]) -> None:
    doorbell.ring()
    time.sleep(doorbell.RING_SECONDS + 0.1)
    doorbell.ring()
    assert len(bell) == 2


@pytest.mark.redis
def test_a_reply_wakes_the_waiter_at_once(bell: list[str]) -> None:
    drawing = uuid.uuid4()
    looks: list[int] = []
    threading.Timer(0.1, doorbell.reply, [[drawing]]).start()
    doorbell.wait(drawing, seconds=5, look=lambda: bool(looks.append(1)))
    assert looks == []


@pytest.mark.redis
def test_a_reply_that_comes_before_the_waiter_is_kept_for_it(bell: list[str]) -> None:
    drawing = uuid.uuid4()
    doorbell.reply([drawing])
    doorbell.wait(drawing, seconds=5, look=lambda: pytest.fail("the reply was lost"))


@pytest.mark.redis
def test_a_waiter_whose_reply_got_lost_finds_the_row_and_rings_meanwhile(bell: list[str]) -> None:
    answers = iter([False, True])
    doorbell.wait(uuid.uuid4(), seconds=5, look=lambda: next(answers))
    assert bell


@pytest.mark.redis
@pytest.mark.parametrize("seconds", [0.0, 0.0004, 0.3])
def test_nobody_waits_longer_than_asked(bell: list[str], seconds: float) -> None:
    start = time.monotonic()
    doorbell.wait(uuid.uuid4(), seconds=seconds, look=lambda: False)
    assert seconds - 0.05 < time.monotonic() - start < doorbell.PATIENT


@pytest.mark.redis
def test_asking_brings_the_answer(bell: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def worker(task: str, args: list, expires: float) -> None:
        doorbell.answer(args[0], {"text": "7", "of": args[1]})

    monkeypatch.setattr("recognizer.serving.doorbell.current_app.send_task", worker)
    assert doorbell.ask(TaskName.READ_LIVE, {"strokes": []}, seconds=2) == {"text": "7", "of": {"strokes": []}}


@pytest.mark.redis
def test_asking_nobody_is_told_so(bell: list[str]) -> None:
    with pytest.raises(doorbell.ReaderAway):
        doorbell.ask(TaskName.READ_LIVE, {}, seconds=0.1)


@pytest.mark.redis
def test_replies_do_not_stay_for_ever(bell: list[str]) -> None:
    drawing = uuid.uuid4()
    doorbell.reply([drawing])
    assert 0 < doorbell._redis().ttl(doorbell._reply_key(drawing)) <= doorbell.REPLY_SECONDS


def test_without_redis_nothing_raises_and_nobody_waits() -> None:
    start = time.monotonic()
    assert doorbell.ring() is False
    doorbell.answered()
    doorbell.reply([uuid.uuid4()])
    doorbell.answer("nobody", {})
    doorbell.wait(uuid.uuid4(), seconds=10, look=lambda: False)
    assert not doorbell.is_there()
    with pytest.raises(doorbell.ReaderAway):
        doorbell.ask(TaskName.READ_LIVE, {}, seconds=5)
    assert time.monotonic() - start < 5

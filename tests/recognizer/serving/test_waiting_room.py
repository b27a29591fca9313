"""Half of the threads may wait for a reading, and nobody takes all of these."""

from __future__ import annotations

import time
from contextlib import ExitStack

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from recognizer.serving import doorbell, waiting_room
from tests.conftest import ONE
from tests.hostile import number, saved

URL, LIVE = "/api/v1/predictions/", "/api/v1/live/"


@pytest.fixture
def room(settings) -> ExitStack:
    """A room with four seats; what is taken in it is left at the end of the test."""
    settings.WEB_THREADS = 8
    with ExitStack() as taken:
        yield taken


def take(room: ExitStack, sender: str) -> bool:
    return room.enter_context(waiting_room.seat(sender))


def test_one_sender_leaves_seats_for_others(room: ExitStack) -> None:
    assert [take(room, "one") for _ in range(4)] == [True, True, False, False]
    assert take(room, "another")
    assert not take(room, "one")


def test_there_are_as_many_seats_as_half_of_the_threads(room: ExitStack) -> None:
    assert [take(room, str(sender)) for sender in range(6)] == [True] * 4 + [False] * 2


def test_a_seat_is_free_again_afterwards(room: ExitStack) -> None:
    for _ in range(20):
        with waiting_room.seat("one") as seated:
            assert seated
    with pytest.raises(KeyError), waiting_room.seat("one"):
        raise KeyError
    assert take(room, "one")


def test_without_a_seat_a_drawing_is_kept_and_read_later(room: ExitStack, api: Client, monkeypatch) -> None:
    for sender in range(4):
        take(room, str(sender))
    waits: list[float] = []
    monkeypatch.setattr(doorbell, "ring", lambda: True)
    monkeypatch.setattr(doorbell, "wait", lambda drawing, *, seconds, look: waits.append(seconds))
    answer = api.post(URL, {"strokes": ONE}, content_type="application/json")
    assert answer.status_code == 202
    assert answer["Location"] == answer.json()["url"]
    assert waits == [0]


def test_without_a_seat_nothing_is_read_along(room: ExitStack, client: Client, db: None) -> None:
    for sender in range(4):
        take(room, str(sender))
    answer = client.post(LIVE, {"strokes": ONE}, content_type="application/json")
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert "Too many are waiting" in answer.json()["detail"]


@pytest.mark.redis
def test_a_sender_has_one_picture_read_at_a_time(counting, client: Client, worker, monkeypatch) -> None:
    def post() -> int:
        return client.post(LIVE, {"image": SimpleUploadedFile("1.png", saved(number(), "PNG"))}).status_code

    with doorbell.alone("heavy:address 127.0.0.1", seconds=2) as mine:
        assert mine
        assert post() == 503
        assert client.post(LIVE, {"strokes": ONE}, content_type="application/json").status_code == 200
    assert [post(), post()] == [200, 200]


@pytest.mark.redis
def test_a_turn_that_is_not_given_back_ends_by_itself(counting) -> None:
    with doorbell.alone("somebody", seconds=0.05):
        time.sleep(0.1)
        with doorbell.alone("somebody", seconds=1) as mine:
            assert mine

"""POST /api/v1/live/: read while one draws, by anybody, and nothing is kept."""

import pytest
import redis
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from recognizer.models import Drawing
from recognizer.serving import doorbell
from tests.conftest import ONE, FakeReader, page_of, reading_of
from tests.recognizer.pictures import PNG

URL = "/api/v1/live/"


def post(client: Client, body: object):
    return client.post(URL, body, content_type="application/json")


def test_it_works_without_an_account_and_keeps_nothing(client: Client, worker: FakeReader) -> None:
    worker.says = reading_of("407")
    answer = post(client, {"strokes": ONE})
    assert answer.status_code == 200
    assert answer.json()["text"] == "407"
    assert answer.json()["size"] is None
    assert len(answer.json()["digits"]) == 3
    assert answer.json()["numbers"] == []
    assert not Drawing.objects.exists()


def test_each_number_says_how_sure_it_is(client: Client, worker: FakeReader) -> None:
    worker.says = page_of("12 48?")
    numbers = post(client, {"strokes": ONE}).json()["numbers"]
    assert [(number["text"], number["state"], number["digits"]) for number in numbers] == [
        ("12", "recognised", [0, 1]), ("48", "unsure", [2, 3]),
    ]  # fmt: skip


def test_a_picture_is_read_too(client: Client, worker: FakeReader) -> None:
    answer = client.post(URL, {"image": SimpleUploadedFile("a.png", PNG)})
    assert answer.status_code == 200
    assert answer.json()["size"] == [60, 40]


@pytest.mark.parametrize("body", [{}, {"strokes": []}, {"strokes": [[["x", 1]]]}, {"image": "?"}])
def test_bad_input_is_refused(client: Client, worker: FakeReader, body: dict) -> None:
    assert post(client, body).status_code == 400
    assert worker.batches == []


def test_what_is_too_much_to_be_read_along_is_told_what_to_do(client: Client, worker: FakeReader) -> None:
    answer = post(client, {"strokes": ONE * 121})
    assert answer.status_code == 400
    assert "Save it" in answer.json()["detail"]


def test_without_a_worker_it_says_so(db: None, client: Client) -> None:
    answer = post(client, {"strokes": ONE})
    assert answer.status_code == 503
    assert "away" in answer.json()["detail"]


@pytest.mark.redis
def test_anonymous_readers_are_throttled_by_address(
    counting: redis.Redis, client: Client, owner_client: Client, worker: FakeReader, rates: dict[str, str]
) -> None:
    rates["anonymous_live"] = "2/hour"
    assert [post(client, {"strokes": ONE}).status_code for _ in range(3)] == [200, 200, 429]
    assert client.post(URL, headers={"X-Forwarded-For": "9.9.9.9"}).status_code == 429
    assert post(owner_client, {"strokes": ONE}).status_code == 200


def test_a_worker_that_does_not_answer_in_time_is_away(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(task: str, request: dict, *, seconds: float) -> dict:
        raise doorbell.ReaderAway

    monkeypatch.setattr(doorbell, "ask", late)
    assert post(client, {"strokes": ONE}).status_code == 503

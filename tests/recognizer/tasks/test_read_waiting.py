"""The worker's task: everything that waits is read, and one bad drawing hurts nobody else."""

import pytest
from django.db import connection

from accounts.models import User
from recognizer import tasks
from recognizer.models import Drawing
from recognizer.services import predictions
from recognizer.serving import doorbell
from tests.conftest import ONE, FakeReader

POISON = [[[0, 0], [13, 13]]]


def states() -> list[str]:
    return sorted(Drawing.objects.values_list("state", flat=True))


def test_it_works(drawing: Drawing, worker: FakeReader) -> None:
    assert tasks.read_waiting() == "1 read"
    drawing.refresh_from_db()
    assert drawing.state == "read"
    assert drawing.latest.text == "7"


def test_many_share_one_batch(owner: User, worker: FakeReader) -> None:
    for _ in range(70):
        predictions.submit_strokes(user=owner, strokes=ONE)
    tasks.read_waiting()
    assert states() == ["read"] * 70
    assert worker.batches[0] == predictions.BATCH


def test_a_claim_keeps_its_limit_whatever_the_database_plans(owner: User) -> None:
    """PostgreSQL would run a subquery again for each row that it looks at, and take all."""
    for _ in range(5):
        predictions.submit_strokes(user=owner, strokes=ONE)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
    assert [len(predictions.claim(limit=2)) for _ in range(4)] == [2, 2, 1, 0]


def test_large_drawings_are_read_some_at_a_time_and_the_rest_goes_back(
    owner: User, worker: FakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        predictions.submit_strokes(user=owner, strokes=ONE * 200)
    monkeypatch.setattr(tasks, "TURN_SECONDS", 0.0)
    monkeypatch.setattr(tasks, "CLAIM_SECONDS", 0.0)
    rings: list[int] = []
    monkeypatch.setattr(doorbell, "ring", lambda: bool(rings.append(1)))
    tasks.read_waiting()
    assert worker.batches == [2]
    assert states() == ["read"] * 2 + ["waiting"] * 3
    assert rings == [1]
    assert set(Drawing.objects.filter(state="waiting").values_list("attempts", "leased_until")) == {(0, None)}
    for _ in range(2):
        tasks.read_waiting()
    assert states() == ["read"] * 5


def test_nothing_waits(worker: FakeReader) -> None:
    assert tasks.read_waiting() == "0 read"
    assert worker.batches == []


def test_running_twice_does_no_harm(drawing: Drawing, worker: FakeReader) -> None:
    tasks.read_waiting()
    tasks.read_waiting()
    assert drawing.predictions.count() == 1


def test_a_drawing_that_breaks_the_reader_fails_alone(owner: User, worker: FakeReader) -> None:
    for strokes in [ONE, POISON, ONE]:
        predictions.submit_strokes(user=owner, strokes=strokes)
    worker.breaks_on = lambda ink: ink[0][1][0] == 13
    tasks.read_waiting()
    assert states() == ["failed", "read", "read"]
    assert Drawing.objects.get(state="failed").failure


def test_a_damaged_row_fails_with_its_reason_and_the_others_go_on(
    owner: User, drawing: Drawing, worker: FakeReader
) -> None:
    predictions.submit_picture(user=owner, image=b"no picture", thumbnail=b"", size=(1, 1))
    tasks.read_waiting()
    assert states() == ["failed", "read"]
    assert "picture" in Drawing.objects.get(state="failed").failure.lower()


def test_an_upload_is_read(upload: Drawing, worker: FakeReader) -> None:
    tasks.read_waiting()
    upload.refresh_from_db()
    assert upload.state == "read"


def test_reconciling_rings_for_what_nobody_waits_for(drawing: Drawing, worker: FakeReader) -> None:
    assert tasks.reconcile() == "1 waiting, 0 given up"
    drawing.refresh_from_db()
    assert drawing.state == "read"
    assert tasks.reconcile() == "0 waiting, 0 given up"


def test_purging_deletes_what_has_expired(owner: User) -> None:
    from datetime import timedelta

    from knox.models import AuthToken

    AuthToken.objects.create(user=owner, expiry=timedelta(seconds=-1))
    AuthToken.objects.create(user=owner, expiry=None)
    assert tasks.purge() == "1 expired tokens deleted, 0 drawings listed for review"
    assert AuthToken.objects.count() == 1

"""A user's own hand: what they correct is learned at once, for them alone, and only while they want that."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from ml.augmentation.trajectory_batches import vary_strokes
from ml.inference.reader import SHIPPED, Reader
from ml.ink.strokes import Strokes
from ml.synthesis.handwriting import random_handwriting, write_digit, write_sign
from recognizer import tasks
from recognizer.models import Correction, Drawing, ModelVersion
from recognizer.services import predictions, reviews
from recognizer.serving import engine, writer_profiles
from tests.conftest import ONE, FakeReader, reading_of, signed_in
from tests.recognizer.course import decide

LIVE = "/api/v1/live/"
WRITER = 26  # a synthetic hand whose slanted sevens are read as 1


def as_json(strokes: Strokes) -> list[Any]:
    return [(100 * stroke + 200).round(2).tolist() for stroke in strokes]


@pytest.fixture(scope="module")
def shipped() -> Reader:
    return Reader.open(SHIPPED)


@pytest.fixture(scope="module")
def sevens(shipped: Reader) -> list[list[Any]]:
    """Sevens in one hand that the shipped reader takes for 1."""
    rng = np.random.default_rng(WRITER)
    profile = random_handwriting(rng)
    digits = [write_digit(7, rng=rng, handwriting=profile) for _ in range(30)]
    drawn = [as_json(vary_strokes(strokes, np.random.default_rng(WRITER), 3.0)) for strokes in digits]
    inks = [engine.ink_of_request({"strokes": strokes}) for strokes in drawn]
    misread = [s for s, found in zip(drawn, shipped.read(inks), strict=True) if found.text == "1"]
    assert len(misread) >= 8
    return misread


@pytest.fixture
def reads(shipped: Reader, version: ModelVersion, worker: FakeReader, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """The shipped reader reads, in the worker that answers at once."""
    monkeypatch.setattr(engine, "current", lambda: engine.Engine(version.pk, str(version), shipped))
    return shipped


def correct(user: User, strokes: list[Any], text: str = "7") -> Correction:
    drawing = predictions.submit_strokes(user=user, strokes=strokes)
    tasks.read_waiting()
    return reviews.correct_drawing(drawing=drawing, user=user, text=text)


def read(user: User, strokes: list[Any]) -> str:
    drawing = predictions.submit_strokes(user=user, strokes=strokes)
    tasks.read_waiting()
    latest = Drawing.objects.get(pk=drawing.pk).latest
    assert latest is not None
    return latest.text


def live(client: Client, strokes: list[Any]) -> str:
    return str(client.post(LIVE, {"strokes": strokes}, content_type="application/json").json()["text"])


def test_a_seven_is_learned_at_once(reads, owner: User, sevens) -> None:
    assert read(owner, sevens[3]) == "1"
    for strokes in sevens[:3]:
        correct(owner, strokes)
    assert read(owner, sevens[4]) == "7"
    assert read(owner, sevens[5]) == "7"


def test_for_its_writer_alone(reads, owner: User, stranger: User, sevens) -> None:
    for strokes in sevens[:3]:
        correct(owner, strokes)
    theirs = predictions.submit_strokes(user=stranger, strokes=sevens[4])
    mine = predictions.submit_strokes(user=owner, strokes=sevens[4])
    tasks.read_waiting()
    texts = [Drawing.objects.get(pk=drawing.pk).latest.text for drawing in (mine, theirs)]
    assert texts == ["7", "1"]


def test_a_live_preview_does_it_too(reads, owner: User, sevens) -> None:
    client = signed_in(owner)
    assert live(client, sevens[4]) == "1"
    for strokes in sevens[:3]:
        correct(owner, strokes)
    assert live(client, sevens[4]) == "7"
    assert live(Client(), sevens[4]) == "1"


def test_nobody_says_in_a_live_request_who_they_are(reads, owner: User, sevens) -> None:
    for strokes in sevens[:3]:
        correct(owner, strokes)
    body = json.dumps({"strokes": sevens[4], "user": owner.pk})
    answer = Client().post(LIVE, body, content_type="application/json")
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"user"})


def test_switched_off_it_is_not_done(reads, owner: User, sevens) -> None:
    for strokes in sevens[:3]:
        correct(owner, strokes)
    User.objects.filter(pk=owner.pk).update(adapts=False)
    assert read(owner, sevens[4]) == "1"
    User.objects.filter(pk=owner.pk).update(adapts=True)
    assert read(owner, sevens[5]) == "7"


def test_a_refused_claim_is_forgotten_at_once(reads, owner: User, reviewer: User, sevens) -> None:
    corrections = [correct(owner, strokes) for strokes in sevens[:3]]
    assert read(owner, sevens[4]) == "7"
    decide(corrections[0].drawing, reviewer, None)
    assert read(owner, sevens[5]) == "1"


def test_so_is_one_that_was_replaced_or_deleted(reads, owner: User, sevens) -> None:
    corrections = [correct(owner, strokes) for strokes in sevens[:3]]
    reviews.correct_drawing(drawing=corrections[0].drawing, user=owner, text="")
    assert read(owner, sevens[4]) == "1"
    reviews.correct_drawing(drawing=corrections[0].drawing, user=owner, text="7")
    assert read(owner, sevens[5]) == "7"
    predictions.delete_drawing(drawing=corrections[1].drawing)
    assert read(owner, sevens[6]) == "1"


def test_what_is_no_digit_stays_refused(reads, owner: User, sevens) -> None:
    for strokes in sevens[:5]:
        correct(owner, strokes)
    rng = np.random.default_rng(1)
    for kind in ("scribble", "spiral", "star", "m"):
        drawing = predictions.submit_strokes(user=owner, strokes=as_json(write_sign(rng, kind)))
        tasks.read_waiting()
        assert Drawing.objects.get(pk=drawing.pk).latest.state == "not_a_digit"


def corrected(user: User, version: ModelVersion, text: str, by: User | None = None) -> Correction:
    """A drawing of the user's that was read as 1, and what somebody says it is."""
    drawing = predictions.submit_strokes(user=user, strokes=ONE)
    predictions.store(readings=[(drawing.pk, reading_of("1"))], version_id=version.pk)
    return reviews.correct_drawing(drawing=drawing, user=by or user, text=text)


def profile_of(user: User) -> Any:
    [profile] = writer_profiles.profiles(engine.current(), [user.pk])
    return profile


def test_only_single_digits_count_and_the_newest_come_first(reader, version, owner) -> None:
    for text in ("4", "5", "42", "", "6\n7", "6"):
        corrected(owner, version, text)
    assert profile_of(owner) == (6, 5, 4)


def test_too_few_make_no_hand(reader, version, owner) -> None:
    for text in ("4", "5"):
        corrected(owner, version, text)
    assert profile_of(owner) is None


def test_at_most_fifty_count(reader, version, owner) -> None:
    for i in range(writer_profiles.MAX_CONFIRMED + 5):
        corrected(owner, version, str(i % 10))
    assert len(profile_of(owner)) == writer_profiles.MAX_CONFIRMED


def test_what_others_claim_counts_once_a_reviewer_agrees(reader, version, owner, reviewer) -> None:
    for text in ("4", "5"):
        corrected(owner, version, text)
    correction = corrected(owner, version, "6", by=reviewer)
    assert profile_of(owner) is None
    decide(correction.drawing, reviewer, correction.text)
    assert profile_of(owner) == (6, 5, 4)
    assert profile_of(reviewer) is None


def test_uploads_do_not_count(reader, version, owner, upload: Drawing) -> None:
    reviews.correct_drawing(drawing=upload, user=owner, text="3")
    for text in ("4", "5"):
        corrected(owner, version, text)
    assert profile_of(owner) is None


def test_a_damaged_drawing_is_left_out(reader, version, owner) -> None:
    corrections = [corrected(owner, version, text) for text in ("3", "4", "5", "6")]
    Drawing.objects.filter(pk=corrections[1].drawing_id).update(strokes=[["x"]])
    assert profile_of(owner) == (6, 5, 3)


def test_a_batch_costs_two_queries_however_many_users(reader, version, owner, stranger, django_assert_num_queries):
    users = [owner.pk, stranger.pk, None, owner.pk]
    with django_assert_num_queries(2):
        assert writer_profiles.profiles(engine.current(), users) == [None] * 4
    for text in ("4", "5", "6"):
        corrected(owner, version, text)
    with django_assert_num_queries(4):
        assert writer_profiles.profiles(engine.current(), users) == [(6, 5, 4), None, None, (6, 5, 4)]
    with django_assert_num_queries(2):
        writer_profiles.profiles(engine.current(), users)
    with django_assert_num_queries(0):
        assert writer_profiles.profiles(engine.current(), [None, None]) == [None, None]


def test_only_so_many_profiles_are_cached(reader, version, owner, stranger, monkeypatch) -> None:
    monkeypatch.setattr(writer_profiles, "CACHED", 1)
    for text in ("4", "5", "6"):
        corrected(owner, version, text)
        corrected(stranger, version, text)
    for user in (owner, stranger, owner):
        with CaptureQueriesContext(connection) as queries:
            assert profile_of(user) == (6, 5, 4)
        assert len(queries) == 4


def test_an_explanation_uses_the_profile_of_that_time(reads, owner: User, sevens) -> None:
    """Corrected since or not: what was read as 1 is explained as 1, what was read as 7 as 7."""
    client = signed_in(owner)
    corrections = [correct(owner, strokes) for strokes in sevens[:3]]
    later = predictions.submit_strokes(user=owner, strokes=sevens[4])
    tasks.read_waiting()
    labels = [
        client.get(f"/api/v1/predictions/{drawing.pk}/explanation/").json()["label"]
        for drawing in (corrections[0].drawing, later)
    ]
    assert labels == [1, 7]


@pytest.mark.parametrize("read_it", [lambda user: tasks.read_waiting(), lambda user: tasks.read_live("x", {})])
def test_without_corrections_there_is_no_profile(
    worker: FakeReader, drawing: Drawing, read_it: Callable[[User], str]
) -> None:
    read_it(drawing.user)
    assert worker.profiles == [None]


def test_site_and_reader_agree_on_how_many_count() -> None:
    from ml.inference import personalization as of_the_reader

    assert (writer_profiles.MIN_CONFIRMED, writer_profiles.MAX_CONFIRMED) == (
        of_the_reader.MIN_CONFIRMED,
        of_the_reader.MAX_CONFIRMED,
    )

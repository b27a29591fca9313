"""Reviewing by the API: items, verdicts, undo."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from accounts.tokens import create_token
from recognizer.models import Drawing, ModelVersion, Review, ReviewItem
from recognizer.services import predictions, review_queue, reviews
from tests.conftest import ONE, PASSWORD, reading_of

BASE = "/api/v1/reviews/"


@pytest.fixture(autouse=True)
def _willing(owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(may_train=True)


def reviewer_named(name: str) -> Client:
    """A program of a reviewer who has no other rights."""
    user = User.objects.create_user(name, password=PASSWORD)
    user.groups.add(Group.objects.get(name="reviewers"))
    return Client(headers={"Authorization": f"Token {create_token(user=user)}"})


@pytest.fixture
def desk(db: None) -> Client:
    return reviewer_named("rita")


def queued(owner: User, version: ModelVersion, *readings: tuple[str, float]) -> list[Drawing]:
    """Drawings that were read as these texts, this surely."""
    drawings = []
    for text, confidence in readings:
        drawing = predictions.submit_strokes(user=owner, strokes=ONE)
        predictions.store(readings=[(drawing.pk, reading_of(text, confidence=confidence))], version_id=version.pk)
        drawings.append(drawing)
    fetched = Drawing.objects.with_predictions().with_verdicts().in_bulk([d.pk for d in drawings])
    review_queue.put_many(drawings=[fetched[d.pk] for d in drawings])
    return drawings


def post(client: Client, path: str, data: Any = None) -> Any:
    return client.post(BASE + path, data if data is not None else {}, content_type="application/json")


def items(client: Client, count: int = 1, held: list[str] | None = None) -> list[dict[str, Any]]:
    return post(client, "items/", {"count": count, "held": held or []}).json()["items"]


def said(item: dict[str, Any], **what: Any) -> dict[str, Any]:
    return {"drawing": item["id"], "seen": item["seen"], "verdict": "number", "text": "1", **what}


def test_it_works(desk: Client, owner: User, version: ModelVersion) -> None:
    queued(owner, version, ("7", 0.98), ("7", 0.4))
    item, surer = items(desk, 2)
    assert item["why"] == "The reader is unsure: 40 %."
    assert item["reading"]["text"] == "7"
    assert item["ink"]["path"].startswith("M")
    assert item["strokes"] == ONE
    assert surer["reason"] == ""
    answer = post(desk, "", said(item))
    assert answer.status_code == 201
    assert answer.json()["review"]["text"] == "1"
    assert answer.json()["item"]["state"] == "decided"
    review = Review.objects.get()
    assert (str(review.drawing_id), review.reviewer.username, review.shown_for) == (item["id"], "rita", "unsure")
    assert review.prediction.text == "7"
    [mine] = desk.get(BASE).json()["results"]
    assert (mine["drawing"], mine["undone"], mine["in_force"]) == (item["id"], False, True)


def test_two_reviewers_never_get_the_same_item(desk: Client, owner: User, version: ModelVersion) -> None:
    queued(owner, version, *[("7", 0.5)] * 6)
    other = reviewer_named("sam")
    mine, theirs = items(desk, 3), items(other, 10)
    assert len(mine) == len(theirs) == 3
    assert not {i["id"] for i in mine} & {i["id"] for i in theirs}


def test_what_was_forgotten_comes_again_and_what_is_held_does_not(
    desk: Client, owner: User, version: ModelVersion
) -> None:
    queued(owner, version, *[("7", 0.5)] * 4)
    [first] = items(desk)
    assert [i["id"] for i in items(desk)] == [first["id"]]
    assert first["id"] not in [i["id"] for i in items(desk, 3, held=[first["id"]])]
    assert items(desk, 0, held=[first["id"]]) == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"verdict": "refused"}, "verdict"),
        ({"verdict": "number", "text": ""}, "text"),
        ({"verdict": "no_number", "text": "7"}, "text"),
        ({"text": "seven"}, "text"),
        ({"text": "7" * 1001}, "text"),
        ({"drawing": "1"}, "drawing"),
        ({"step": "1"}, "step"),
        ({"shown_for": "corrected"}, "shown_for"),
        ({"sure": True}, "sure"),
    ],
)
def test_what_is_wrong_is_refused_by_name(
    desk: Client, owner: User, version: ModelVersion, wrong: dict[str, Any], field: str
) -> None:
    queued(owner, version, ("7", 0.5))
    [item] = items(desk)
    answer = post(desk, "", said(item, **wrong))
    assert answer.status_code == 400
    assert field in answer.json()["errors"]
    assert not Review.objects.exists()


def test_white_space_is_tidied(desk: Client, owner: User, version: ModelVersion) -> None:
    queued(owner, version, ("7", 0.5))
    [item] = items(desk)
    assert post(desk, "", said(item, text=" 1  2\r\n\n3 ")).status_code == 201
    assert Review.objects.get().text == "1 2\n3"


def test_a_stale_verdict_is_told_what_the_other_said(desk: Client, owner: User, version: ModelVersion) -> None:
    queued(owner, version, ("7", 0.5))
    [item] = items(desk)
    other = reviewer_named("sam")
    assert post(other, "", said(item, text="4")).status_code == 201
    answer = post(desk, "", said(item))
    assert answer.status_code == 409
    body = answer.json()
    assert (body["current"]["text"], body["current"]["reviewer"]) == ("4", "sam")
    assert body["detail"] == "Somebody has decided on this drawing meanwhile."
    assert post(desk, "", said(body["item"])).status_code == 201
    assert [r.text for r in Review.objects.order_by("pk")] == ["4", "1"]


def test_a_correction_meanwhile_makes_it_stale_too(desk: Client, owner: User, version: ModelVersion) -> None:
    [drawing] = queued(owner, version, ("7", 0.5))
    [item] = items(desk)
    reviews.correct_drawing(drawing=drawing, user=owner, text="2")
    answer = post(desk, "", said(item))
    assert answer.status_code == 409
    assert answer.json()["current"] is None
    assert answer.json()["item"]["why"] == "Its writer says 2; it was read as 7."


def test_the_same_step_sent_again_changes_nothing(desk: Client, owner: User, version: ModelVersion) -> None:
    queued(owner, version, ("7", 0.5))
    [item] = items(desk)
    step = str(uuid.uuid4())
    answers = [post(desk, "", said(item, step=step)) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["review"] == answers[1].json()["review"]
    assert Review.objects.count() == 1


def test_many_in_one_step_and_all_taken_back(desk: Client, owner: User, version: ModelVersion) -> None:
    drawings = queued(owner, version, *[("7", 0.5)] * 4)
    listed = items(desk, 4)
    reviews.correct_drawing(drawing=drawings[0], user=owner, text="2")
    rows = [{"id": i["id"], "seen": i["seen"]} for i in listed]
    answer = post(desk, "bulk/", {"drawings": rows, "verdict": "number", "text": "1"})
    assert answer.status_code == 200
    assert answer.json()["stale"] == [str(drawings[0].pk)]
    assert len(answer.json()["decided"]) == 3
    assert Review.objects.filter(bulk=True, shown_for="wall").count() == 3
    undone = post(desk, "undo/").json()
    assert len(undone["undone"]) == len(undone["drawings"]) == 3
    assert not Review.objects.in_force().exists()
    assert post(desk, "undo/").status_code == 409


def test_an_empty_step_is_refused(desk: Client) -> None:
    assert post(desk, "bulk/", {"drawings": [], "verdict": "number", "text": "1"}).status_code == 400


def test_one_item_by_its_address(desk: Client, owner: User, stranger: User, version: ModelVersion) -> None:
    [drawing] = queued(owner, version, ("7", 0.5))
    item = desk.get(f"{BASE}items/{drawing.pk}/").json()
    assert item["id"] == str(drawing.pk)
    assert desk.get(item["url"]).json() == item
    for missing in (uuid.uuid4(), "x"):
        assert desk.get(f"{BASE}items/{missing}/").status_code == 404


def test_drawings_of_the_unwilling_are_not_shown_unless_corrected(
    desk: Client, stranger: User, version: ModelVersion
) -> None:
    [drawing] = queued(stranger, version, ("7", 0.5))
    seen = Drawing.objects.get(pk=drawing.pk).seen
    assert items(desk) == []
    assert desk.get(f"{BASE}items/{drawing.pk}/").status_code == 404
    assert post(desk, "", {"drawing": str(drawing.pk), "seen": seen, "verdict": "no_number"}).status_code == 404
    assert post(desk, "skips/", {"drawing": str(drawing.pk)}).status_code == 404
    reviews.correct_drawing(drawing=drawing, user=stranger, text="4")
    [item] = items(desk)
    assert post(desk, "", said(item, text="4")).status_code == 201


def test_skipped_ones_come_back_when_asked_for(desk: Client, owner: User, version: ModelVersion) -> None:
    queued(owner, version, ("7", 0.4), ("7", 0.5))
    [first] = items(desk)
    assert post(desk, "skips/", {"drawing": first["id"]}).status_code == 204
    [second] = items(desk)
    assert second["id"] != first["id"]
    assert items(desk, 5, held=[second["id"]]) == []
    assert desk.delete(BASE + "skips/").status_code == 204
    assert [i["id"] for i in items(desk, 5, held=[second["id"]])] == [first["id"]]


def test_a_skipped_one_is_not_held_by_a_request_that_was_under_way(
    desk: Client, owner: User, version: ModelVersion
) -> None:
    queued(owner, version, ("7", 0.4))
    [item] = items(desk)
    post(desk, "skips/", {"drawing": item["id"]})
    assert items(desk, 3, held=[item["id"]]) == items(desk, 3) == []


def test_whoever_gave_the_first_verdict_cannot_hold_the_drawing_for_the_second(
    desk: Client, owner: User, version: ModelVersion, settings
) -> None:
    queued(owner, version, ("7", 0.4), ("7", 0.5))
    sam = reviewer_named("sam")
    [item] = items(sam)
    post(sam, "", said(item))
    settings.REVIEW_TWICE = 1.0
    [item] = items(desk)
    post(desk, "", said(item))
    assert items(desk, 3, held=[item["id"]]) == items(desk, 3) == []
    assert [i["id"] for i in items(sam)] == [item["id"]]


def test_a_second_opinion_does_not_see_the_first(
    desk: Client, owner: User, version: ModelVersion, settings
) -> None:
    sam, eve = reviewer_named("sam"), reviewer_named("eve")
    queued(owner, version, ("7", 0.4), ("7", 0.5))
    [item] = items(desk)
    assert post(desk, "", said(item)).status_code == 201  # somebody else decides too
    settings.REVIEW_TWICE = 1.0
    [item] = items(sam)
    assert post(sam, "", said(item, text="7")).status_code == 201
    assert items(sam) == []
    [again] = items(desk)
    assert (again["id"], again["look"], again["verdict"]) == (item["id"], 2, None)
    assert post(desk, "", said(again, text="1")).status_code == 201
    assert items(desk) == items(sam) == []
    [third] = items(eve)
    assert (third["id"], third["look"], third["why"]) == (
        item["id"],
        3,
        "Two reviewers disagree. What do you see?",
    )
    assert not Review.objects.trainable().filter(drawing=third["id"]).exists()
    assert post(eve, "", said(third, text="7")).status_code == 201
    assert Review.objects.trainable().get(drawing=third["id"]).text == "7"
    assert ReviewItem.objects.get(pk=third["id"]).state == "decided"


def test_answers_cost_a_fixed_number_of_queries(
    desk: Client, owner: User, version: ModelVersion, django_assert_max_num_queries
) -> None:
    queued(owner, version, *[("7", 0.5)] * 12)
    with django_assert_max_num_queries(20):
        [item, *_] = items(desk, 10)
    with django_assert_max_num_queries(30):
        post(desk, "", said(item))


def test_statistics(desk: Client, owner: User, version: ModelVersion) -> None:
    queued(owner, version, ("7", 0.5), ("7", 0.4))
    [item] = items(desk)
    post(desk, "", said(item))
    figures = desk.get(BASE + "statistics/").json()
    assert figures["waiting"]["unsure"] == 1
    assert (figures["yield"]["last"]["hits"], figures["yield"]["last"]["n"]) == (1, 1)
    assert figures["sample"]["accuracy"] is None


def test_a_cursor_that_is_none_is_not_found(desk: Client) -> None:
    for cursor in ("cD14", "cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5"):
        assert desk.get(f"{BASE}?cursor={cursor}").status_code == 404

"""The wall: which drawings it shows, in which order, page by page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from accounts.models import User
from recognizer.models import Drawing, ModelVersion, Review, ReviewItem
from recognizer.review import wall
from recognizer.services import predictions, review_queue, reviews
from tests.conftest import ONE, PASSWORD, reading_of, signed_in

State = ReviewItem.State
WALL = "/review/grid/"


@pytest.fixture
def writer(owner: User) -> User:
    """Lets drawings train, so that staff may see them."""
    User.objects.filter(pk=owner.pk).update(may_train=True)
    owner.refresh_from_db()
    return owner


@pytest.fixture
def reads(writer: User, version: ModelVersion) -> Any:
    """Makes drawings of the writer that were read so; returns them."""

    def reads(text: str, *confidences: float, user: User = writer, **fields: Any) -> list[Drawing]:
        drawings = [predictions.submit_strokes(user=user, strokes=ONE) for _ in confidences]
        state = "recognised" if text else "not_a_digit"
        readings = [(d.pk, reading_of(text, state, c)) for d, c in zip(drawings, confidences, strict=True)]
        predictions.store(readings=readings, version_id=version.pk)
        fetched = Drawing.objects.with_predictions().with_verdicts().filter(pk__in=[d.pk for d in drawings])
        review_queue.put_many(drawings=list(fetched))
        ReviewItem.objects.filter(pk__in=[d.pk for d in drawings]).update(**fields)
        return drawings

    return reads


def decide(drawing: Drawing, reviewer: User, text: str) -> Review:
    verdict = Review.Verdict.NUMBER if text else Review.Verdict.NO_NUMBER
    drawing = Drawing.objects.get(pk=drawing.pk)
    return reviews.decide(
        drawing_id=drawing.pk, reviewer=reviewer, decision=reviews.Decision(verdict, text), seen=drawing.seen
    )


def shown(client: Client, query: str = "") -> list[str]:
    """The ids of the drawings on the wall, in order."""
    answer = client.get(WALL + query)
    assert answer.status_code == 200
    return re.findall(r'data-tile="([^"]+)"', answer.content.decode())


def ids(drawings: Sequence[Drawing]) -> list[str]:
    return [str(drawing.pk) for drawing in drawings]


def test_all_sevens_the_least_sure_first(reviewer_client: Client, reads: Any) -> None:
    sevens = reads("7", 0.9, 0.5, 0.7)
    reads("1", 0.6)
    assert shown(reviewer_client, "?read=7") == ids([sevens[1], sevens[2], sevens[0]])


def test_a_thumbnail_says_what_is_known(reviewer_client: Client, reads: Any, writer: User) -> None:
    (drawing,) = reads("7", 0.62)
    reviews.correct_drawing(drawing=drawing, user=writer, text="1")
    page = reviewer_client.get(WALL).content.decode()
    assert 'aria-label="read 7, 62 %, its writer says 1"' in page
    assert f'data-seen="{Drawing.objects.get(pk=drawing.pk).seen}"' in page
    assert f'href="/review/drawings/{drawing.pk}/"' in page


def test_what_is_decided_is_marked(reviewer_client: Client, reads: Any, reviewer: User) -> None:
    (drawing,) = reads("7", 0.999)
    decide(drawing, reviewer, "1")
    assert shown(reviewer_client, "?read=7") == []
    page = reviewer_client.get(f"{WALL}?read=7&state=decided").content.decode()
    assert 'aria-label="read 7, &gt; 99 %, decided: 1"' in page


@pytest.mark.parametrize("state", [State.SECOND, State.THIRD])
def test_a_second_opinion_is_given_without_knowing_the_first(
    reviewer_client: Client, reads: Any, reviewer: User, state: str
) -> None:
    (drawing,) = reads("7", 0.6)
    decide(drawing, reviewer, "1")
    ReviewItem.objects.update(state=state)
    assert shown(reviewer_client) == shown(reviewer_client, "?state=decided") == []
    assert shown(reviewer_client, "?truth=1") == []
    page = reviewer_client.get(f"{WALL}?state=all").content.decode()
    assert str(drawing.pk) in page
    assert "decided: 1" not in page
    assert 'aria-disabled="true"' in page


@pytest.mark.parametrize("state", [State.FOLDED, State.CAPPED])
def test_what_the_queue_leaves_out_is_on_the_wall(reviewer_client: Client, reads: Any, state: str) -> None:
    drawings = reads("7", 0.6, state=state)
    assert shown(reviewer_client) == ids(drawings)


def test_the_cells_of_a_confusion_matrix(
    reviewer_client: Client, reads: Any, reviewer: User, version: ModelVersion
) -> None:
    (one, seven, scribble), (nothing,) = reads("7", 0.5, 0.6, 0.7), reads("", 0.4)
    for drawing, text in [(one, "1"), (seven, "7"), (scribble, ""), (nothing, "7")]:
        decide(drawing, reviewer, text)
    assert shown(reviewer_client, f"?read=7&truth=1&state=decided&version={version.pk}") == ids([one])
    assert shown(reviewer_client, "?read=7&truth=&state=decided") == ids([one, seven, scribble])
    assert shown(reviewer_client, "?read=7&truth=none") == ids([scribble])
    assert shown(reviewer_client, "?read=none&truth=7") == ids([nothing])
    assert shown(reviewer_client, "?truth=7") == ids([nothing, seven])


def test_a_verdict_that_was_replaced_is_no_truth(reviewer_client: Client, reads: Any, reviewer: User) -> None:
    (drawing,) = reads("7", 0.5)
    decide(drawing, reviewer, "1")
    decide(drawing, reviewer, "7")
    assert shown(reviewer_client, "?truth=1") == []
    assert shown(reviewer_client, "?truth=7") == ids([drawing])


def test_numbers_of_several_lines_are_found(reviewer_client: Client, reads: Any) -> None:
    drawings = reads("12 34\n5", 0.5)
    assert shown(reviewer_client, "?read=12%20%2034%20/%205") == ids(drawings)
    assert 'value="12 34 / 5"' in reviewer_client.get(f"{WALL}?read=12 34/5").content.decode()


def test_the_other_filters(reviewer_client: Client, reads: Any, writer: User, stranger: User) -> None:
    User.objects.filter(pk=stranger.pk).update(may_train=True)
    (old,) = reads("7", 0.5, day=date(2026, 1, 1))
    (other,) = reads("7", 0.6, user=stranger, sampled_at=timezone.now())
    today = timezone.now().date()
    assert shown(reviewer_client, f"?writer={stranger.pk}") == ids([other])
    assert shown(reviewer_client, "?sample=1") == ids([other])
    assert shown(reviewer_client, "?to=2026-01-01") == ids([old])
    assert shown(reviewer_client, f"?from={today - timedelta(days=1)}&to={today}") == ids([other])
    assert shown(reviewer_client, "?version=999") == []
    reviews.correct_drawing(drawing=old, user=writer, text="1")
    assert shown(reviewer_client, "?reason=corrected") == ids([old])


def test_the_orders(reviewer_client: Client, reads: Any) -> None:
    (low,), (high,) = reads("7", 0.5), reads("7", 0.9, day=date(2026, 1, 1))
    assert shown(reviewer_client, "?order=surest") == ids([high, low])
    assert shown(reviewer_client, "?order=newest") == ids([low, high])
    assert shown(reviewer_client, "?order=least-sure") == ids([low, high])


def test_the_form_keeps_what_is_filtered(reviewer_client: Client, reads: Any) -> None:
    page = reviewer_client.get(f"{WALL}?read=7&state=decided&reason=unsure&from=2026-01-02").content.decode()
    for part in ['value="7"', '"decided" selected', '"unsure" selected', 'name="from" value="2026-01-02"']:
        assert part in page


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("read=seven", "Write a number in digits"),
        ("truth=1x", "Write a number in digits"),
        ("state=lost", "Select a valid choice"),
        ("reason=lost", "Select a valid choice"),
        ("writer=eve", "Enter a whole number"),
        ("writer=99999999999999999999", "less than or equal"),
        ("version=-1", "greater than or equal"),
        ("from=yesterday", "Write a day as"),
        ("order=worst", "Select a valid choice"),
        ("after=nonsense", "There is no such page"),
        ("after=nan_00000000000000000000000000000000", "There is no such page"),
        ("before=2_00000000000000000000000000000000", "There is no such page"),
        ("order=newest&after=0.5_00000000000000000000000000000000", "There is no such page"),
        ("read=7%00", "Null characters"),
    ],
)
def test_a_wrong_filter_gets_a_sentence(reviewer_client: Client, reads: Any, query: str, sentence: str) -> None:
    reads("7", 0.5)
    answer = reviewer_client.get(f"{WALL}?{query}")
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert "data-tile=" not in answer.content.decode()


@pytest.mark.parametrize("order", ["least-sure", "surest", "newest"])
def test_page_by_page_to_the_end_and_back(
    reviewer_client: Client, reads: Any, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    monkeypatch.setattr(wall, "PAGE", 3)
    made = {*ids(reads("7", *[0.5] * 4, *[0.7] * 4))}  # many with the same key
    first = reviewer_client.get(f"{WALL}?order={order}").context
    second = reviewer_client.get(f"{WALL}?order={order}&after={first['page'].next}").context
    last = reviewer_client.get(f"{WALL}?order={order}&after={second['page'].next}").context
    pages = [[str(tile.drawing.pk) for tile in page["tiles"]] for page in (first, second, last)]
    assert [len(page) for page in pages] == [3, 3, 2]
    assert {pk for page in pages for pk in page} == made
    assert (first["page"].previous, last["page"].next) == ("", "")
    assert shown(reviewer_client, f"?order={order}&before={last['page'].previous}") == pages[1]
    assert shown(reviewer_client, f"?order={order}&before={second['page'].previous}") == pages[0]


def test_when_all_before_is_decided_the_previous_page_is_the_first(
    reviewer_client: Client, reads: Any, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wall, "PAGE", 2)
    drawings = reads("7", 0.5, 0.6, 0.7, 0.8, 0.9)
    second = reviewer_client.get(f"{WALL}?after={reviewer_client.get(WALL).context['page'].next}")
    for drawing in drawings[:2]:
        decide(drawing, reviewer, "7")
    assert shown(reviewer_client, f"?before={second.context['page'].previous}") == ids(drawings[2:4])


def test_a_filter_without_drawings_says_so(reviewer_client: Client, db: None) -> None:
    assert "There are no such drawings" in reviewer_client.get(f"{WALL}?read=7").content.decode()


def test_each_digit_says_how_many_wait(
    reviewer_client: Client, reads: Any, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wall, "MANY", 2)
    reads("1", 0.5, 0.5)
    decide(reads("7", 0.5, 0.5, 0.5, 0.5)[0], reviewer, "7")
    counts = {label["value"]: label["count"] for label in reviewer_client.get(WALL).context["labels"]}
    assert counts["1"] == "2"
    assert counts["7"] == "2+"
    assert counts["none"] == "0"
    filtered = reviewer_client.get(f"{WALL}?reason=unsure").context["labels"]
    assert {label["count"] for label in filtered} == {None}


def test_a_wall_costs_the_same_with_many_drawings(
    reviewer_client: Client, reads: Any, writer: User, reviewer: User, django_assert_max_num_queries: Any
) -> None:
    for drawing in reads("7", *[0.6] * 70):
        reviews.correct_drawing(drawing=drawing, user=writer, text="1")
    for query in ("", "?read=7", "?state=all", "?state=decided&truth=1"):
        with django_assert_max_num_queries(12):
            reviewer_client.get(WALL + query)
    assert len(shown(reviewer_client)) == 60


def test_drawings_of_writers_who_do_not_consent_are_not_shown(
    reviewer_client: Client, reads: Any, stranger: User
) -> None:
    (hidden,) = reads("7", 0.5, user=stranger)
    assert shown(reviewer_client, "?state=all") == []
    reviews.correct_drawing(drawing=hidden, user=stranger, text="1")
    assert shown(reviewer_client) == ids([hidden])


def test_only_reviewers_see_it(client: Client, owner_client: Client, db: None) -> None:
    assert owner_client.get(WALL).status_code == 403
    assert client.get(WALL)["Location"].startswith("/accounts/login/")
    member = User.objects.create_user("member", password=PASSWORD)
    member.groups.add(Group.objects.get(name="reviewers"))
    assert signed_in(member).get(WALL).status_code == 200

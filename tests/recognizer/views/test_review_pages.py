"""The pages of reviewers: the desk, one drawing with its verdicts, the number in the header."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from recognizer.models import Drawing, Review, ReviewItem
from recognizer.services import review_queue, reviews
from recognizer.templatetags import review as tags
from tests.conftest import PASSWORD, signed_in
from tests.recognizer.course import decide, text_of


@pytest.fixture
def item(owner: User, read_drawing: Drawing) -> ReviewItem:
    """A drawing that waits for a reviewer."""
    User.objects.filter(pk=owner.pk).update(may_train=True)
    drawing = Drawing.objects.with_predictions().with_verdicts().get(pk=read_drawing.pk)
    review_queue.put_many(drawings=[drawing])
    return ReviewItem.objects.get(pk=drawing.pk)


def named(name: str) -> User:
    user = User.objects.create_user(name, password=PASSWORD)
    user.groups.add(Group.objects.get(name="reviewers"))
    return user


@pytest.fixture
def rita(db: None) -> User:
    return named("rita")


@pytest.fixture
def desk(rita: User) -> Client:
    return signed_in(rita)


def test_the_desk_knows_its_addresses_and_its_user(desk: Client, rita: User) -> None:
    page = text_of(desk, "/review/")
    assert 'data-items-url="/api/v1/reviews/items/"' in page
    assert f'data-user="{rita.pk}"' in page
    assert "/accounts/login/?next=%2Freview%2F" in page
    assert "<noscript>" in page


def test_the_desk_counts_what_one_skipped(desk: Client, rita: User, item: ReviewItem) -> None:
    review_queue.skip(reviewer=rita, drawing_id=item.pk)
    assert 'data-skipped="1"' in text_of(desk, "/review/")


def test_one_drawing_shows_who_said_what(desk: Client, rita: User, item: ReviewItem) -> None:
    path = f"/review/drawings/{item.pk}/"
    assert "Nobody has decided on it yet." in text_of(desk, path)
    decide(item.drawing, named("rolf"), "1")
    decide(item.drawing, rita, None)
    reviews.undo(reviewer=rita)
    page = text_of(desk, path)
    assert page.index("rita,") < page.index("rolf,")
    assert "<del>1</del>" in page
    assert 'class="is-undone"' in page
    assert page.count("in force") == 1


def test_a_second_opinion_is_given_before_the_first_is_seen(desk: Client, rita: User, item: ReviewItem) -> None:
    decide(item.drawing, named("rolf"), "1")
    ReviewItem.objects.update(state=ReviewItem.State.SECOND)
    page = text_of(desk, f"/review/drawings/{item.pk}/")
    assert "You see them once you have given yours." in page
    assert "rolf" not in page
    decide(item.drawing, rita, "1")
    assert "rolf" in text_of(desk, f"/review/drawings/{item.pk}/")


def test_a_drawing_that_staff_may_not_see_is_not_there(desk: Client, owner: User, item: ReviewItem) -> None:
    User.objects.filter(pk=owner.pk).update(may_train=False)
    assert desk.get(f"/review/drawings/{item.pk}/").status_code == 404
    assert desk.get(f"/review/drawings/{uuid.uuid4()}/").status_code == 404


def test_many_verdicts_cost_the_same(
    desk: Client, rita: User, item: ReviewItem, django_assert_max_num_queries
) -> None:
    for i in range(12):
        decide(item.drawing, rita, str(i))
    assert Review.objects.count() == 12
    with django_assert_max_num_queries(9):
        desk.get(f"/review/drawings/{item.pk}/")


def test_the_header_counts_what_waits_up_to_a_bound(
    desk: Client, owner_client: Client, item: ReviewItem, monkeypatch: pytest.MonkeyPatch
) -> None:
    ReviewItem.objects.update(reason=ReviewItem.Reason.UNSURE)
    assert '<span class="nav-count">1<' in text_of(desk, "/history/")
    assert 'href="/review/"' not in owner_client.get("/history/").content.decode()
    monkeypatch.setattr(tags, "MOST", 0)
    assert '<span class="nav-count">0+<' in text_of(desk, "/history/")
    ReviewItem.objects.all().delete()
    assert "nav-count" not in text_of(desk, "/history/")

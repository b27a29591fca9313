"""Reviewers who ask at the same time."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from recognizer.models import ModelVersion, Review, ReviewItem
from recognizer.services import review_queue, reviews
from recognizer.services.reviews import Decision, StaleReview
from tests.recognizer.queue import queued, willing

REVIEWERS = 16
EACH = 3  # claims of each reviewer
LONGEST = 10.0  # seconds for a claim on a busy machine; SQLite lets one write after the other

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def staff(transactional_db: None) -> list[User]:
    # Without a group: what a test that commits leaves behind is emptied, the rows of migrations too.
    return [User.objects.create_user(f"reviewer{number}") for number in range(REVIEWERS)]


def at_once(staff: list[User], work: Callable[[User], Any]) -> list[Any]:
    """What `work` returns for each of them, who all begin at the same time."""
    start, results = threading.Barrier(len(staff)), []

    def one(reviewer: User) -> None:
        start.wait()
        try:
            results.append(work(reviewer))
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=[reviewer]) for reviewer in staff]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == len(staff)
    return results


def test_nobody_gets_the_same_drawing_and_nobody_waits_long(
    owner: User, version: ModelVersion, staff: list[User], settings: Any
) -> None:
    settings.REVIEW_RANDOM_SHARE = 0.3
    settings.REVIEW_A_DAY = 0
    queued(willing(owner), version, *[0.5] * (REVIEWERS * EACH))
    seconds: list[float] = []

    def claims(reviewer: User) -> list[Any]:
        held: list[Any] = []
        for _ in range(EACH):
            before = time.monotonic()
            held += [item.pk for item in review_queue.claim(reviewer=reviewer, count=1, held=held)]
            seconds.append(time.monotonic() - before)
        return held

    got = Counter(pk for held in at_once(staff, claims) for pk in held)
    assert max(got.values()) == 1
    # Whoever passes over rows that another is just taking may find none left; hardly anybody goes without.
    assert len(got) >= REVIEWERS * (EACH - 1)
    assert max(seconds) < LONGEST
    assert ReviewItem.objects.exclude(leased_to=None).count() == len(got)


def test_one_verdict_counts(owner: User, version: ModelVersion, staff: list[User]) -> None:
    [drawing] = queued(willing(owner), version, 0.5)
    token = drawing.seen

    def decide(reviewer: User) -> str:
        try:
            reviews.decide(drawing_id=drawing.pk, reviewer=reviewer, decision=Decision.of("7"), seen=token)
        except StaleReview:
            return "stale"
        return "decided"

    assert Counter(at_once(staff, decide)) == {"decided": 1, "stale": REVIEWERS - 1}
    assert Review.objects.count() == 1


def test_steps_over_the_same_drawings_do_not_wait_in_a_circle(
    owner: User, version: ModelVersion, staff: list[User]
) -> None:
    drawings = queued(willing(owner), version, *[0.5] * 10)
    tokens = [(drawing.pk, drawing.seen) for drawing in drawings]

    def decide(reviewer: User) -> int:
        order = tokens if reviewer.pk % 2 else tokens[::-1]
        return len(reviews.decide_many(reviewer=reviewer, decision=Decision.of("7"), seen=dict(order)).decided)

    assert sorted(at_once(staff, decide)) == [0] * (REVIEWERS - 1) + [10]

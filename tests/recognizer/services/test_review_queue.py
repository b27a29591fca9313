"""Which drawings a reviewer gets, in which order, and for how long."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from recognizer.models import Drawing, ModelVersion, ReviewItem, SkippedItem
from recognizer.presentation.review_item import why
from recognizer.services import review_queue, reviews
from tests.conftest import page_of, reading_of
from tests.recognizer.course import decide
from tests.recognizer.queue import (
    expire_leases,
    ids,
    item_of,
    queued,
    queued_as,
    reviewer_named,
    set_items,
    willing,
)

Reason, State = ReviewItem.Reason, ReviewItem.State


@pytest.fixture(autouse=True)
def _willing(owner: User) -> None:
    willing(owner)


@pytest.fixture
def rita(db: None) -> User:
    return reviewer_named("rita")


@pytest.fixture
def ron(db: None) -> User:
    return reviewer_named("ron")


def claim(reviewer: User, count: int = 1, held: Any = ()) -> list[Any]:
    return ids(review_queue.claim(reviewer=reviewer, count=count, held=held))


# ---- Claims and leases


def test_the_worthiest_come_first(owner: User, version: ModelVersion, rita: User) -> None:
    sure, unsure, in_between = queued(owner, version, 0.99, 0.4, 0.7)
    assert claim(rita, 3) == [unsure.pk, in_between.pk, sure.pk]
    held = ReviewItem.objects.held_by(rita)
    assert held.count() == 3
    assert all(item.leased_until > timezone.now() for item in held)


def test_a_long_page_comes_before_others_for_its_least_sure_number_not_for_its_length(
    owner: User, version: ModelVersion, rita: User
) -> None:
    """Each of these pages as a whole is right with a probability of 10 %."""
    sure, doubtful, digit = queued_as(
        owner, version, page_of(*["12 48 305"] * 8), page_of("12", "48?"), reading_of("7", confidence=0.7)
    )
    assert claim(rita, 3) == [doubtful.pk, digit.pk, sure.pk]
    assert item_of(sure).reason == Reason.NONE
    assert item_of(doubtful).reason == Reason.UNSURE
    assert why(item_of(doubtful)) == "The reader is unsure: 2 numbers, 1 doubtful."


def test_nobody_gets_what_another_holds(owner: User, version: ModelVersion, rita: User, ron: User) -> None:
    first, second = queued(owner, version, 0.4, 0.5)
    assert claim(rita) == [first.pk]
    assert claim(ron, 5) == [second.pk]
    assert claim(reviewer_named("rob")) == []


def test_an_expired_lease_is_anybodys(owner: User, version: ModelVersion, rita: User, ron: User) -> None:
    [drawing] = queued(owner, version, 0.4)
    assert claim(rita) == [drawing.pk]
    expire_leases()
    assert claim(ron) == [drawing.pk]
    assert review_queue.hold(reviewer=rita, ids=[drawing.pk]) == 0
    assert item_of(drawing).leased_to == ron


def test_held_ones_are_prolonged(owner: User, version: ModelVersion, rita: User, ron: User) -> None:
    first, second = queued(owner, version, 0.4, 0.5)
    assert claim(rita) == [first.pk]
    expire_leases()
    assert claim(rita, 1, [first.pk]) == [second.pk]
    assert ReviewItem.objects.held_by(rita).count() == 2
    assert claim(ron) == []


def test_a_heartbeat_takes_nothing(owner: User, version: ModelVersion, rita: User) -> None:
    first, second = queued(owner, version, 0.4, 0.5)
    assert claim(rita) == [first.pk]
    expire_leases()
    assert claim(rita, 0, [first.pk]) == []
    assert ids(ReviewItem.objects.held_by(rita)) == [first.pk]
    assert item_of(second).leased_to is None


def test_forgotten_ones_come_first(owner: User, version: ModelVersion, rita: User) -> None:
    forgotten, other = queued(owner, version, 0.6, 0.7)
    assert claim(rita) == [forgotten.pk]
    [worthier] = queued(owner, version, 0.1)
    assert claim(rita, 2) == [forgotten.pk, worthier.pk]
    assert claim(rita, 1, [forgotten.pk, worthier.pk]) == [other.pk]


def test_what_is_given_back_is_anybodys(owner: User, version: ModelVersion, rita: User, ron: User) -> None:
    [drawing] = queued(owner, version, 0.4)
    claim(rita)
    assert review_queue.release(reviewer=ron, ids=[drawing.pk]) == 0
    assert review_queue.release(reviewer=rita, ids=[drawing.pk]) == 1
    assert claim(ron) == [drawing.pk]


def test_a_decided_drawing_is_not_held(owner: User, version: ModelVersion, rita: User) -> None:
    [drawing] = queued(owner, version, 0.4)
    claim(rita)
    decide(drawing, rita, "7")
    assert review_queue.hold(reviewer=rita, ids=[drawing.pk]) == 0
    assert claim(rita) == []


# ---- Skipping


def test_skipped_ones_come_back_when_asked_for(owner: User, version: ModelVersion, rita: User, ron: User) -> None:
    first, second = queued(owner, version, 0.4, 0.5)
    claim(rita)
    review_queue.skip(reviewer=rita, drawing_id=first.pk)
    review_queue.skip(reviewer=rita, drawing_id=first.pk)
    assert claim(rita) == [second.pk]
    assert claim(ron) == [first.pk]
    review_queue.release(reviewer=ron, ids=[first.pk])
    assert review_queue.unskip(reviewer=ron) == 0
    assert review_queue.unskip(reviewer=rita) == 1
    assert claim(rita, 1, [second.pk]) == [first.pk]


def test_nobody_skips_what_they_may_not_see(owner: User, version: ModelVersion, rita: User) -> None:
    [drawing] = queued(owner, version, 0.4)
    willing(owner, willing=False)
    review_queue.skip(reviewer=rita, drawing_id=drawing.pk)
    assert not SkippedItem.objects.exists()


# ---- Second and third looks


def test_a_second_look_is_for_another(
    owner: User, version: ModelVersion, rita: User, ron: User, settings: Any
) -> None:
    first, second = queued(owner, version, 0.4, 0.5)
    settings.REVIEW_TWICE = 1.0
    decide(second, ron, "7")  # somebody else reviews too
    settings.REVIEW_TWICE = 1.0
    decide(first, rita, "7")
    assert item_of(first).state == State.SECOND
    assert first.pk not in claim(rita, 5)
    expire_leases()
    assert claim(ron, 5) == [first.pk]
    decide(first, ron, "7")
    assert item_of(first).state == State.DECIDED


def test_a_third_look_is_for_neither_of_the_two(
    owner: User, version: ModelVersion, rita: User, ron: User, settings: Any
) -> None:
    [drawing] = queued(owner, version, 0.4)
    set_items(drawing, state=State.WAITING)
    decide(drawing, rita, "7")
    set_items(drawing, state=State.SECOND)
    decide(drawing, ron, "1")
    assert item_of(drawing).state == State.THIRD
    assert claim(rita) == claim(ron) == []
    assert claim(reviewer_named("rob")) == [drawing.pk]


def test_nobody_alone_gets_second_looks(owner: User, version: ModelVersion, rita: User, settings: Any) -> None:
    settings.REVIEW_TWICE = 1.0
    [drawing] = queued(owner, version, 0.4)
    decide(drawing, rita, "7")
    assert item_of(drawing).state == State.DECIDED


# ---- The lottery


def lots(*drawings: Drawing) -> None:
    """Give the drawings lots in this order."""
    for place, drawing in enumerate(drawings):
        set_items(drawing, lot=place / 1000)


def chance(monkeypatch: pytest.MonkeyPatch, value: float) -> None:
    monkeypatch.setattr("recognizer.services.review_queue.random.random", lambda: value)


def test_a_share_comes_from_the_lottery(
    owner: User, version: ModelVersion, rita: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REVIEW_RANDOM_SHARE = 0.1
    unsure, sure = queued(owner, version, 0.4, 0.999)
    lots(sure, unsure)
    chance(monkeypatch, 0.1)
    assert claim(rita) == [unsure.pk]
    chance(monkeypatch, 0.09)
    assert claim(rita, 1, [unsure.pk]) == [sure.pk]
    assert item_of(sure).sampled_at is not None
    assert item_of(sure).shown_for == "random"
    assert item_of(unsure).sampled_at is None


def test_lots_count_decided_ones_at_once(
    owner: User, version: ModelVersion, rita: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REVIEW_RANDOM_SHARE = 1.0
    decided, waits, later = queued(owner, version, 0.4, 0.99, 0.98)
    decide(decided, rita, "7")
    lots(decided, waits, later)
    assert claim(rita) == [waits.pk]
    assert item_of(decided).sampled_at is not None
    assert item_of(decided).state == State.DECIDED
    assert item_of(later).sampled_at is None


def test_lots_are_drawn_among_folded_and_capped_ones_too(
    owner: User, version: ModelVersion, rita: User, settings: Any
) -> None:
    settings.REVIEW_RANDOM_SHARE = 1.0
    folded, capped, waits = queued(owner, version, 0.99, 0.98, 0.4)
    set_items(folded, state=State.FOLDED, like=waits.pk)
    set_items(capped, state=State.CAPPED)
    lots(folded, capped, waits)
    assert claim(rita, 2) == [folded.pk, capped.pk]


def test_lots_leave_out_the_unwilling(
    owner: User, stranger: User, version: ModelVersion, rita: User, settings: Any
) -> None:
    settings.REVIEW_RANDOM_SHARE = 1.0
    [corrected] = queued(stranger, version, 0.4)
    reviews.correct_drawing(drawing=corrected, user=stranger, text="1")
    [drawing] = queued(owner, version, 0.99)
    lots(corrected, drawing)
    assert claim(rita, 2) == [drawing.pk, corrected.pk]
    assert item_of(corrected).sampled_at is None


def test_what_was_drawn_waits_for_the_next(
    owner: User, version: ModelVersion, rita: User, ron: User, settings: Any
) -> None:
    settings.REVIEW_RANDOM_SHARE = 1.0
    drawn, other = queued(owner, version, 0.99, 0.4)
    lots(drawn, other)
    assert claim(rita) == [drawn.pk]
    review_queue.release(reviewer=rita, ids=[drawn.pk])
    assert claim(ron) == [drawn.pk]
    assert item_of(other).sampled_at is None


# ---- What is in the queue


def test_the_cap_keeps_the_worthiest_of_a_day(
    owner: User, stranger: User, version: ModelVersion, settings: Any
) -> None:
    settings.REVIEW_A_DAY = 2
    least, first, second = queued(owner, version, 0.8, 0.6, 0.5)
    [other] = queued(willing(stranger), version, 0.9)
    states = {d.pk: item_of(d).state for d in (least, first, second, other)}
    assert states == {
        least.pk: State.CAPPED,
        first.pk: State.WAITING,
        second.pk: State.WAITING,
        other.pk: State.WAITING,
    }
    reviews.correct_drawing(drawing=least, user=owner, text="1")  # which makes it the worthiest
    assert item_of(least).state == State.WAITING
    assert item_of(first).state == State.CAPPED
    assert item_of(second).state == State.WAITING


def test_decided_ones_count_for_the_cap(owner: User, version: ModelVersion, rita: User, settings: Any) -> None:
    settings.REVIEW_A_DAY = 1
    [decided] = queued(owner, version, 0.9)
    decide(decided, rita, "7")
    [late] = queued(owner, version, 0.1)
    assert item_of(late).state == State.CAPPED
    assert item_of(decided).state == State.DECIDED


def test_the_cap_leaves_the_sample_alone(owner: User, version: ModelVersion, settings: Any) -> None:
    settings.REVIEW_A_DAY = 1
    [sampled] = queued(owner, version, 0.99)
    set_items(sampled, sampled_at=timezone.now())
    first, second = queued(owner, version, 0.5, 0.4)
    assert [item_of(d).state for d in (sampled, first, second)] == [State.WAITING, State.CAPPED, State.WAITING]


def test_no_cap(owner: User, version: ModelVersion, settings: Any) -> None:
    settings.REVIEW_A_DAY = 0
    queued(owner, version, *[0.5] * 60)
    assert ReviewItem.objects.filter(state=State.WAITING).count() == 60


def test_a_full_day_costs_no_more_queries(owner: User, version: ModelVersion, settings: Any) -> None:
    settings.REVIEW_A_DAY = 3
    drawings = queued(owner, version, *[0.5] * 4)

    def correct(drawing: Drawing) -> int:
        with CaptureQueriesContext(connection) as queries:
            reviews.correct_drawing(drawing=drawing, user=owner, text="7")
        return len(queries)

    few = correct(drawings[0])
    more = queued(owner, version, *[0.5] * 40)
    assert correct(more[0]) == few


def test_folded_ones_stay_out(owner: User, version: ModelVersion, rita: User) -> None:
    first, folded = queued(owner, version, 0.5, 0.4)
    set_items(folded, state=State.FOLDED, like=first.pk)
    [item] = review_queue.claim(reviewer=rita, count=5)
    assert item.pk == first.pk
    assert vars(item)["alike"] == 1


def test_without_consent_it_is_hidden_at_once(owner: User, version: ModelVersion, rita: User) -> None:
    [drawing] = queued(owner, version, 0.4)
    assert claim(rita) == [drawing.pk]
    willing(owner, willing=False)
    assert claim(rita) == []
    assert not ReviewItem.objects.shown().exists()


def test_corrected_ones_of_the_unwilling_are_shown(owner: User, version: ModelVersion, rita: User) -> None:
    corrected, _other = queued(owner, version, 0.9, 0.4)
    reviews.correct_drawing(drawing=corrected, user=owner, text="1")
    willing(owner, willing=False)
    assert claim(rita, 5) == [corrected.pk]


def test_drawings_of_the_unwilling_leave_the_queue(
    owner: User, version: ModelVersion, rita: User, stranger: User
) -> None:
    corrected, original, copy = queued(owner, version, 0.9, 0.4, 0.3)
    [of_another] = queued(willing(stranger), version, 0.5)
    reviews.correct_drawing(drawing=corrected, user=owner, text="1")
    set_items(copy, of_another, state=State.FOLDED, like=original.pk)
    review_queue.skip(reviewer=rita, drawing_id=original.pk)
    assert review_queue.forget_unconsented(user=owner) >= 2
    assert {*ReviewItem.objects.values_list("pk", flat=True)} == {corrected.pk, of_another.pk}
    assert item_of(of_another).like is None


# ---- How much it asks the database


def test_queries_of_a_claim(owner: User, version: ModelVersion, rita: User, settings: Any) -> None:
    settings.REVIEW_RANDOM_SHARE = 1.0
    queued(owner, version, *[0.5] * 12)

    def asked(count: int, held: Any = ()) -> int:
        with CaptureQueriesContext(connection) as queries:
            claim(rita, count, held)
        return len([q for q in queries if "SAVEPOINT" not in q["sql"]])

    settings.REVIEW_RANDOM_SHARE = 0.0
    one = asked(1)
    held = ids(ReviewItem.objects.held_by(rita))
    assert asked(10, held) == one + 1  # which prolongs the lease of the one that is held
    assert one <= 12


def test_writers_are_no_join(owner: User, version: ModelVersion, rita: User) -> None:
    """SQLite would begin with all writers, and sort all that they have in the queue."""
    queued(owner, version, 0.5)
    first = ReviewItem.objects.open_to(rita).order_by("-worth", "pk")[:1]
    assert "JOIN" not in str(first.query)
    if connection.vendor == "sqlite":
        assert "review_item_next" in first.explain()

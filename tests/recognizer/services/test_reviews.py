"""Verdicts: what is stored, what is refused, and what an undo takes back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import User
from recognizer.models import Drawing, ModelVersion, Review, ReviewItem
from recognizer.services import predictions, review_queue, reviews
from recognizer.services.reviews import Decision, StaleReview
from tests.recognizer.course import decide
from tests.recognizer.queue import item_of, queued, reviewer_named, seen, set_items, willing

State, Verdict = ReviewItem.State, Review.Verdict
SEVEN = Decision.of("7")


@pytest.fixture
def rita(db: None) -> User:
    return reviewer_named("rita")


@pytest.fixture
def ron(db: None) -> User:
    return reviewer_named("ron")


@pytest.fixture
def sent(owner: User, version: ModelVersion) -> Drawing:
    """A drawing in the queue that was read as 7."""
    return queued(willing(owner), version, 0.5)[0]


def verdict_on(drawing: Drawing) -> Review | None:
    """The one in force."""
    return Drawing.objects.get(pk=drawing.pk).review


def in_bulk(reviewer: User, drawings: Sequence[Drawing], decision: Decision = SEVEN) -> reviews.Outcome:
    return reviews.decide_many(
        reviewer=reviewer, decision=decision, seen={drawing.pk: seen(drawing) for drawing in drawings}
    )


# ---- Verdicts


@pytest.mark.parametrize(
    ("verdict", "text"),
    [(Verdict.NUMBER, "7"), (Verdict.NUMBER, "12 3\n4"), (Verdict.NO_NUMBER, ""), (Verdict.UNREADABLE, "")],
)
def test_it_works(sent: Drawing, rita: User, verdict: Review.Verdict, text: str) -> None:
    [item] = review_queue.claim(reviewer=rita, count=1)
    review = reviews.decide(
        drawing_id=sent.pk, reviewer=rita, decision=Decision(verdict, text), seen=item.drawing.seen
    )
    assert verdict_on(sent) == review
    assert (review.verdict, review.text, review.reviewer) == (verdict, text, rita)
    assert (review.prediction, review.shown_for, review.look) == (sent.latest, "unsure", 1)
    item.refresh_from_db()
    assert (item.state, item.leased_to, item.leased_until) == (State.DECIDED, None, None)


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        (Verdict.NUMBER, ""),
        (Verdict.NUMBER, "seven"),
        (Verdict.NUMBER, "7 "),
        (Verdict.NUMBER, "٧"),
        (Verdict.NUMBER, "7" * 1001),
        (Verdict.NO_NUMBER, "7"),
        (Verdict.UNREADABLE, "7"),
        (Verdict.REFUSED, ""),
        ("maybe", ""),
    ],
)
def test_wrong_verdicts_are_refused(sent: Drawing, rita: User, verdict: Any, text: str) -> None:
    with pytest.raises(ValidationError):
        reviews.decide(drawing_id=sent.pk, reviewer=rita, decision=Decision(verdict, text), seen=seen(sent))
    assert not Review.objects.exists()
    assert item_of(sent).state == State.WAITING


def test_a_later_verdict_replaces_the_one_before(sent: Drawing, rita: User, ron: User) -> None:
    first = decide(sent, rita, "7")
    second = decide(sent, ron, "1")
    first.refresh_from_db()
    assert verdict_on(sent) == second
    assert first.replaced_at is not None
    assert first.undone_at is None
    assert second.replaces == first
    assert item_of(sent).state == State.DECIDED


def test_what_was_decided_meanwhile_is_stale(sent: Drawing, rita: User, ron: User) -> None:
    before = seen(sent)
    current = decide(sent, ron, "1")
    with pytest.raises(StaleReview) as stale:
        reviews.decide(drawing_id=sent.pk, reviewer=rita, decision=SEVEN, seen=before)
    assert stale.value.current == current
    assert verdict_on(sent) == current


def test_what_was_corrected_meanwhile_is_stale(sent: Drawing, owner: User, rita: User) -> None:
    before = seen(sent)
    reviews.correct_drawing(drawing=sent, user=owner, text="1")
    with pytest.raises(StaleReview) as stale:
        reviews.decide(drawing_id=sent.pk, reviewer=rita, decision=SEVEN, seen=before)
    assert stale.value.current is None
    assert not Review.objects.exists()


def test_the_same_step_sent_again_changes_nothing(sent: Drawing, rita: User) -> None:
    step, before = uuid.uuid4(), seen(sent)
    first, again = (
        reviews.decide(drawing_id=sent.pk, reviewer=rita, decision=SEVEN, seen=before, step=step) for _ in range(2)
    )
    assert first == again
    assert Review.objects.count() == 1


def test_a_step_of_another_reviewer_is_refused(sent: Drawing, rita: User, ron: User) -> None:
    step = decide(sent, rita, "7").step
    with pytest.raises(ValidationError, match="another reviewer"):
        reviews.decide(drawing_id=sent.pk, reviewer=ron, decision=SEVEN, seen=seen(sent), step=step)
    assert Review.objects.count() == 1


def test_drawings_that_are_not_shown_are_refused(sent: Drawing, owner: User, rita: User) -> None:
    before = seen(sent)
    willing(owner, willing=False)
    with pytest.raises(reviews.NotShown):
        reviews.decide(drawing_id=sent.pk, reviewer=rita, decision=SEVEN, seen=before)
    predictions.delete_drawing(drawing=sent)
    with pytest.raises(reviews.NotShown):
        reviews.decide(drawing_id=sent.pk, reviewer=rita, decision=SEVEN, seen=before)
    assert not Review.objects.exists()


# ---- Several at once


def test_a_bulk_is_one_step_without_the_stale_ones(
    owner: User, version: ModelVersion, rita: User, ron: User
) -> None:
    first, changed, gone, last = queued(willing(owner), version, 0.5, 0.6, 0.7, 0.8)
    tokens = {drawing.pk: seen(drawing) for drawing in (first, changed, gone, last)}
    decide(changed, ron, "1")
    predictions.delete_drawing(drawing=gone)
    outcome = reviews.decide_many(reviewer=rita, decision=SEVEN, seen=tokens)
    assert {review.drawing_id for review in outcome.decided} == {first.pk, last.pk}
    assert outcome.stale == [changed.pk]
    assert {review.step for review in outcome.decided} == {outcome.step}
    assert all(review.bulk for review in outcome.decided)
    assert [item_of(d).state for d in (first, last)] == [State.DECIDED] * 2


def test_a_bulk_needs_no_second_look(
    owner: User, version: ModelVersion, rita: User, ron: User, settings: Any
) -> None:
    first, second = queued(willing(owner), version, 0.5, 0.6)
    decide(first, ron, "7")
    settings.REVIEW_TWICE = 1.0
    in_bulk(rita, [second])
    assert item_of(second).state == State.DECIDED


def test_too_many_at_once(rita: User) -> None:
    tokens = {uuid.uuid4(): "0-0" for _ in range(reviews.MOST + 1)}
    with pytest.raises(ValidationError, match="500"):
        reviews.decide_many(reviewer=rita, decision=SEVEN, seen=tokens)


# ---- Undo


def test_undo_fifty_one_after_another(owner: User, version: ModelVersion, rita: User, settings: Any) -> None:
    drawings = queued(willing(owner), version, *[0.5] * 50)
    steps = [decide(drawing, rita, "7").step for drawing in drawings]
    assert [reviews.undo(reviewer=rita).step for _ in steps] == steps[::-1]
    assert not Review.objects.in_force().exists()
    assert Review.objects.exclude(undone_at=None).count() == 50
    assert ReviewItem.objects.filter(state=State.WAITING).count() == 50
    with pytest.raises(ValidationError, match="nothing to undo"):
        reviews.undo(reviewer=rita)


def test_undo_gives_the_drawing_back_to_the_reviewer(sent: Drawing, rita: User, ron: User) -> None:
    decide(sent, rita, "7")
    [undone] = reviews.undo(reviewer=rita).reviews
    assert undone.drawing_id == sent.pk
    assert item_of(sent).leased_to == rita
    assert review_queue.claim(reviewer=ron, count=1) == []
    assert decide(sent, rita, "1") == verdict_on(sent)


def test_undo_puts_the_verdict_before_in_force_again(sent: Drawing, rita: User, ron: User) -> None:
    first = decide(sent, ron, "1")
    decide(sent, rita, "7")
    reviews.undo(reviewer=rita)
    assert verdict_on(sent) == first
    assert item_of(sent).state == State.DECIDED


def test_undo_of_a_bulk_leaves_what_others_have_decided_since(
    owner: User, version: ModelVersion, rita: User, ron: User
) -> None:
    first, second, third = queued(willing(owner), version, 0.5, 0.6, 0.7)
    step = in_bulk(rita, [first, second, third]).step
    since = decide(second, ron, "1")
    undone = reviews.undo(reviewer=rita)
    assert undone.step == step
    assert {review.drawing_id for review in undone.reviews} == {first.pk, third.pk}
    assert undone.kept == [second.pk]
    assert [verdict_on(d) for d in (first, second, third)] == [None, since, None]


def test_what_others_have_decided_since_is_not_undone(sent: Drawing, rita: User, ron: User) -> None:
    decide(sent, rita, "7")
    decide(sent, ron, "1")
    with pytest.raises(ValidationError, match="nothing to undo"):
        reviews.undo(reviewer=rita)


def test_what_its_writer_has_corrected_since_is_not_undone(sent: Drawing, owner: User, rita: User) -> None:
    decide(sent, rita, "7")
    reviews.correct_drawing(drawing=sent, user=owner, text="1")
    with pytest.raises(ValidationError, match="nothing to undo"):
        reviews.undo(reviewer=rita)
    assert item_of(sent).state == State.WAITING


def test_a_verdict_on_a_corrected_drawing_is_undone(sent: Drawing, owner: User, rita: User) -> None:
    reviews.correct_drawing(drawing=sent, user=owner, text="1")
    decide(sent, rita, "1")
    reviews.undo(reviewer=rita)
    assert (verdict_on(sent), item_of(sent).state) == (None, State.WAITING)


def test_undo_after_a_correction_does_not_bring_back_what_it_contradicts(
    sent: Drawing, owner: User, rita: User, ron: User
) -> None:
    old = decide(sent, ron, "7")
    reviews.correct_drawing(drawing=sent, user=owner, text="1")
    decide(sent, rita, "1")
    reviews.undo(reviewer=rita)
    old.refresh_from_db()
    assert verdict_on(sent) is None
    assert old.replaced_at is not None
    assert item_of(sent).state == State.WAITING


def test_undo_does_not_bring_back_what_the_writer_contradicts(
    sent: Drawing, owner: User, rita: User, ron: User
) -> None:
    decide(sent, ron, "1")
    decide(sent, rita, "7")
    reviews.correct_drawing(drawing=sent, user=owner, text="7")  # which leaves rita's verdict in force
    reviews.undo(reviewer=rita)
    assert verdict_on(sent) is None
    assert item_of(sent).state == State.WAITING


def test_an_undone_verdict_does_not_come_back(sent: Drawing, rita: User, ron: User) -> None:
    decide(sent, rita, "1")
    decide(sent, rita, "7")
    reviews.undo(reviewer=rita)
    reviews.undo(reviewer=rita)
    assert verdict_on(sent) is None
    assert item_of(sent).state == State.WAITING


def test_yesterdays_step_stays(sent: Drawing, rita: User) -> None:
    decide(sent, rita, "7")
    Review.objects.update(created_at=timezone.now() - timedelta(hours=reviews.UNDO_HOURS, minutes=1))
    with pytest.raises(ValidationError, match="nothing to undo"):
        reviews.undo(reviewer=rita)


def test_nobody_undoes_anothers_step(sent: Drawing, rita: User, ron: User) -> None:
    decide(sent, rita, "7")
    with pytest.raises(ValidationError, match="nothing to undo"):
        reviews.undo(reviewer=ron)
    assert verdict_on(sent) is not None


# ---- Corrections


def test_a_correction_that_contradicts_ends_the_verdict(sent: Drawing, owner: User, rita: User) -> None:
    review = decide(sent, rita, "7")
    reviews.correct_drawing(drawing=sent, user=owner, text="1")
    review.refresh_from_db()
    assert (verdict_on(sent), review.undone_at) == (None, None)
    assert review.replaced_at is not None
    item = item_of(sent)
    assert (item.state, item.reason) == (State.WAITING, "corrected")


def test_a_correction_that_agrees_leaves_the_verdict(sent: Drawing, owner: User, rita: User) -> None:
    review = decide(sent, rita, "1")
    reviews.correct_drawing(drawing=sent, user=owner, text="1")
    assert verdict_on(sent) == review
    assert item_of(sent).state == State.DECIDED


def test_a_correction_goes_against_unreadable(sent: Drawing, owner: User, rita: User) -> None:
    decide(sent, rita, None)
    reviews.correct_drawing(drawing=sent, user=owner, text="7")
    assert verdict_on(sent) is None


def test_a_correction_of_a_drawing_that_is_gone(sent: Drawing, owner: User) -> None:
    copy = Drawing.objects.get(pk=sent.pk)
    predictions.delete_drawing(drawing=sent)
    with pytest.raises(ValidationError, match="deleted"):
        reviews.correct_drawing(drawing=copy, user=owner, text="1")


# ---- Several looks


def test_a_disagreement_asks_for_a_third_look(sent: Drawing, rita: User, ron: User) -> None:
    decide(sent, rita, "7")
    set_items(sent, state=State.SECOND)
    second = decide(sent, ron, "1")
    assert (second.look, item_of(sent).state) == (2, State.THIRD)
    assert not Review.objects.trainable().exists()
    third = decide(sent, reviewer_named("rob"), "7")
    assert (third.look, item_of(sent).state) == (3, State.DECIDED)
    assert [*Review.objects.trainable()] == [third]


def test_undo_of_a_disagreement_asks_for_a_second_look_again(sent: Drawing, rita: User, ron: User) -> None:
    first = decide(sent, rita, "7")
    set_items(sent, state=State.SECOND)
    decide(sent, ron, "1")
    reviews.undo(reviewer=ron)
    assert (verdict_on(sent), item_of(sent).state) == (first, State.SECOND)


def test_agreement_asks_nobody_else(sent: Drawing, rita: User, ron: User) -> None:
    decide(sent, rita, "7")
    set_items(sent, state=State.SECOND)
    assert decide(sent, ron, "7").look == 2
    assert item_of(sent).state == State.DECIDED

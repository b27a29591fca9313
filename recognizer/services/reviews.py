"""Every write of corrections and reviews.

A later verdict replaces the one before; both stay. What a reviewer has seen of a drawing goes along with the
verdict as a token (`seen_token`): if another verdict or correction is in force by now, nothing is stored.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from recognizer.models import Correction, Drawing, Review, ReviewItem
from recognizer.models.review import seen_token
from recognizer.models.review_item import lease_end
from recognizer.services import review_queue

if TYPE_CHECKING:
    from accounts.models import User

Verdict, State = Review.Verdict, ReviewItem.State

MOST = 500  # drawings of one step
UNDO_HOURS = 24  # a step is taken back by the one who made it, while they remember it
ACTIVE_DAYS = 30  # reviewers who gave no verdict for so long give no second opinions
LATEST = (
    5_000  # verdicts among which another reviewer is looked for: several bulks of one reviewer, some milliseconds
)


class NotShown(ValidationError):
    """The drawing is gone, or staff may not see it (any more)."""


class StaleReview(ValidationError):
    """Somebody decided meanwhile, or the writer corrected the drawing; `current` is the verdict in force."""

    def __init__(self, current: Review | None) -> None:
        super().__init__(
            "Somebody has decided on this drawing meanwhile."
            if current
            else "This drawing has changed meanwhile. Look at it again."
        )
        self.current = current


@dataclass(frozen=True)
class Decision:
    """A verdict that a reviewer gives, with the text of a number."""

    verdict: Review.Verdict
    text: str = ""

    @classmethod
    def of(cls, text: str) -> Decision:
        """That a drawing is `text`; "": no number."""
        return cls(Verdict.NUMBER if text else Verdict.NO_NUMBER, text)

    def check(self) -> None:
        """Raise ValidationError if it can't be stored."""
        if self.verdict not in {Verdict.NUMBER, Verdict.NO_NUMBER, Verdict.UNREADABLE}:
            raise ValidationError("A verdict is a number, no_number or unreadable.")
        if (self.verdict == Verdict.NUMBER) != bool(self.text):
            raise ValidationError("A number needs its text, and nothing else has one.")
        if self.text:
            Review(text=self.text).clean_fields(exclude={f.name for f in Review._meta.fields} - {"text"})


@dataclass(frozen=True)
class Outcome:
    """What became of a step: verdicts that are stored, and drawings that had changed."""

    step: UUID
    decided: list[Review] = field(default_factory=list)
    stale: list[UUID] = field(default_factory=list)


@dataclass(frozen=True)
class Undone:
    """A step that was taken back: verdicts that are undone, and drawings on which others have decided since."""

    step: UUID
    reviews: list[Review] = field(default_factory=list)
    kept: list[UUID] = field(default_factory=list)


@transaction.atomic
def correct_drawing(*, drawing: Drawing, user: User, text: str) -> Correction:
    """Record that `user` says the drawing is `text` ("": not a number). It replaces the one before, which is kept.

    A verdict that says otherwise is not in force any more: the drawing waits for another look. Raises
    ValidationError if `text` is no number, or the drawing is gone.
    """
    correction = Correction(drawing=drawing, user=user, text=text)
    correction.clean_fields(exclude={"drawing", "user"})
    now = timezone.now()
    if not _lock([drawing.pk]):
        raise ValidationError("The drawing has been deleted.")
    drawing.corrections.in_force().update(replaced_at=now)
    correction.save()
    review = drawing.reviews.in_force().first()
    stays = review is not None and review.agrees_with(text)
    if review is not None and not stays:
        Review.objects.filter(pk=review.pk).update(replaced_at=now)
    review_queue.put(drawing=drawing, correction=correction, decided=stays)
    return correction


def decide(
    *,
    drawing_id: UUID,
    reviewer: User,
    decision: Decision,
    seen: str,
    step: UUID | None = None,
    shown_for: str = "",
) -> Review:
    """Record a verdict. The same step sent again changes nothing.

    Raises ValidationError for a wrong text, NotShown for a drawing that is gone or that staff may not see, and
    StaleReview if another verdict or correction is in force than the reviewer has seen.
    """
    outcome = decide_many(
        reviewer=reviewer, decision=decision, seen={drawing_id: seen}, step=step, shown_for=shown_for, bulk=False
    )
    if outcome.decided:
        return outcome.decided[0]
    if not outcome.stale:
        raise NotShown("This drawing is not shown to reviewers.")
    raise StaleReview(Review.objects.in_force().select_related("reviewer").filter(drawing=drawing_id).first())


@transaction.atomic
def decide_many(
    *,
    reviewer: User,
    decision: Decision,
    seen: Mapping[UUID, str],
    step: UUID | None = None,
    shown_for: str = "",
    bulk: bool = True,
) -> Outcome:
    """Record one verdict on many drawings in one step; `seen` has the token of each.

    Drawings that changed meanwhile are left as they are; those that are gone or not shown are left out. Raises
    ValidationError for a wrong text, a step of another reviewer, or more than MOST drawings.
    """
    decision.check()
    if len(seen) > MOST:
        raise ValidationError(f"At most {MOST} drawings are decided in one step.")
    outcome = Outcome(step or uuid.uuid4())
    ids = _lock(seen)
    outcome.decided.extend(_sent_before(outcome.step, ids, reviewer))
    done = {review.drawing_id for review in outcome.decided}
    open_ids = [pk for pk in ids if pk not in done]
    items = ReviewItem.objects.shown().defer("glyphs").in_bulk(open_ids)
    before, corrections = _in_force(Review, open_ids), _in_force(Correction, open_ids)
    again = _given_before(items, reviewer)
    verdicts = []
    for pk, item in items.items():
        current, correction = before.get(pk), corrections.get(pk)
        if seen[pk] != seen_token(current, correction):
            outcome.stale.append(pk)
            continue
        verdicts.append(
            Review(
                drawing_id=pk,
                verdict=decision.verdict,
                text=decision.text,
                reviewer=reviewer,
                correction=correction,
                prediction_id=item.prediction_id,
                shown_for=shown_for or item.shown_for,
                look=1 if pk in again else item.look,
                before=item.state,
                step=outcome.step,
                bulk=bulk,
                replaces=current,
            )
        )
    _replace(verdicts)
    outcome.decided.extend(Review.objects.bulk_create(verdicts))
    _settle(verdicts, again)
    return outcome


def _lock(ids: Iterable[UUID]) -> list[UUID]:
    """Make verdicts and corrections on these drawings wait for each other; returns those that exist.

    All are locked in one order, so that two steps never wait for each other in a circle.
    """
    drawings = Drawing.objects.select_for_update().filter(pk__in=list(ids)).order_by("pk")
    return list(drawings.values_list("pk", flat=True))


def _sent_before(step: UUID, ids: Sequence[UUID], reviewer: User) -> list[Review]:
    """The verdicts of this step that are stored already. Raises ValidationError for a step of somebody else."""
    stored = list(Review.objects.filter(step=step, drawing__in=ids))
    if any(review.reviewer_id != reviewer.pk for review in stored):
        raise ValidationError("This step is another reviewer's.")
    return stored


def _in_force(model: type[Review] | type[Correction], ids: Sequence[UUID]) -> dict[UUID, Any]:
    return {row.drawing_id: row for row in model.objects.in_force().filter(drawing__in=ids)}


def _replace(verdicts: Sequence[Review]) -> None:
    replaced = [review.replaces_id for review in verdicts if review.replaces_id is not None]
    Review.objects.filter(pk__in=replaced).update(replaced_at=timezone.now())


def _given_before(items: Mapping[UUID, ReviewItem], reviewer: User) -> set[UUID]:
    """Items that wait for another's opinion, on which this reviewer has given one: theirs is no other's."""
    others = [pk for pk, item in items.items() if item.state in {State.SECOND, State.THIRD}]
    given = Review.objects.that_count().filter(drawing__in=others, reviewer=reviewer)
    return set(given.values_list("drawing_id", flat=True)) if others else set()


def _settle(verdicts: Sequence[Review], again: Container[UUID]) -> None:
    """Move the items on: to a second opinion, a third after a disagreement, or out of the queue.

    A worker compares each verdict with known digits.
    """
    states: dict[str, list[UUID]] = {}
    for review in verdicts:
        state = review.before if review.drawing_id in again else _state_after(review)
        states.setdefault(state, []).append(review.drawing_id)
    for state, ids in states.items():
        ReviewItem.objects.filter(pk__in=ids).update(
            state=state, leased_to=None, leased_until=None, scored_at=None
        )


def _state_after(review: Review) -> str:
    first = review.replaces
    if review.look == 2 and first is not None and (first.verdict, first.text) != (review.verdict, review.text):
        return State.THIRD
    if review.look == 1 and not review.bulk and review.replaces_id is None and _wants_second(review):
        return State.SECOND
    return State.DECIDED


def _wants_second(review: Review) -> bool:
    """Whether another reviewer is to look too: of a small share, where there is another."""
    if random.random() >= settings.REVIEW_TWICE:  # noqa: S311  (no secret)
        return False
    recent = timezone.now() - timedelta(days=ACTIVE_DAYS)
    latest = Review.objects.order_by("-id").values("pk")[:LATEST]
    others = Review.objects.filter(pk__in=latest).exclude(reviewer=review.reviewer_id).exclude(reviewer=None)
    return others.filter(created_at__gt=recent).exists()


@transaction.atomic
def undo(*, reviewer: User) -> Undone:
    """Take the reviewer's last step back: what was in force before is in force again.

    Drawings on which somebody has decided since, or that their writer has corrected, stay as they are. Raises
    ValidationError if there is no step of the last UNDO_HOURS.
    """
    since = timezone.now() - timedelta(hours=UNDO_HOURS)
    mine = Review.objects.that_count().filter(reviewer=reviewer, created_at__gt=since)
    mine = mine.order_by("-created_at", "-id")  # for which there is an index, whatever came before `since`
    # A step of which nothing is in force any more is over: others have decided since.
    last = mine.in_force().values_list("step", flat=True).first()
    if last is None:
        raise ValidationError("There is nothing to undo.")
    ids = list(mine.filter(step=last).values_list("drawing_id", flat=True))
    _lock(ids)
    reviews = list(mine.filter(step=last).select_related("replaces"))
    undone = [review for review in reviews if review.replaced_at is None]
    now = timezone.now()
    Review.objects.filter(pk__in=[r.pk for r in undone]).update(replaced_at=now, undone_at=now)
    _restore(undone, reviewer)
    return Undone(last, undone, [review.drawing_id for review in reviews if review not in undone])


def _restore(undone: Sequence[Review], reviewer: User) -> None:
    """Put in force what these verdicts have replaced, and lease the items to the reviewer as they were before.

    What the writer contradicts by now is not in force again: the drawing waits.
    """
    corrections = _in_force(Correction, [review.drawing_id for review in undone])
    restored: list[int] = []
    states: dict[str, list[UUID]] = {}
    for review in undone:
        first, correction = review.replaces, corrections.get(review.drawing_id)
        contradicted = (
            first is not None
            and correction is not None
            and correction.pk != review.correction_id
            and not first.agrees_with(correction.text)
        )
        if first is not None and not contradicted:
            restored.append(first.pk)
        state = State.WAITING if contradicted else review.before or State.WAITING
        states.setdefault(state, []).append(review.drawing_id)
    Review.objects.filter(pk__in=restored, undone_at=None).update(replaced_at=None)
    for state, ids in states.items():
        items = ReviewItem.objects.filter(pk__in=ids)
        items.update(state=state, leased_to=reviewer, leased_until=lease_end())

"""Every write of the review queue: which drawings are in it, in which order, and who holds them.

An item is leased to one reviewer. Leases of a reviewer who goes away expire. A verdict does not need a lease: it
says what its reviewer has seen, and is refused if that is not in force any more (`recognizer.services.reviews`).
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Prefetch, Q
from django.utils import timezone

from recognizer.models import Correction, Drawing, Prediction, ReviewItem, SkippedItem
from recognizer.models.review_item import READ_AS, ReviewItemQuerySet, lease_end
from recognizer.models.review_worth import Facts, worth_of

if TYPE_CHECKING:
    from accounts.models import User

Reason, State = ReviewItem.Reason, ReviewItem.State

BATCH = 500  # rows of one statement
_LOTS = 20  # that are drawn in a row until one is undecided; the next draw goes on


@dataclass(frozen=True)
class Find:
    """What a scoring found in a drawing; see `ReviewItem`. `seen` is the drawing's token (`Drawing.seen`) then.

    `returns`: if the drawing is decided, it waits for another look.
    """

    seen: str
    unusual: float | None = None
    doubtful: bool = False
    disputed: bool = False
    returns: bool = False
    glyphs: bytes | None = None
    like: UUID | None = None


# ---- Who holds what


@transaction.atomic
def claim(*, reviewer: User, count: int, held: Sequence[UUID] = ()) -> list[ReviewItem]:
    """Lease up to `count` items besides those that the reviewer still has (`held`), whose leases are prolonged.

    First come items that are leased to the reviewer and forgotten, as after a reload. Of the others
    REVIEW_RANDOM_SHARE are drawn by lot from all drawings, so that mistakes are found that nothing points to.
    """
    hold(reviewer=reviewer, ids=held)
    if not count:
        return []
    taken = _forgotten(reviewer, count, held)
    taken += _of_sample(reviewer, count - len(taken), [*held, *taken])
    taken += _worthiest(reviewer, count - len(taken), [*held, *taken])
    ReviewItem.objects.filter(pk__in=taken).update(leased_to=reviewer, leased_until=lease_end())
    items = ReviewItem.objects.with_drawings().in_bulk(taken)
    return [items[pk] for pk in taken if pk in items]


def _forgotten(reviewer: User, count: int, held: Sequence[UUID]) -> list[UUID]:
    # They are few, and sorted here: sorting by the database may look through the whole queue for them.
    mine = ReviewItem.objects.held_by(reviewer).wanted_of(reviewer).filter(state__in=ReviewItem.OPEN)
    rows = mine.exclude(pk__in=list(held)).order_by().values_list("worth", "pk")
    return [pk for _, pk in sorted(rows, key=lambda row: (-row[0], row[1]))[:count]]


def _worthiest(reviewer: User, count: int, but: Sequence[UUID]) -> list[UUID]:
    return _locked(ReviewItem.objects.open_to(reviewer).order_by("-worth", "pk"), count, but)


def _locked(items: ReviewItemQuerySet, count: int, but: Sequence[UUID]) -> list[UUID]:
    """The first of these items; two reviewers who ask at once do not wait for each other, and get others."""
    if count <= 0:
        return []
    locked = items.exclude(pk__in=list(but)).select_for_update(skip_locked=True, of=("self",))
    return list(locked.values_list("pk", flat=True)[:count])


def _of_sample(reviewer: User, places: int, but: Sequence[UUID]) -> list[UUID]:
    """Items of the random sample, for each of these places with the chance REVIEW_RANDOM_SHARE."""
    wanted = sum(random.random() < settings.REVIEW_RANDOM_SHARE for _ in range(places))  # noqa: S311  (no secret)
    drawn = ReviewItem.objects.open_to(reviewer).filter(state=State.WAITING, sampled_at__isnull=False)
    taken: list[UUID] = []
    while len(taken) < wanted:
        more = _locked(drawn.order_by("sampled_at"), wanted - len(taken), [*but, *taken])
        taken += more
        if not more and not _draw_lots():
            break
    return taken


def _draw_lots() -> bool:
    """Draw lots until one is undecided; whether one was.

    Lots are drawn among all drawings of writers who consent. Those that are decided already count at once, so that
    the sample depends on nothing that was read or said.
    """
    undecided = {State.WAITING, State.FOLDED, State.CAPPED}
    for _ in range(_LOTS):
        # One at a time: a lock on more would hide them from others who ask at the same moment.
        lots = ReviewItem.objects.filter(sampled_at=None, writer__may_train=True).order_by("lot")
        item = lots.select_for_update(skip_locked=True, of=("self",)).only("pk", "state").first()
        if item is None:
            return False
        is_open = item.state in undecided
        state = State.WAITING if is_open else item.state
        ReviewItem.objects.filter(pk=item.pk).update(sampled_at=timezone.now(), state=state)
        if is_open:
            return True
    return False


def hold(*, reviewer: User, ids: Iterable[UUID]) -> int:
    """Prolong the leases of items that the reviewer holds or could have; returns how many.

    A lease that has expired is given again, unless somebody else has the item by now. One that the reviewer skips
    at the same moment is not.
    """
    free = Q(leased_to=reviewer) | Q(leased_until=None) | Q(leased_until__lt=timezone.now())
    mine = ReviewItem.objects.wanted_of(reviewer).filter(free, pk__in=list(ids), state__in=ReviewItem.OPEN)
    return mine.update(leased_to=reviewer, leased_until=lease_end())


def release(*, reviewer: User, ids: Iterable[UUID]) -> int:
    """Give items back; returns how many."""
    held = ReviewItem.objects.filter(pk__in=list(ids), leased_to=reviewer)
    return held.update(leased_to=None, leased_until=None)


@transaction.atomic
def skip(*, reviewer: User, drawing_id: UUID) -> None:
    """Show the reviewer others first. Nothing happens to a drawing that is not shown to reviewers."""
    for item in ReviewItem.objects.shown().filter(pk=drawing_id):
        SkippedItem.objects.get_or_create(item=item, reviewer=reviewer)
        release(reviewer=reviewer, ids=[item.pk])


def unskip(*, reviewer: User) -> int:
    """Show again what the reviewer has skipped; returns how many."""
    return SkippedItem.objects.filter(reviewer=reviewer).delete()[0]


# ---- What is in the queue


def put(*, drawing: Drawing, correction: Correction | None, decided: bool) -> None:
    """Put a drawing into the queue again after its writer has corrected it, unless its verdict stays in force."""
    reason, worth = worth_of(_facts_of(drawing.latest, correction, reviewed=decided))
    fields = {
        "reason": reason,
        "worth": worth,
        "state": State.DECIDED if decided else State.WAITING,
        "scored_at": None,
        "touched_at": timezone.now(),
        "leased_to": None,
        "leased_until": None,
    }
    ReviewItem.objects.update_or_create(
        drawing=drawing, defaults=fields, create_defaults={**_of_reading(drawing, drawing.latest), **fields}
    )
    _cap({(drawing.user_id, drawing.created_at.date())})


@transaction.atomic
def put_many(*, drawings: Sequence[Drawing]) -> int:
    """Make items of read drawings that have none; returns how many. They need predictions and verdicts fetched."""
    # Locked, so that none is deleted before its item is stored.
    existing = Drawing.objects.select_for_update(skip_locked=True).filter(pk__in=[d.pk for d in drawings])
    locked = {*existing.values_list("pk", flat=True)}
    items = []
    for drawing in drawings:
        if drawing.pk not in locked:
            continue
        reason, worth = worth_of(_facts(drawing))
        state = State.DECIDED if drawing.review else State.WAITING
        item = ReviewItem(drawing=drawing, reason=reason, worth=worth, state=state)
        for name, value in _of_reading(drawing, drawing.latest).items():
            setattr(item, name, value)
        items.append(item)
    ReviewItem.objects.bulk_create(items, ignore_conflicts=True, batch_size=BATCH)
    _cap({(item.writer_id, item.day) for item in items})
    return len(items)


def _of_reading(drawing: Drawing, prediction: Prediction | None) -> dict[str, Any]:
    return {
        "writer_id": drawing.user_id,
        "day": drawing.created_at.date(),
        "prediction": prediction,
        "read_as": prediction.text[:READ_AS] if prediction else "",
        "confidence": prediction.confidence if prediction else 0.0,
    }


def _facts(drawing: Drawing, item: ReviewItem | None = None) -> Facts:
    return _facts_of(drawing.latest, drawing.correction, reviewed=drawing.review is not None, item=item)


def _facts_of(
    prediction: Prediction | None,
    correction: Correction | None,
    *,
    reviewed: bool,
    item: ReviewItem | None = None,
) -> Facts:
    return Facts(
        state=prediction.state if prediction else "",
        text=prediction.text if prediction else "",
        confidence=prediction.least_confidence if prediction else 0.0,
        corrected_to=correction.text if correction else None,
        reviewed=reviewed,
        doubtful=bool(item and item.doubtful),
        disputed=bool(item and item.disputed),
        unusual=item.unusual if item else None,
    )


def record_finds(*, finds: Mapping[UUID, Find]) -> int:
    """Store what a scoring found in drawings, with the worth that follows from it; returns in how many.

    Drawings on which somebody decides right now, or has said something since, are left for the next scoring.
    """
    with transaction.atomic():
        items = [item for item in _locked_items([*finds]) if item.drawing.seen == finds[item.pk].seen]
        for item in items:
            _apply(finds[item.pk], item)
        ReviewItem.objects.bulk_update(items, _FOUND, batch_size=100)
    _cap({(item.writer_id, item.day) for item in items})
    return len(items)


_FOUND = ["unusual", "doubtful", "disputed", "scored_at", "glyphs", "like", "reason", "worth", "state",
          "prediction", "read_as", "confidence"]  # fmt: skip


def _locked_items(ids: Sequence[UUID]) -> list[ReviewItem]:
    """Items with their drawings, both locked in the order in which verdicts lock them, without those in use."""
    free = Drawing.objects.select_for_update(skip_locked=True).filter(pk__in=ids).order_by("pk")
    locked = list(free.values_list("pk", flat=True))
    drawings = Drawing.objects.defer("strokes", "image", "thumbnail").with_predictions().with_verdicts()
    items = ReviewItem.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk__in=locked)
    return list(items.defer("glyphs").prefetch_related(Prefetch("drawing", drawings)))


def _apply(find: Find, item: ReviewItem) -> None:
    drawing = item.drawing
    for name, value in _of_reading(drawing, drawing.latest).items():
        setattr(item, name, value)  # a drawing that was corrected before it was read
    item.unusual, item.doubtful, item.glyphs = find.unusual, find.doubtful, find.glyphs
    item.disputed = item.disputed or find.disputed
    item.like_id = find.like
    item.scored_at = timezone.now()
    item.reason, item.worth = worth_of(_facts(drawing, item))
    if item.state == State.DECIDED and find.returns:
        item.state = State.WAITING
    elif item.state in {State.WAITING, State.CAPPED} and find.like and drawing.correction is None:
        item.state = State.FOLDED if item.sampled_at is None else item.state


@transaction.atomic
def dispute(*, drawing_ids: Iterable[UUID]) -> int:
    """Say of drawings that another version reads them otherwise; returns how many items changed."""
    items = ReviewItem.objects.with_drawings().filter(pk__in=list(drawing_ids), disputed=False)
    changed = []
    for item in items:
        item.disputed = True
        item.reason, item.worth = worth_of(_facts(item.drawing, item))
        changed.append(item)
    ReviewItem.objects.bulk_update(changed, ["disputed", "reason", "worth"], batch_size=100)
    return len(changed)


def unfold() -> int:
    """Put folded items into the queue whose first drawing has been deleted; returns how many."""
    orphans = ReviewItem.objects.filter(state=State.FOLDED, like=None)
    return orphans.update(state=State.WAITING, scored_at=None)


def forget_unconsented(*, user: User) -> int:
    """Take drawings of a user who withdrew consent out of the queue, except corrected ones; returns how many."""
    return ReviewItem.objects.filter(writer=user).exclude(reason=Reason.CORRECTED).delete()[0]


def _cap(days: Iterable[tuple[int, date]]) -> None:
    """Keep the worthiest REVIEW_A_DAY waiting items of each writer and day in the queue, and no more."""
    most = settings.REVIEW_A_DAY
    for writer, day in days if most else ():
        own = ReviewItem.objects.filter(writer=writer, day=day)
        if own.order_by()[most : most + 1].exists():
            _cap_day(own, most)


def _cap_day(own: ReviewItemQuerySet, most: int) -> None:
    """Keep the worthiest of one day. It looks at `most` of each state, however many there are."""
    others = own.filter(state__in=[State.SECOND, State.THIRD, State.DECIDED]).order_by()
    free = most - others[:most].count()
    undecided = own.filter(sampled_at=None).order_by("-worth", "pk")
    waiting = undecided.filter(state=State.WAITING)
    first = [*waiting.values_list("worth", "pk")[:free]]
    capped = [*undecided.filter(state=State.CAPPED).values_list("worth", "pk")[:free]]
    kept = {pk for _, pk in sorted([*first, *capped], key=lambda row: (-row[0], row[1]))[:free]}
    waiting.order_by().exclude(pk__in=kept).update(state=State.CAPPED)
    ReviewItem.objects.filter(pk__in=kept, state=State.CAPPED).update(state=State.WAITING)

"""Whose hand the reader knows: what each user confirmed, and what a version makes of it for them alone."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from django.db.models import Count, F, Q, QuerySet, Subquery, Sum

from ml.ink.strokes import InkError, parse_strokes
from recognizer.models import Correction, Drawing, Review

if TYPE_CHECKING:
    from ml.inference.personalization import WriterProfile
    from ml.inference.reader import Reader
    from recognizer.serving.engine import Engine

logger = logging.getLogger(__name__)

MIN_CONFIRMED, MAX_CONFIRMED = (
    3,
    50,
)  # confirmed digits, as `ml.inference.personalization` takes them; the newest count
HELD = 256  # hands that a worker keeps, at some 30 kB each

_Key = tuple[int, int, int]  # user, and how many claims of which sum of numbers
_Held = OrderedDict[_Key, "WriterProfile | None"]

_held: WeakKeyDictionary[Reader, _Held] = WeakKeyDictionary()  # a hand is of no use to another reader


def confirmed(users: Sequence[int]) -> QuerySet[Correction]:
    """What says that a canvas drawing of these users is one digit: claims in force that no reviewer refused.

    Their own claims, and those of others with which a reviewer agreed; of users whose hand may be learned.
    """
    accepted = Q(review__verdict=Review.Verdict.ACCEPTED)
    own = Q(user=F("drawing__user")) & Q(review=None)
    digits = Correction.objects.in_force().filter(text__in=list("0123456789"))
    drawn = digits.filter(drawing__source=Drawing.Source.CANVAS, drawing__user__in=users)
    return drawn.filter(accepted | own, drawing__user__adapts=True)


def profiles(current: Engine, users: Sequence[int | None]) -> list[WriterProfile | None]:
    """For each drawing the hand of its user, None of one that is not known. One query, and one a new hand."""
    known = {user for user in users if user is not None}
    marks = _marks(known) if known else {}
    found = {user: _hand(current, user, *mark) for user, mark in marks.items()}
    return [None if user is None else found.get(user) for user in users]


def profile_at(current: Engine, drawing: Drawing, version_id: int) -> WriterProfile | None:
    """The hand as far as it was known when a version read a drawing: what was claimed since is left out."""
    read_at = drawing.predictions.filter(model_version=version_id).values("created_at")[:1]
    return _made(current, confirmed([drawing.user_id]).filter(created_at__lt=Subquery(read_at)))


def _marks(users: set[int]) -> dict[int, tuple[int, int]]:
    """Of users with enough claims how many, and the sum of their numbers: each claim and verdict changes that."""
    claims = confirmed([*users]).order_by().values("drawing__user")
    rows = claims.annotate(count=Count("pk"), total=Sum("pk")).filter(count__gte=MIN_CONFIRMED)
    return {user: (count, total) for user, count, total in rows.values_list("drawing__user", "count", "total")}


def _hand(current: Engine, user: int, count: int, total: int) -> WriterProfile | None:
    held, key = _held.setdefault(current.reader, OrderedDict()), (user, count, total)
    if key not in held:
        held[key] = _made(current, confirmed([user]))
        if len(held) > HELD:
            held.popitem(last=False)
    held.move_to_end(key)
    return held[key]


def _made(current: Engine, claims: QuerySet[Correction]) -> WriterProfile | None:
    """From the newest claims; one query."""
    rows = claims.order_by("-pk").values_list("text", "drawing__strokes", "drawing_id")[:MAX_CONFIRMED]
    digits = []
    for text, strokes, drawing in rows:
        try:
            digits.append((int(text), parse_strokes(strokes)))
        except InkError as error:  # damaged since it was accepted
            logger.warning("drawing %s is damaged: %s", drawing, error)
    return current.writer_profile(digits) if len(digits) >= MIN_CONFIRMED else None

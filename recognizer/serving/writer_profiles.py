"""Writer profiles: what each user confirmed, and the profile that a version makes of it to read their drawings."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from django.db.models import Count, F, Q, QuerySet, Subquery, Sum

from ml.ink.strokes import InkError, parse_strokes
from recognizer.models import Correction, Drawing, Review

if TYPE_CHECKING:
    from ml.inference.personalization import WriterProfile
    from ml.inference.reader import Reader
    from recognizer.serving.engine import Engine

logger = logging.getLogger(__name__)

MIN_CONFIRMED, MAX_CONFIRMED = 3, 50  # digits, as in `ml.inference.personalization`, which workers alone import
CACHED = 256  # profiles that a worker keeps, of about 30 kB each

# A user; the number of their reviewed digits and the sum of the reviews' ids; the same of their corrections.
_Key = tuple[int, int, int, int, int]
_DIGITS = list("0123456789")
_Profiles = OrderedDict[_Key, "WriterProfile | None"]

_cache: WeakKeyDictionary[Reader, _Profiles] = WeakKeyDictionary()  # a profile fits only the reader that made it


def reviewed_digits(users: Sequence[int]) -> QuerySet[Review]:
    """Verdicts in force that a canvas drawing of these users is one digit.

    Users who switched personalization off have none.
    """
    return Review.objects.labels().filter(_drawn_by(users), text__in=_DIGITS)


def claimed_digits(users: Sequence[int]) -> QuerySet[Correction]:
    """Corrections by these users that their own canvas drawing is one digit, if no reviewer has decided yet."""
    return Correction.objects.open().filter(_drawn_by(users), text__in=_DIGITS, user=F("drawing__user"))


def _drawn_by(users: Sequence[int]) -> Q:
    return Q(drawing__source=Drawing.Source.CANVAS, drawing__user__in=users, drawing__user__adapts=True)


def profiles(current: Engine, users: Sequence[int | None]) -> list[WriterProfile | None]:
    """The profile of the user of each drawing, None where there is none.

    Two queries for all users, and two for each profile that is not cached.
    """
    keys = _keys({user for user in users if user is not None})
    by_user = {key[0]: _cached_profile(current, key) for key in keys}
    return [None if user is None else by_user.get(user) for user in users]


def profile_at(current: Engine, drawing: Drawing, version_id: int) -> WriterProfile | None:
    """The profile of a drawing's user as it was when a version read the drawing, without later corrections."""
    read_at = Subquery(drawing.predictions.filter(model_version=version_id).values("created_at")[:1])
    return _make_profile(current, drawing.user_id, Q(created_at__lt=read_at))


def _keys(users: set[int]) -> list[_Key]:
    """A key for each user with enough confirmed digits. Every new correction and every verdict changes the key."""
    if not users:
        return []
    reviewed = _counts(reviewed_digits([*users]))
    claimed = _counts(claimed_digits([*users]))
    keys = [(user, *reviewed.get(user, (0, 0)), *claimed.get(user, (0, 0))) for user in reviewed.keys() | claimed]
    return [key for key in keys if key[1] + key[3] >= MIN_CONFIRMED]


def _counts(digits: QuerySet[Any]) -> dict[int, tuple[int, int]]:
    rows = digits.order_by().values("drawing__user").annotate(count=Count("pk"), total=Sum("pk"))
    return {row["drawing__user"]: (row["count"], row["total"]) for row in rows}


def _cached_profile(current: Engine, key: _Key) -> WriterProfile | None:
    cached = _cache.setdefault(current.reader, OrderedDict())
    if key not in cached:
        cached[key] = _make_profile(current, key[0])
        if len(cached) > CACHED:
            cached.popitem(last=False)
    cached.move_to_end(key)
    return cached[key]


def _make_profile(current: Engine, user: int, when: Q | None = None) -> WriterProfile | None:
    """From the newest confirmed digits; two queries."""
    rows: list[Any] = []
    for source in (reviewed_digits([user]), claimed_digits([user])):
        newest = source.filter(when or Q()).order_by("-created_at", "-pk")
        rows += newest.values_list("created_at", "text", "drawing__strokes", "drawing_id")[:MAX_CONFIRMED]
    digits = []
    for _, text, strokes, drawing in sorted(rows, key=lambda row: row[0], reverse=True)[:MAX_CONFIRMED]:
        try:
            digits.append((int(text), parse_strokes(strokes)))
        except InkError as error:  # damaged since it was accepted
            logger.warning("drawing %s is damaged: %s", drawing, error)
    return current.writer_profile(digits) if len(digits) >= MIN_CONFIRMED else None

"""Writer profiles: what each user confirmed, and the profile that a version makes of it to read their drawings."""

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

MIN_CONFIRMED, MAX_CONFIRMED = 3, 50  # digits, as in `ml.inference.personalization`, which workers alone import
CACHED = 256  # profiles that a worker keeps, of about 30 kB each

_Key = tuple[int, int, int]  # a user, the number of their corrections, and the sum of the corrections' ids
_Profiles = OrderedDict[_Key, "WriterProfile | None"]

_cache: WeakKeyDictionary[Reader, _Profiles] = WeakKeyDictionary()  # a profile fits only the reader that made it


def confirmed(users: Sequence[int]) -> QuerySet[Correction]:
    """Corrections in force that a canvas drawing of these users is one digit, and that no reviewer refused.

    Corrections by the user count at once, corrections by others once a reviewer accepted them. Users who switched
    personalization off have none.
    """
    accepted = Q(review__verdict=Review.Verdict.ACCEPTED)
    own = Q(user=F("drawing__user")) & Q(review=None)
    digits = Correction.objects.in_force().filter(text__in=list("0123456789"))
    drawn = digits.filter(drawing__source=Drawing.Source.CANVAS, drawing__user__in=users)
    return drawn.filter(accepted | own, drawing__user__adapts=True)


def profiles(current: Engine, users: Sequence[int | None]) -> list[WriterProfile | None]:
    """The profile of the user of each drawing, None where there is none.

    One query for all users, and one for each profile that is not cached.
    """
    keys = _keys({user for user in users if user is not None})
    by_user = {key[0]: _cached_profile(current, key) for key in keys}
    return [None if user is None else by_user.get(user) for user in users]


def profile_at(current: Engine, drawing: Drawing, version_id: int) -> WriterProfile | None:
    """The profile of a drawing's user as it was when a version read the drawing, without later corrections."""
    read_at = drawing.predictions.filter(model_version=version_id).values("created_at")[:1]
    return _make_profile(current, confirmed([drawing.user_id]).filter(created_at__lt=Subquery(read_at)))


def _keys(users: set[int]) -> list[_Key]:
    """A key for each user with enough corrections. Every new correction and every verdict changes the key."""
    if not users:
        return []
    corrections = confirmed([*users]).order_by().values("drawing__user")
    rows = corrections.annotate(count=Count("pk"), total=Sum("pk")).filter(count__gte=MIN_CONFIRMED)
    return list(rows.values_list("drawing__user", "count", "total"))


def _cached_profile(current: Engine, key: _Key) -> WriterProfile | None:
    cached = _cache.setdefault(current.reader, OrderedDict())
    if key not in cached:
        cached[key] = _make_profile(current, confirmed([key[0]]))
        if len(cached) > CACHED:
            cached.popitem(last=False)
    cached.move_to_end(key)
    return cached[key]


def _make_profile(current: Engine, corrections: QuerySet[Correction]) -> WriterProfile | None:
    """From the newest corrections; one query."""
    rows = corrections.order_by("-pk").values_list("text", "drawing__strokes", "drawing_id")[:MAX_CONFIRMED]
    digits = []
    for text, strokes, drawing in rows:
        try:
            digits.append((int(text), parse_strokes(strokes)))
        except InkError as error:  # damaged since it was accepted
            logger.warning("drawing %s is damaged: %s", drawing, error)
    return current.writer_profile(digits) if len(digits) >= MIN_CONFIRMED else None

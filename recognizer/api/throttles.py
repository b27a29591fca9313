"""How much one may ask for: so many requests in a window of time, and so much work.

DRF's own throttles read a list from the cache and write it back: two requests at once count as one, and a high
rate makes the list long. A counter a window, raised in one step, has neither trouble; at the edge of two windows
up to twice the rate can pass. All counters of a request are raised in one round trip to Redis.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from rest_framework.exceptions import APIException
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle, SimpleRateThrottle

from ml.ink.strokes import reading_work
from recognizer.serving import doorbell

if TYPE_CHECKING:  # at run time the views import the throttles
    from rest_framework.request import Request

PICTURE_WORK = 400  # opened and read; one full of ink takes as long as 1,500 strokes, most take as long as 50


class WindowThrottle(SimpleRateThrottle):
    """At most so much in each window of wall-clock time, as DEFAULT_THROTTLE_RATES says of each scope.

    A scope that ends in `_work` counts what a view says that a request costs, any other counts requests.
    """

    seconds_left = 0.0

    def __init__(self) -> None:
        """Nothing of DRF's, which knows one rate a throttle."""

    def scopes(self, request: Request) -> tuple[str, ...]:
        raise NotImplementedError

    def allow_request(self, request: Request, view: Any) -> bool:
        work, error = _work(request, view)
        limits = list(self._limits(request, work))
        totals = doorbell.tally([(key, amount, seconds) for key, amount, _, seconds in limits])
        over = [
            seconds
            for total, (_, _, most, seconds) in zip(totals or [], limits, strict=bool(totals))
            if total > most
        ]
        self.seconds_left = max((seconds - time.time() % seconds for seconds in over), default=0.0)
        if error and not over:
            raise error
        return not over

    def wait(self) -> float:
        return max(1.0, self.seconds_left)

    def _limits(self, request: Request, work: int) -> Iterator[tuple[str, int, int, int]]:
        """(key, what this request adds, the most there may be, in so many seconds) of each scope with a rate."""
        for scope in self.scopes(request):
            rate = cast("str | None", api_settings.DEFAULT_THROTTLE_RATES.get(scope))
            most, seconds = self.parse_rate(rate)
            if most is not None and seconds is not None:
                window = int(time.time() // seconds)
                key = f"throttle:{scope}:{sender_of(request)}:{window}"
                yield key, work if scope.endswith("_work") else 1, most, seconds


def sender_of(request: Request) -> str:
    """Who asks: a user, or else an address."""
    if request.user and request.user.is_authenticated:
        return f"user {request.user.pk}"
    return f"address {BaseThrottle().get_ident(request)}"


def work_in(data: Any) -> int:
    """What it costs to read strokes or a picture as they came, in strokes. Nothing of it has been checked yet."""
    if not hasattr(data, "get"):
        return 1
    if data.get("image"):
        return PICTURE_WORK
    strokes = data.get("strokes")
    return (
        reading_work([stroke for stroke in strokes if isinstance(stroke, list)])
        if isinstance(strokes, list)
        else 1
    )


def _work(request: Request, view: Any) -> tuple[int, APIException | None]:
    """The work that a request asks for; the error if its body can't be understood, which counts all the same."""
    if request.method != "POST" or not getattr(view, "takes_ink", False):
        return 1, None
    try:
        return work_in(request.data), None
    except APIException as error:
        return 1, error


class UserThrottle(WindowThrottle):
    def scopes(self, request: Request) -> tuple[str, ...]:
        return "user", "user_work"


class LiveThrottle(WindowThrottle):
    def scopes(self, request: Request) -> tuple[str, ...]:
        signed_in = request.user and request.user.is_authenticated
        return ("user_live", "user_work") if signed_in else ("anonymous_live", "anonymous_work")


class ExplainThrottle(WindowThrottle):
    """An explanation costs the worker as much as a hundred readings."""

    def scopes(self, request: Request) -> tuple[str, ...]:
        return "user", "explain"

"""Rate limits: requests, and work of the reader, in each window of time.

DRF's own throttles read a list from the cache and write it back: two requests at once count as one, and a high
rate makes the list long. Here each window has a counter that Redis raises in one step. At the border of two
windows up to twice the rate can pass. All counters of a request are raised in one round trip.
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

PICTURE_WORK = 400  # strokes: a picture full of ink takes as long to open and read as 1,500, most as long as 50


class WindowThrottle(SimpleRateThrottle):
    """Limits in each window of wall-clock time, by the rates of the scopes in DEFAULT_THROTTLE_RATES.

    A scope that ends in `_work` counts the work of a request (in strokes), any other scope counts requests.
    """

    seconds_left = 0.0

    def __init__(self) -> None:
        """DRF's constructor is not called: it reads the one rate of a throttle, which has several here."""

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
        """(key, amount of this request, limit, seconds of the window) of each scope with a rate."""
        for scope in self.scopes(request):
            rate = cast("str | None", api_settings.DEFAULT_THROTTLE_RATES.get(scope))
            most, seconds = self.parse_rate(rate)
            if most is not None and seconds is not None:
                window = int(time.time() // seconds)
                key = f"throttle:{scope}:{sender_of(request)}:{window}"
                yield key, work if scope.endswith("_work") else 1, most, seconds


def sender_of(request: Request) -> str:
    """The user who sends a request, or its address if nobody is signed in."""
    if request.user and request.user.is_authenticated:
        return f"user {request.user.pk}"
    return f"address {BaseThrottle().get_ident(request)}"


def work_in(data: Any) -> int:
    """The work in strokes to read a request body that has not been checked yet."""
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
    """The work that a request asks for, and the error if its body can't be parsed: such requests count too."""
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
    """Explanations have a limit of their own: each costs the worker as much as a hundred readings."""

    def scopes(self, request: Request) -> tuple[str, ...]:
        return "user", "explain"

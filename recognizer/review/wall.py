"""The wall: drawings that may be decided together, filtered, ordered, a page at a time.

A page begins at a key (`Cursor`), not at a count of rows, so that a late page costs what the first one costs, and
nothing is left out while verdicts take drawings away from the pages before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import IntegerField, Prefetch, Q, Subquery

from recognizer.models import Drawing, Review, ReviewItem
from recognizer.models.review_item import READ_AS, ReviewItemQuerySet

PAGE = 60  # drawings, as many as are decided at once; rows of three, four, five, six, ten and twelve come out even
MANY = 500  # a digit with more drawings than that has "500+": counting them all would take too long

State, Verdict = ReviewItem.State, Review.Verdict


class Order(models.TextChoices):
    LEAST_SURE = "least-sure", "least sure first"
    SUREST = "surest", "surest first"
    NEWEST = "newest", "newest first"

    @property
    def key(self) -> str:
        """The field by which it orders; drawings with the same value follow by their ids."""
        return "day" if self == Order.NEWEST else "confidence"

    @property
    def descends(self) -> bool:
        return self != Order.LEAST_SURE


class Which(models.TextChoices):
    WAITING = "waiting", "waiting"
    DECIDED = "decided", "decided"
    ALL = "all", "all"


# Drawings that wait for a second opinion are not among them: whoever gives it must not see the first one.
_UNDECIDED = [State.WAITING, State.FOLDED, State.CAPPED]


@dataclass(frozen=True)
class Filters:
    """Which drawings the wall shows. None does not filter; "" as a number means "no number"."""

    read: str | None = None
    truth: str | None = None  # of the verdict in force
    which: Which = Which.WAITING
    reason: str = ""
    writer: int | None = None
    since: date | None = None
    until: date | None = None
    version: int | None = None  # of the newest prediction
    sample: bool = False  # drawn by the lottery

    def items(self) -> ReviewItemQuerySet:
        lookups: dict[str, Any] = {
            "read_as": self.read if self.read is None else self.read[:READ_AS],
            "reason": self.reason or None,
            "writer": self.writer,
            "day__gte": self.since,
            "day__lte": self.until,
            "prediction__model_version": self.version,
            "sampled_at__isnull": False if self.sample else None,
            "state__in": _UNDECIDED if self.which == Which.WAITING else None,
            "state": State.DECIDED if self.which == Which.DECIDED else None,
        }
        items = ReviewItem.objects.shown().filter(**{k: v for k, v in lookups.items() if v is not None})
        if self.truth is None:
            return items
        verdict = Verdict.NUMBER if self.truth else Verdict.NO_NUMBER
        reviews = Review.objects.in_force().filter(verdict=verdict, text=self.truth)
        return items.filter(state=State.DECIDED, pk__in=reviews.values("drawing"))


@dataclass(frozen=True)
class Cursor:
    """A place in an order: that of the drawing `pk`, which has `key`. As text it stands in addresses."""

    key: float | date
    pk: UUID

    def __str__(self) -> str:
        return f"{self.key}_{self.pk.hex}"

    @classmethod
    def parse(cls, text: str, order: Order) -> Cursor:
        """Raises ValueError if the text is no cursor of this order."""
        key, _, pk = text.partition("_")
        if order.key == "day":
            return cls(date.fromisoformat(key), UUID(hex=pk))
        if not 0 <= float(key) <= 1:
            raise ValueError("A confidence is between 0 and 1.")
        return cls(float(key), UUID(hex=pk))

    def after(self, field: str, *, descending: bool) -> Q:
        """What comes after it. The first condition alone would do for an index, the second is exact."""
        step = "lt" if descending else "gt"
        beyond = Q((f"{field}__{step}", self.key)) | Q((f"pk__{step}", self.pk))
        return Q((f"{field}__{step}e", self.key)) & beyond


@dataclass(frozen=True)
class WallPage:
    """The drawings of a page, and the cursors of the pages before and after it, "" where there is none."""

    items: Sequence[ReviewItem]
    previous: str = ""
    next: str = ""


def page_of(
    items: ReviewItemQuerySet, order: Order, *, after: Cursor | None = None, before: Cursor | None = None
) -> WallPage:
    """The page that follows `after`, or the one that ends at `before`; without either the first one."""
    if before is not None:
        found = _ordered(items, order, before, backwards=True)
        if len(found) > PAGE:
            page = found[PAGE - 1 :: -1]
            return WallPage(page, _cursor(page[0], order), _cursor(page[-1], order))
        after = None  # fewer than a page are left before it: begin at the beginning
    found = _ordered(items, order, after)
    page = found[:PAGE]
    more = len(found) > PAGE
    return WallPage(
        page,
        _cursor(page[0], order) if page and after else str(after or ""),
        _cursor(page[-1], order) if more else "",
    )


def _cursor(item: ReviewItem, order: Order) -> str:
    return str(Cursor(getattr(item, order.key), item.pk))


def _ordered(
    items: ReviewItemQuerySet, order: Order, start: Cursor | None, *, backwards: bool = False
) -> list[ReviewItem]:
    """The items beyond `start`, one more than a page, with all that the wall shows of them."""
    descending = order.descends != backwards
    sign = "-" if descending else ""
    if start is not None:
        items = items.filter(start.after(order.key, descending=descending))
    drawings = Drawing.objects.defer("image", "thumbnail").with_verdicts()
    shown = items.select_related("prediction").defer("glyphs").prefetch_related(Prefetch("drawing", drawings))
    return list(shown.order_by(f"{sign}{order.key}", f"{sign}pk")[: PAGE + 1])


class _CountOf(Subquery):
    """The number of rows of a query."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def counts(labels: Sequence[str]) -> dict[str, int]:
    """How many drawings wait that are read as each label, MANY + 1 for more than MANY; one query."""
    queries = [_CountOf(Filters(read=label).items().order_by().values("pk")[: MANY + 1]) for label in labels]
    row = ReviewItem.objects.order_by().values_list(*queries)[:1]  # of any item: the counts do not depend on it
    return dict(zip(labels, next(iter(row), [0] * len(labels)), strict=True))

"""The wall of the review desk: many drawings at once, such as all that are read as 7."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from recognizer.forms import NO_NUMBER, WallForm
from recognizer.models import ReviewItem
from recognizer.models.drawing import in_one_line
from recognizer.presentation.wall_tile import Tile, number_in_words
from recognizer.review import wall
from recognizer.review.wall import Filters, Order, Which

if TYPE_CHECKING:
    from accounts.requests import SignedInRequest

LABELS = [*"0123456789", ""]  # in the bar above the wall; "" is no number


@require_safe
@permission_required("recognizer.add_review", raise_exception=True)
@never_cache
@ensure_csrf_cookie
def review_grid(request: SignedInRequest) -> HttpResponse:
    form = WallForm(request.GET, label_suffix="")
    context = _shown(form) if form.is_valid() else {"labels": _links(None, {})}
    return render(request, "recognizer/review/grid.html", {"form": form, **context})


def _shown(form: WallForm) -> dict[str, Any]:
    data, filters = form.cleaned_data, form.filters
    page = wall.page_of(filters.items(), data["order"], after=data["after"], before=data["before"])
    only_read = filters == Filters(read=filters.read)
    return {
        "page": page,
        "tiles": [Tile(item) for item in page.items],
        "title": _in_words(filters, data["order"]),
        "label": in_one_line(filters.read or ""),
        "labels": _links(filters.read, wall.counts(LABELS) if only_read else {}),
    }


def _in_words(filters: Filters, order: Order) -> str:
    """The heading of a wall, such as "Read as 7, decided as 1, least sure first"."""
    decided = filters.which == Which.DECIDED
    parts = [
        "all drawings" if filters.read is None else f"read as {number_in_words(filters.read)}",
        filters.truth is not None and f"decided as {number_in_words(filters.truth)}",
        decided and filters.truth is None and "decided",
        filters.which == Which.ALL and "decided or not",
        filters.reason and str(ReviewItem.Reason(filters.reason).label),
        filters.writer and f"writer {filters.writer}",
        filters.since and f"from {filters.since:%-d %B %Y}",
        filters.until and f"to {filters.until:%-d %B %Y}",
        filters.version and f"by version {filters.version}",
        filters.sample and "random sample",
        str(order.label),
    ]
    words = ", ".join(part for part in parts if part)
    return words[:1].upper() + words[1:]


def _links(read: str | None, counts: dict[str, int]) -> list[dict[str, Any]]:
    """The bar of labels. `count` is None where nothing was counted."""
    return [
        {
            "value": label or NO_NUMBER,
            "words": number_in_words(label),
            "here": label == read,
            "count": _up_to_many(counts.get(label)),
        }
        for label in LABELS
    ]


def _up_to_many(count: int | None) -> str | None:
    return None if count is None else f"{wall.MANY}+" if count > wall.MANY else str(count)

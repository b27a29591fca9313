"""The pages of reviewers: the desk, and one drawing with the history of its verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from recognizer.models import Review, ReviewItem

if TYPE_CHECKING:
    from accounts.requests import SignedInRequest

VERDICTS = 50  # of one drawing on its page: more are of machines, not of people
may_review = permission_required("recognizer.add_review", raise_exception=True)


@require_safe
@may_review
@never_cache
@ensure_csrf_cookie
def review(request: SignedInRequest) -> HttpResponse:
    """The desk: one drawing after another."""
    skipped = ReviewItem.objects.shown().open().filter(skips__reviewer=request.user).count()
    return render(request, "recognizer/review/desk.html", {**_addresses(request), "skipped": skipped})


@require_safe
@may_review
@never_cache
@ensure_csrf_cookie
def review_drawing(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The desk with one drawing, and who said what of it."""
    item = get_object_or_404(ReviewItem.objects.shown(), pk=pk)
    verdicts = Review.objects.filter(drawing=pk).select_related("reviewer", "replaces").order_by("-id")
    # Who is to give another opinion must not see the first.
    blind = item.look > 1 and not verdicts.that_count().filter(reviewer=request.user).exists()
    context = {
        **_addresses(request),
        "drawing_url": reverse("api:review-item", args=[pk]),
        "item": item,
        "blind": blind,
        "verdicts": [] if blind else verdicts[:VERDICTS],
    }
    return render(request, "recognizer/review/drawing.html", context)


def _addresses(request: HttpRequest) -> dict[str, str]:
    """Where the scripts of the desk send and fetch."""
    return {
        "reviews_url": reverse("api:review-list"),
        "items_url": reverse("api:review-items"),
        "undo_url": reverse("api:review-undo"),
        "skips_url": reverse("api:review-skips"),
        "login_url": f"{reverse('account_login')}?{urlencode({'next': request.path})}",
    }

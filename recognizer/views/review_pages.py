"""The desk of reviewers."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from recognizer.models import ReviewItem

if TYPE_CHECKING:
    from accounts.requests import SignedInRequest


@require_safe
@permission_required("recognizer.add_review", raise_exception=True)
def review_drawing(request: SignedInRequest, pk: UUID) -> HttpResponse:
    item = get_object_or_404(ReviewItem.objects.shown(), pk=pk)
    return render(request, "recognizer/review/drawing.html", {"item": item})

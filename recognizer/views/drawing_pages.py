"""The pages of users: draw, history, one drawing with its correction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST, require_safe

from ml.ink.image_format import media_type
from recognizer.forms import CorrectionForm
from recognizer.models import Drawing, TrainingSample
from recognizer.presentation.correction_status import correction_status, one_line
from recognizer.services import predictions, reviews

if TYPE_CHECKING:
    from accounts.requests import SignedInRequest

PAGE = 24  # cards of a page; rows of two, three, four and six cards come out even
LEDGER = 50  # samples of a drawing that are looked at, one for each run


@require_safe
@login_not_required
@ensure_csrf_cookie
def draw(request: HttpRequest) -> HttpResponse:
    back = urlencode({"next": f"{reverse('recognizer:draw')}?save=1"})
    return render(
        request,
        "recognizer/drawing/draw.html",
        {
            "live_url": reverse("api:live"),
            "predictions_url": reverse("api:prediction-list"),
            "login_url": f"{reverse('account_login')}?{back}",
        },
    )


@require_safe
def history(request: SignedInRequest) -> HttpResponse:
    drawings = (
        Drawing.objects.for_user(request.user).with_predictions().with_verdicts().defer("image", "thumbnail")
    )
    page = Paginator(drawings, PAGE).get_page(request.GET.get("page"))
    _add_outcomes(page.object_list)
    return render(request, "recognizer/drawing/history.html", {"page_obj": page})


def _add_outcomes(drawings: Iterable[Drawing]) -> None:
    """Give each drawing the line that says what the active version learned from its correction, or ""."""
    reviews = {drawing.pk: drawing.review for drawing in drawings if drawing.correction and drawing.review}
    samples = TrainingSample.objects.by_active().of_drawings(reviews)
    lines = {s.drawing_id: one_line(s) for s in samples if s.review_id == reviews[s.drawing_id].pk}
    for drawing in drawings:
        drawing.outcome = lines.get(drawing.pk, "")  # type: ignore[attr-defined]


def _drawing_of(request: SignedInRequest, pk: UUID) -> Drawing:
    return get_object_or_404(
        Drawing.objects.for_user(request.user).with_predictions().with_verdicts().defer("image", "thumbnail"),
        pk=pk,
    )


@require_safe
def drawing(request: SignedInRequest, pk: UUID) -> HttpResponse:
    drawing = _drawing_of(request, pk)
    correction = drawing.correction
    said = correction or drawing.latest
    not_a_number = correction is not None and not correction.text
    form = CorrectionForm(initial={"text": said.text if said else "", "not_a_number": not_a_number})
    return _drawing_page(request, drawing, form)


def _drawing_page(
    request: SignedInRequest, drawing: Drawing, form: CorrectionForm, status: int = 200
) -> HttpResponse:
    samples = list(TrainingSample.objects.of_drawings([drawing.pk])[:LEDGER]) if drawing.correction else []
    context = {
        "drawing": drawing,
        "prediction": drawing.latest,
        "digits": drawing.latest.digits.all() if drawing.latest else [],
        "correction": drawing.correction,
        "outcome": correction_status(drawing, samples, may_train=request.user.may_train),
        "form": form,
    }
    return render(request, "recognizer/drawing/drawing.html", context, status=status)


@require_POST
def correct_drawing(request: SignedInRequest, pk: UUID) -> HttpResponse:
    drawing = _drawing_of(request, pk)
    form = CorrectionForm(request.POST)
    if not form.is_valid():
        return _drawing_page(request, drawing, form, status=422)
    reviews.correct_drawing(drawing=drawing, user=request.user, text=form.cleaned_data["text"])
    messages.success(request, "Thank you. Your correction is kept, and somebody will look at it.")
    return redirect(drawing)


@require_POST
def delete_drawing(request: SignedInRequest, pk: UUID) -> HttpResponse:
    predictions.delete_drawing(drawing=_drawing_of(request, pk))
    messages.success(request, "The drawing is deleted.")
    return redirect("recognizer:history")


@require_safe
def drawing_image(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The picture of an upload, for its owner and for staff who review."""
    return _picture(request, pk, "image")


@require_safe
def drawing_thumbnail(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The thumbnail of an upload; old uploads have none and are shown in full size."""
    return _picture(request, pk, Coalesce("thumbnail", "image"))


def _picture(request: SignedInRequest, pk: UUID, field: Any) -> HttpResponse:
    uploads = Drawing.objects.visible_to(request.user).filter(source=Drawing.Source.UPLOAD)
    content = uploads.filter(pk=pk).values_list(field, flat=True).first()
    if content is None:
        raise Http404
    kind = media_type(bytes(content[:64]))
    headers = {
        "Cache-Control": "private, max-age=3600",
        "Content-Disposition": f'inline; filename="{pk}.{kind.removeprefix("image/")}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(bytes(content), content_type=kind, headers=headers)

"""The page on which users download their data or delete their account."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.deletion import delete_account, outlook
from accounts.requests import SignedInRequest
from recognizer.models import DataExport
from recognizer.services import data_exports
from recognizer.serving import doorbell


class DeletionForm(forms.Form):
    """Whether confirmed drawings stay for training."""

    keep_confirmed = forms.BooleanField(required=False)


@require_safe
@never_cache
def data(request: SignedInRequest) -> HttpResponse:
    export = DataExport.objects.filter(user=request.user).first()
    context = {"export": export if export and export.is_current else None, "outlook": outlook(request.user)}
    return render(request, "accounts/data.html", context)


@require_POST
def start_export(request: SignedInRequest) -> HttpResponse:
    try:
        doorbell.call_for_export(data_exports.start_export(user=request.user).pk)
    except ValidationError as error:
        messages.error(request, error.message)
    return redirect("accounts:data")


@require_safe
@never_cache
def download(request: SignedInRequest) -> HttpResponseBase:
    export = DataExport.objects.filter(user=request.user, ready_at__isnull=False).first()
    if export is None or not export.is_current:
        raise Http404
    headers = {"Content-Disposition": 'attachment; filename="numeral-data.zip"'}
    return StreamingHttpResponse(data_exports.stream(export), content_type="application/zip", headers=headers)


@require_POST
@reauthentication_required(app="accounts")  # type: ignore[untyped-decorator]
def delete(request: SignedInRequest) -> HttpResponse:
    form = DeletionForm(request.POST)
    form.full_clean()
    try:
        delete_account(user=request.user, keep_confirmed=form.cleaned_data["keep_confirmed"])
    except ValidationError as error:
        messages.error(request, error.message)
        return redirect("accounts:data")
    logout(request)
    messages.success(request, "Your account is deleted.")
    return redirect("recognizer:draw")

"""The account page and its API tokens; everything else about accounts is allauth's."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import tokens
from accounts.requests import SignedInRequest


@require_safe
@never_cache
def overview(request: SignedInRequest) -> HttpResponse:
    return render(
        request,
        "accounts/overview.html",
        {"tokens": tokens.tokens_of(request.user), "new_token": request.session.pop("new_token", None)},
    )


@require_POST
def create_token(request: SignedInRequest) -> HttpResponse:
    if tokens.tokens_of(request.user).count() >= tokens.MOST:
        messages.error(request, f"You have {tokens.MOST} tokens already. Revoke one that you no longer use.")
    else:
        request.session["new_token"] = tokens.create_token(user=request.user)
    return redirect("accounts:overview")


@require_POST
def revoke_token(request: SignedInRequest, digest: str) -> HttpResponse:
    if not tokens.revoke_token(user=request.user, digest=digest):
        raise Http404
    messages.success(request, "The token is revoked. Programs that use it can no longer sign in.")
    return redirect("accounts:overview")

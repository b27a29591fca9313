"""The account page and its API tokens; everything else about accounts is allauth's."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import tokens
from accounts.requests import SignedInRequest


@require_safe
@never_cache
def overview(request: SignedInRequest) -> HttpResponse:
    return _page(request)


def _page(request: SignedInRequest, new_token: str | None = None) -> HttpResponse:
    context = {"tokens": tokens.tokens_of(request.user), "new_token": new_token}
    return render(request, "accounts/overview.html", context)


@require_POST
@never_cache
def create_token(request: SignedInRequest) -> HttpResponse:
    """Answer with the page itself: kept for a redirect, the token would lie in the session in clear."""
    try:
        return _page(request, new_token=tokens.create_token(user=request.user))
    except ValidationError as error:
        messages.error(request, error.message)
        return redirect("accounts:overview")


@require_POST
def revoke_token(request: SignedInRequest, digest: str) -> HttpResponse:
    if not tokens.revoke_token(user=request.user, digest=digest):
        raise Http404
    messages.success(request, "The token is revoked. Programs that use it can no longer sign in.")
    return redirect("accounts:overview")

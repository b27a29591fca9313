"""The account page, its switches and API tokens; everything else about accounts is allauth's."""

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from allauth.account.views import EmailView
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from knox.settings import CONSTANTS

from accounts import services, tokens
from accounts.forms import SwitchForm
from accounts.requests import SignedInRequest
from recognizer.presentation.learning import LEARNING, STAFF_SEES


@require_safe
@never_cache
def overview(request: SignedInRequest) -> HttpResponse:
    return _page(request)


def _page(request: SignedInRequest, new_token: str | None = None) -> HttpResponse:
    context = {"tokens": tokens.tokens_of(request.user), "new_token": new_token}
    return render(request, "accounts/overview.html", context)


@require_POST
@never_cache
@reauthentication_required(app="accounts")  # type: ignore[untyped-decorator]
def create_token(request: SignedInRequest) -> HttpResponse:
    """Answer with the page itself: for a redirect the token would have to be stored in the session in clear."""
    try:
        token = tokens.create_token(user=request.user)
    except ValidationError as error:
        messages.error(request, error.message)
        return redirect("accounts:overview")
    beginning = token[: CONSTANTS.TOKEN_KEY_LENGTH]
    get_adapter().send_notification_mail("account/email/token_created", request.user, {"beginning": beginning})
    return _page(request, new_token=token)


@require_POST
def revoke_token(request: SignedInRequest, digest: str) -> HttpResponse:
    """Revoke without asking for the password: a token that leaked must be revoked at once."""
    if not tokens.revoke_token(user=request.user, digest=digest):
        raise Http404
    get_adapter().send_notification_mail("account/email/token_revoked", request.user)
    messages.success(request, "The token is revoked. Programs that use it can no longer sign in.")
    return redirect("accounts:overview")


_SWITCHED = {
    ("may_train", True): f"Thank you. {LEARNING} {STAFF_SEES}",
    ("may_train", False): (
        "Nobody else sees your drawings from now on, except those that you correct. They are absent from the next "
        "training; versions already trained stay."
    ),
    ("adapts", True): LEARNING,
    ("adapts", False): "The reader reads your handwriting like everybody else’s.",
}


@require_POST
def turn_switch(request: SignedInRequest) -> HttpResponse:
    form = SwitchForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("There is no such switch.")
    switch, on = form.cleaned_data["switch"], form.cleaned_data["on"]
    allow = services.allow_training if switch == "may_train" else services.allow_adapting
    allow(user=request.user, allowed=on)
    messages.success(request, _SWITCHED[switch, on])
    return redirect("accounts:overview")


class ChangeEmailView(EmailView):  # type: ignore[misc]
    """allauth's page without the choice of the main address, which is the address confirmed last."""

    def _action_primary(self, request: SignedInRequest, *args: object, **kwargs: object) -> None:
        """Does nothing. allauth would accept an unconfirmed address if none is confirmed."""


change_email = ChangeEmailView.as_view()

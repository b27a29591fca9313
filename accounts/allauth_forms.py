"""Forms that replace some of allauth's.

They are not in `accounts.forms`, because allauth imports that module for its sign-up form.
"""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.models import EmailAddress
from allauth.core import context, ratelimit
from django import forms
from django.db import transaction
from django.http import HttpRequest

from accounts import sign_in, tokens
from accounts.models import User


class _TokensForm(forms.Form):
    """A new password revokes the API tokens, as it ends the sessions, unless the user keeps them."""

    keep_tokens = forms.BooleanField(
        label="Keep my API tokens",
        required=False,
        help_text="Otherwise they are revoked, and programs that use them can no longer sign in. "
        "Other browsers are logged out in any case.",
    )

    user: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.user and not tokens.tokens_of(self.user).exists():
            del self.fields["keep_tokens"]

    def save(self) -> None:
        with transaction.atomic():
            super().save()  # type: ignore[misc]
            if not self.cleaned_data.get("keep_tokens"):
                tokens.revoke_tokens(user=self.user)


class ChangePasswordForm(_TokensForm, allauth_forms.ChangePasswordForm):  # type: ignore[misc]
    field_order = ["oldpassword", "password1", "password2", "keep_tokens"]

    def clean_oldpassword(self) -> str:
        """Wrong passwords count like those at log-in, so that a stolen session can't be used to guess."""
        password: str = self.cleaned_data["oldpassword"]
        if not get_adapter().reauthenticate(self.user, password):
            raise get_adapter().validation_error("enter_current_password")
        return password


class SetPasswordForm(_TokensForm, allauth_forms.SetPasswordForm):  # type: ignore[misc]
    field_order = ["password1", "password2", "keep_tokens"]


class ResetPasswordKeyForm(_TokensForm, allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]
    field_order = ["password1", "password2", "keep_tokens"]

    def save(self) -> None:
        super().save()
        key = sign_in.attempts_key({"pk": self.user.pk})
        ratelimit.clear(context.request, action="login_failed", key=key)


class ResetPasswordForm(allauth_forms.ResetPasswordForm):  # type: ignore[misc]
    """Links go only to addresses that belong to an account; allauth would also use unconfirmed new ones."""

    def clean_email(self) -> str:
        address: str = super().clean_email()
        self.users = [user for user in sign_in.owners_of(address) if user.is_active]
        return address


class AddEmailForm(allauth_forms.AddEmailForm):  # type: ignore[misc]
    """The old address stays until the new one is confirmed.

    allauth would delete an old unconfirmed address at once, without a mail to it.
    """

    def save(self, request: HttpRequest) -> Any:
        waiting = EmailAddress.objects.filter(user=self.user, verified=False)
        with transaction.atomic():
            waiting.exclude(email=self.user.email.lower()).delete()
            address = EmailAddress.objects.create(user=self.user, email=self.cleaned_data["email"])
        send_verification_email_to_address(request, address)
        return address

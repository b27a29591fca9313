"""The forms of the accounts, where allauth's do not do."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django import forms
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.db import transaction
from django.http import HttpRequest

from accounts import services, tokens
from accounts.models import User
from recognizer.presentation.learning import LEARNING


class SwitchForm(forms.Form):
    """One of the two switches of the account page, and whether it is to be on. Pressed twice it stays so."""

    switch = forms.ChoiceField(choices=[("may_train", "may train"), ("adapts", "adapts")])
    on = forms.BooleanField(required=False)


class ConsentForm(forms.Form):
    """What sign-up asks besides name and password. Nobody consents by not looking: the box is empty."""

    may_train = forms.BooleanField(
        label="My drawings may train the reader",
        required=False,
        help_text=f"{LEARNING} You can change this at any time in your account.",
    )
    field_order = ["username", "email", "password1", "password2", "may_train"]

    def signup(self, request: HttpRequest, user: User) -> None:
        """Called by allauth once the user exists."""
        if self.cleaned_data["may_train"]:
            services.allow_training(user=user, allowed=True)


class StaffPasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """The admin's form for the password of another: it ends their API tokens too, and they are told."""

    def save(self, commit: bool = True) -> User:
        with transaction.atomic():
            user: User = super().save(commit=commit)
            tokens.revoke_tokens(user=user)
        get_adapter().send_notification_mail("account/email/password_changed", user)
        return user

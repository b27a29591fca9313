"""The forms of the account page, of the consent at sign-up, and of the admin."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.contrib.auth.forms import AdminPasswordChangeForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest

from accounts import services, tokens
from accounts.models import User
from accounts.roles import Role, groups_of_roles, has_role
from recognizer.presentation.learning import LEARNING, STAFF_SEES


class SwitchForm(forms.Form):
    """One of the two switches of the account page, and its new state; sending it twice changes nothing more."""

    switch = forms.ChoiceField(choices=[("may_train", "may train"), ("adapts", "adapts")])
    on = forms.BooleanField(required=False)


class ConsentForm(forms.Form):
    """The consent at sign-up. The box is empty, because consent must be given actively."""

    may_train = forms.BooleanField(
        label="My drawings may train the reader",
        required=False,
        help_text=f"{LEARNING} {STAFF_SEES} You can change this at any time in your account.",
    )
    field_order = ["username", "email", "password1", "password2", "may_train"]

    def signup(self, request: HttpRequest, user: User) -> None:
        """Called by allauth once the user exists."""
        if self.cleaned_data["may_train"]:
            services.allow_training(user=user, allowed=True)


class StaffPasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """The admin's form for another user's password. It also revokes their API tokens and sends them a mail."""

    def save(self, commit: bool = True) -> User:
        with transaction.atomic():
            user: User = super().save(commit=commit)
            tokens.revoke_tokens(user=user)
        get_adapter().send_notification_mail("account/email/password_changed", user)
        return user


class StaffUserForm(UserChangeForm):  # type: ignore[type-arg]
    """The admin's form of a user, with a box for each role. The groups of the roles are absent from the groups."""

    reviewer = forms.BooleanField(label="Reviewer", required=False, help_text=Role.REVIEWER.may)
    trainer = forms.BooleanField(label="Trainer", required=False, help_text=Role.TRAINER.may)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, role in [("reviewer", Role.REVIEWER), ("trainer", Role.TRAINER)]:
            if name in self.fields:  # absent for staff who may only look
                self.fields[name].initial = has_role(self.instance, role)
        if isinstance(groups := self.fields.get("groups"), forms.ModelMultipleChoiceField):
            groups.queryset = Group.objects.exclude(pk__in=groups_of_roles())

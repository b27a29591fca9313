"""The account adapter: what this site does differently from allauth's default."""

from __future__ import annotations

import logging
import smtplib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core import context as allauth_context
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse

from accounts import sign_in
from accounts.limits import too_many_requests
from accounts.models import User
from accounts.tokens import tokens_of

logger = logging.getLogger(__name__)

LOCKED = 300  # seconds, as in ACCOUNT_RATE_LIMITS["login_failed"]


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:overview")

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """A new name must not look like an address: it could be confused with the address of another user."""
        if "@" in username:
            raise ValidationError("A username has no @ in it. Your email address has a field of its own.")
        return str(super().clean_username(username, shallow=shallow))

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """If two users take the same name at the same time, the second one is told so."""
        try:
            with transaction.atomic():
                saved: User = super().save_user(request, user, form, commit=commit)
        except IntegrityError as error:
            messages.error(request, "Somebody has just taken this username. Choose another one.")
            raise ImmediateHttpResponse(redirect("account_signup")) from error
        return saved

    # ---- Wrong passwords and codes

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Attempts count by account: allauth counts by host and spelling, and each would give five more tries."""
        return sign_in.attempts_key(credentials)

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """Does nothing: the form that resets a password clears the attempts of its account, and of no other."""

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        """Answer too many attempts with 429 (by raising ImmediateHttpResponse); allauth would answer 200."""
        if code == "too_many_login_attempts":
            raise ImmediateHttpResponse(too_many_requests(allauth_context.request, seconds=LOCKED))
        error: ValidationError = super().validation_error(code, *args)
        return error

    def reauthenticate(self, user: User, password: str) -> bool:
        """Check the password of exactly this account; allauth would look the account up by name and address."""
        found = self.authenticate(allauth_context.request, pk=user.pk, password=password)
        return found is not None and found.pk == user.pk

    # ---- Addresses and mail

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """The main address can be deleted only if there is no other that would replace it."""
        others = EmailAddress.objects.filter(user_id=email_address.user_id).exclude(pk=email_address.pk)
        return email_address.email != email_address.user.email.lower() or not others.exists()

    def send_confirmation_mail(self, request: HttpRequest, emailconfirmation: Any, signup: bool) -> None:
        """If the address belongs to another account, its owner gets a different mail; the page looks the same."""
        address = emailconfirmation.email_address
        if address.can_set_verified():
            super().send_confirmation_mail(request, emailconfirmation, signup)
        else:
            self.send_account_already_exists_mail(address.email)

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Tell the owner of a change. The mail goes to a deleted address if the user has no other."""
        context = {"user": user, "tokens": tokens_of(user).count(), **(context or {})}
        email = email or EmailAddress.objects.get_primary_email(user) or context.get("deleted_email")
        super().send_notification_mail(template_prefix, user, context, email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Log it if the mail server is away; the request of the user goes on."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, smtplib.SMTPException):
            logger.exception("The mail %s could not be sent.", template_prefix)

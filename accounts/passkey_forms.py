"""Passkey forms that refuse JSON which is no credential; allauth's own let the errors of its library pass."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms as allauth_forms
from cryptography.exceptions import InvalidSignature

_NO_CREDENTIAL = (
    KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, struct.error, InvalidSignature,
)  # fmt: skip


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except _NO_CREDENTIAL as error:
        raise get_adapter().validation_error("incorrect_code") from error


class AddWebAuthnForm(allauth_forms.AddWebAuthnForm):  # type: ignore[misc]
    def clean(self) -> Any:
        with _refusing():
            return super().clean()


class AuthenticateWebAuthnForm(allauth_forms.AuthenticateWebAuthnForm):  # type: ignore[misc]
    def clean_credential(self) -> Any:
        with _refusing():
            return super().clean_credential()


class LoginWebAuthnForm(AuthenticateWebAuthnForm, allauth_forms.LoginWebAuthnForm):  # type: ignore[misc]
    """For a log-in without a password."""


class ReauthenticateWebAuthnForm(AuthenticateWebAuthnForm, allauth_forms.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """For a user who is signed in."""

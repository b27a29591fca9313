"""API tokens: shown once, stored hashed."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from knox.models import AuthToken

from accounts.models import User

MOST = 50  # tokens of a user; a program that makes a new one each time it runs would exceed it


def create_token(*, user: User) -> str:
    """Return a new token in clear. Only its hash is stored, so it can't be shown again.

    Raises ValidationError if the user has MOST already.
    """
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # parallel requests count one after the other
        if tokens_of(user).count() >= MOST:
            raise ValidationError(f"There are {MOST} tokens already. Revoke one that is no longer used.")
        _row, token = AuthToken.objects.create(user=user)
    return str(token)


def tokens_of(user: User) -> QuerySet[AuthToken]:
    """The user's tokens, newest first."""
    found: QuerySet[AuthToken] = AuthToken.objects.filter(user=user).order_by("-created")
    return found


def revoke_tokens(*, user: User) -> None:
    """Delete all tokens of the user."""
    tokens_of(user).delete()


def revoke_token(*, user: User, digest: str) -> bool:
    """Delete one of the user's tokens; False when the user has no such token."""
    deleted, _ = tokens_of(user).filter(digest=digest).delete()
    return deleted > 0

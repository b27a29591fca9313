"""Who is meant by what somebody types at log-in, and whether the password is right: one hash an attempt."""

from __future__ import annotations

import unicodedata
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, get_hasher, get_hashers, make_password
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from accounts.models import User

LONGEST = 254  # characters, of an address

_SHARE_KEY, _SHARE_SECONDS = "accounts.share_of_old_hashes", 300


def owners_of(address: str) -> list[User]:
    """Users for whom the address counts.

    That is the one who confirmed it. While nobody has, it is those who gave it as theirs and have confirmed no
    other, the oldest account first: a change that is not confirmed yet does not count.
    """
    confirmed = EmailAddress.objects.filter(email=address.lower(), verified=True).select_related("user")
    users = [row.user for row in confirmed]
    if users:
        return users
    claimants = User.objects.filter(email__iexact=address).exclude(emailaddress__verified=True).order_by("pk")
    return [user for user in claimants if user.email.lower() == address.lower()]


def named(name: str) -> User | None:
    """The user with this name; upper and lower case differ only where two names differ in nothing else."""
    users = list(User.objects.filter(username__iexact=name))
    exact = [user for user in users if user.username == name]
    return exact[0] if exact else users[0] if len(users) == 1 else None


def account_of(login: str) -> User | None:
    """The account that somebody means by a name or an address.

    A confirmed address wins over a name that looks like it. One that waits for its confirmation means nobody:
    else who signs up with an address would see by the next log-in whether somebody had it already.
    """
    login = login.strip()
    owners = owners_of(login) if "@" in login else []
    if owners and EmailAddress.objects.filter(user=owners[0], email=login.lower(), verified=True).exists():
        return owners[0]
    by_name = named(login)
    return by_name or next((user for user in owners if not EmailAddress.objects.filter(user=user).exists()), None)


def meant_by(credentials: dict[str, Any]) -> User | None:
    """The account for which `authenticate` gets these credentials: `pk`, or what was typed."""
    if "pk" in credentials:
        return User.objects.filter(pk=credentials["pk"]).first()
    return account_of(_typed(credentials))


def attempts_key(credentials: dict[str, Any]) -> str:
    """What wrong passwords are counted by: the account, whatever spelling of its name or address was typed."""
    user = meant_by(credentials)
    return f"user {user.pk}" if user else f"name {_typed(credentials).casefold()}"


def _typed(credentials: dict[str, Any]) -> str:
    """No name or address is longer; SQLite refuses to compare with much more."""
    typed = str(credentials.get("email") or credentials.get("username") or "").strip()[:LONGEST]
    return unicodedata.normalize("NFKC", typed)  # a long s is an s, for who is known and who is not


class SignInBackend(AuthenticationBackend):  # type: ignore[misc]
    """The only backend: each attempt costs one hash, so that its time tells nothing about the name."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        password = credentials.get("password")
        if not password:
            return None
        user = meant_by(credentials)
        if user is None or not user.has_usable_password():
            make_password(password, hasher=_decoy_hasher(_typed(credentials)))
            return None
        found: User | None = self._check_password(user, password)  # keeps an inactive one for allauth's page
        return found


def _decoy_hasher(login: str) -> str:
    """The algorithm whose time an attempt without a password to compare with takes.

    A password from before Argon2 takes longer until its owner logs in. As large a share of the unknown names as of
    the accounts take that long too, each name always the same, so that a slow answer does not tell an account.
    """
    preferred, *old = [hasher.algorithm for hasher in get_hashers()]
    place = int(salted_hmac("accounts.decoy", login.casefold(), algorithm="sha256").hexdigest()[:8], 16) / 2**32
    return str(old[0] if old and place < _share_of_old_hashes() else preferred)


def _share_of_old_hashes() -> float:
    share: float | None = cache.get(_SHARE_KEY)
    if share is None:
        with_password = User.objects.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)
        old = with_password.exclude(password__startswith=f"{get_hasher().algorithm}$").count()
        share = old / max(1, with_password.count())
        cache.set(_SHARE_KEY, share, _SHARE_SECONDS)
    return share

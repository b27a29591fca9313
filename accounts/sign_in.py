"""Log-in: which account a typed name or address means, and whether the password is right; one hash an attempt."""

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

LONGEST = 254  # characters of an address

_SHARE_KEY, _SHARE_SECONDS = "accounts.share_of_old_hashes", 300


def owners_of(address: str) -> list[User]:
    """Users to whom an address belongs.

    It belongs to the user who confirmed it. If nobody has, it belongs to the users who entered it and have
    confirmed no other address, the oldest account first. A change of address that is not confirmed yet has no
    effect.
    """
    confirmed = EmailAddress.objects.filter(email=address.lower(), verified=True).select_related("user")
    users = [row.user for row in confirmed]
    if users:
        return users
    claimants = User.objects.filter(email__iexact=address).exclude(emailaddress__verified=True).order_by("pk")
    return [user for user in claimants if user.email.lower() == address.lower()]


def named(name: str) -> User | None:
    """The user with this name. Case is ignored unless several names differ only in case."""
    users = list(User.objects.filter(username__iexact=name))
    exact = [user for user in users if user.username == name]
    return exact[0] if exact else users[0] if len(users) == 1 else None


def account_of(login: str) -> User | None:
    """The account that a typed name or address means.

    A confirmed address has precedence over a name that looks like it. An address that waits for its confirmation
    means no account: otherwise a new user could find out by the next log-in whether the address had an account
    before.
    """
    login = login.strip()
    owners = owners_of(login) if "@" in login else []
    if owners and EmailAddress.objects.filter(user=owners[0], email=login.lower(), verified=True).exists():
        return owners[0]
    by_name = named(login)
    return by_name or next((user for user in owners if not EmailAddress.objects.filter(user=user).exists()), None)


def meant_by(credentials: dict[str, Any]) -> User | None:
    """The account that these credentials mean, by `pk` or by the typed name or address."""
    if "pk" in credentials:
        return User.objects.filter(pk=credentials["pk"]).first()
    return account_of(_typed(credentials))


def attempts_key(credentials: dict[str, Any]) -> str:
    """The key by which wrong passwords are counted: the account, however its name or address was typed."""
    user = meant_by(credentials)
    return f"user {user.pk}" if user else f"name {_typed(credentials).casefold()}"


def _typed(credentials: dict[str, Any]) -> str:
    """The typed name or address, cut to the longest possible: SQLite refuses to compare much longer texts."""
    typed = str(credentials.get("email") or credentials.get("username") or "").strip()[:LONGEST]
    return unicodedata.normalize("NFKC", typed)  # so that a long s is an s, for known and unknown names alike


class SignInBackend(AuthenticationBackend):  # type: ignore[misc]
    """The only backend. Each attempt costs one hash, so that its time does not tell whether the name exists."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        password = credentials.get("password")
        if not password:
            return None
        user = meant_by(credentials)
        if user is None or not user.has_usable_password():
            make_password(password, hasher=_decoy_hasher(_typed(credentials)))
            return None
        found: User | None = self._check_password(
            user, password
        )  # an inactive user too, for whom allauth has a page
        return found


def _decoy_hasher(login: str) -> str:
    """The algorithm of the hash for an attempt on an unknown account.

    A password that was stored before Argon2 takes longer to check, until its owner logs in. The same share of
    unknown names takes that long too, each name always the same time, so that a slow answer does not tell that an
    account exists.
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

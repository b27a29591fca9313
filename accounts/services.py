"""Every write of the switches of a user: consent to training, and personalization."""

from __future__ import annotations

from accounts.models import User


def allow_training(*, user: User, allowed: bool) -> None:
    """Set whether drawings of the user may train the reader. Every training run looks at it."""
    user.may_train = allowed
    user.save(update_fields=["may_train"])


def allow_adapting(*, user: User, allowed: bool) -> None:
    """Set whether the reader uses the user's corrections at once to read their drawings."""
    user.adapts = allowed
    user.save(update_fields=["adapts"])

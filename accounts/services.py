"""What users allow: consent to training, and the personal reader."""

from __future__ import annotations

from accounts.models import User


def allow_training(*, user: User, allowed: bool) -> None:
    """Say whether drawings of the user may train the reader. Manifests ask for it anew each time they are made."""
    user.may_train = allowed
    user.save(update_fields=["may_train"])


def allow_adapting(*, user: User, allowed: bool) -> None:
    """Say whether the reader learns the user's hand at once from what they correct."""
    user.adapts = allowed
    user.save(update_fields=["adapts"])

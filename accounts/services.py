"""Every write of the switches of a user (consent to training, personalization) and of roles."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from accounts.roles import Role
from recognizer.services import review_queue


@transaction.atomic
def allow_training(*, user: User, allowed: bool) -> None:
    """Set whether drawings of the user may train the reader, and staff may look at them.

    Every training run and every page of reviewers looks at it. The review queue forgets drawings that their writer
    has not corrected.
    """
    user.may_train = allowed
    user.save(update_fields=["may_train"])
    if not allowed:
        review_queue.forget_unconsented(user=user)


def allow_adapting(*, user: User, allowed: bool) -> None:
    """Set whether the reader uses the user's corrections at once to read their drawings."""
    user.adapts = allowed
    user.save(update_fields=["adapts"])


@transaction.atomic
def set_roles(*, user: User, reviewer: bool, trainer: bool) -> None:
    """Give the user exactly these roles; other groups stay. Raises ValidationError if a group was deleted."""
    for role, given in [(Role.REVIEWER, reviewer), (Role.TRAINER, trainer)]:
        group = Group.objects.filter(name=role).first()
        if group is None and given:
            raise ValidationError(f"The group {role} was deleted. Make it again, with its permissions.")
        if group is not None:
            (user.groups.add if given else user.groups.remove)(group)

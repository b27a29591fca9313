"""The roles that an admin gives to users: membership in a group that a migration has made, with its rights."""

from __future__ import annotations

from enum import StrEnum

from django.contrib.auth.models import Group
from django.db.models import QuerySet

from accounts.models import User


class Role(StrEnum):
    """A role by the name of its group."""

    REVIEWER = "reviewers"
    TRAINER = "trainers"

    @property
    def may(self) -> str:
        """What somebody with this role may do, in a sentence."""
        return _MAY[self]


_MAY = {
    Role.REVIEWER: "Sees the drawings that their writers let people see, and decides what they show, on /review/.",
    Role.TRAINER: "Starts trainings, plans them and decides about new versions of the reader, on /training/.",
}


def groups_of_roles() -> QuerySet[Group]:
    return Group.objects.filter(name__in=list(Role))


def has_role(user: User, role: Role) -> bool:
    """Without a query if the user's groups were prefetched."""
    return any(group.name == role for group in user.groups.all())

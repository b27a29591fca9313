"""What only some members of staff may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class Guarded(Protocol):
    """A view set that says which right each of its actions needs, and which those that it does not name."""

    action: str | None
    rights: Mapping[str, str]
    right: str


class HasRight(BasePermission):
    """Signed in, and with the right that the action needs. Whoever may act may look at the outcome."""

    def has_permission(self, request: Request, view: Guarded | Any) -> bool:
        right = view.rights.get(view.action or "", view.right)
        return bool(request.user and request.user.has_perm(right))

"""Permissions of staff in the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class Guarded(Protocol):
    """A view set with the right that each action needs: `rights` by action, `right` for all others."""

    action: str | None
    rights: Mapping[str, str]
    right: str


class HasRight(BasePermission):
    """The user is signed in and has the right that the action needs."""

    def has_permission(self, request: Request, view: Guarded | Any) -> bool:
        right = view.rights.get(view.action or "", view.right)
        return bool(request.user and request.user.has_perm(right))

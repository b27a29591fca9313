"""A request whose sender is known, for annotations."""

from django.http import HttpRequest

from accounts.models import User


class SignedInRequest(HttpRequest):
    """What a view gets behind the sign-in: never an AnonymousUser."""

    user: User

"""A type for requests of signed-in users."""

from django.http import HttpRequest

from accounts.models import User


class SignedInRequest(HttpRequest):
    """A request that passed the log-in: its user is never an AnonymousUser."""

    user: User

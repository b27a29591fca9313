"""`manage.py create_api_token`: a new API token of a user."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from accounts.models import User
from accounts.tokens import create_token


class Command(BaseCommand):
    help = "Print a new API token of a user, and nothing else, on standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument(
            "--create", action="store_true", help="make the user first, without a password, if there is none"
        )

    def handle(self, *args: Any, username: str, create: bool, **options: Any) -> None:
        try:
            user = User.objects.filter(username=username).first() or _make(username, allowed=create)
            self.stdout.write(create_token(user=user))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except DatabaseError as error:
            raise CommandError(f"The database is not ready ({error}). Run `manage.py prepare` first.") from error


def _make(username: str, *, allowed: bool) -> User:
    """A new user without a password. Raises ValidationError if the name is none."""
    if not allowed:
        raise CommandError(f"There is no user {username!r}. Add --create to make one.")
    user = User(username=username)
    user.set_unusable_password()
    user.full_clean()
    user.save()
    return user

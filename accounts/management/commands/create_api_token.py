from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

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
        user = User.objects.filter(username=username).first()
        if user is None:
            if not create:
                raise CommandError(f"There is no user {username!r}. Add --create to make one.")
            user = User.objects.create_user(username)
        try:
            self.stdout.write(create_token(user=user))
        except ValidationError as error:
            raise CommandError(error.message) from error

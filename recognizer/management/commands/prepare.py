"""`manage.py prepare`: database, static files and shipped version, at every start or release."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Bring database, static files and the shipped model version up to date. Run at every start or release."

    def handle(self, *args: Any, verbosity: int, **options: Any) -> None:
        quiet = {"verbosity": min(verbosity, 1) - 1 if verbosity < 2 else verbosity}
        call_command("migrate", interactive=False, **quiet)
        call_command("collectstatic", interactive=False, clear=False, **quiet)
        call_command("register_model", stdout=self.stdout)

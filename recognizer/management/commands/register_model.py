"""`manage.py register_model`: register the shipped version."""

from typing import Any

from django.core.management.base import BaseCommand

from recognizer.services import model_versions


class Command(BaseCommand):
    help = "Register the model version that the program ships; it becomes active unless one was trained here."

    def handle(self, *args: Any, **options: Any) -> None:
        version, active = model_versions.install_shipped()
        self.stdout.write(f"{version} is {'active' if active else 'registered; another version is active'}.")

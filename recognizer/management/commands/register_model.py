"""`manage.py register_model`: register the shipped version."""

from typing import Any

from django.core.management.base import BaseCommand

from recognizer.services import model_versions, training_runs


class Command(BaseCommand):
    help = (
        "Register the model version that the program ships. It becomes active; where one was trained here, the "
        "training worker compares the two first."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        version, active = model_versions.install_shipped()
        if run := training_runs.start_comparison(retry=True):
            self.stdout.write(
                f"{version} is registered; {run} compares it with {run.base}, which was trained here."
            )
        else:
            self.stdout.write(f"{version} is {'active' if active else 'registered; another version is active'}.")

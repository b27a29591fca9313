"""`manage.py rollback_model`: go back to the version before."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from recognizer.services import model_versions


class Command(BaseCommand):
    help = "Go back to the model version that the active one replaced."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reason", default="", help="why; kept in the log")
        parser.add_argument("--json", action="store_true", help="print the outcome for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            promotion = model_versions.rollback(reason=options["reason"])
        except ValidationError as error:
            raise CommandError(error.message) from error
        found = {"version": promotion.version_id, "replaced": promotion.replaced_id, "kind": promotion.kind}
        self.stdout.write(json.dumps(found) if options["json"] else f"{promotion.version} reads again.")

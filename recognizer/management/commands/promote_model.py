"""`manage.py promote_model`: make a version the active one."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from recognizer.models import ModelVersion
from recognizer.services import training_runs


class Command(BaseCommand):
    help = "Let a model version read from now on. One that did not pass all gates needs --force and a --reason."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("version", type=int, help="its number (manage.py list_models)")
        parser.add_argument("--force", action="store_true", help="also if it did not pass all gates")
        parser.add_argument("--reason", default="", help="why; kept in the log")
        parser.add_argument("--json", action="store_true", help="print the outcome for machines")

    def handle(self, *args: Any, version: int, **options: Any) -> None:
        chosen = ModelVersion.objects.light().filter(pk=version).first()
        if chosen is None:
            raise CommandError(f"There is no model version {version}.")
        try:
            promotion = training_runs.promote_version(
                version=chosen, by=None, reason=options["reason"], force=options["force"]
            )
        except ValidationError as error:
            raise CommandError(error.message) from error
        found = {"version": chosen.pk, "replaced": promotion.replaced_id, "kind": promotion.kind}
        self.stdout.write(json.dumps(found) if options["json"] else f"{chosen} reads from now on.")

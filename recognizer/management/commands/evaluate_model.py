import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recognizer import engine
from recognizer.models import ModelVersion


class Command(BaseCommand):
    help = "Measure a model version on data sets: errors, accuracy and its 95 % interval for each."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "version", nargs="?", type=int, help="id of a model version; without it the active one"
        )
        parser.add_argument(
            "--data", type=Path, required=True, help="folder with mnist.npz, pendigits_strokes.npz"
        )
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, version: int | None, data: Path, **options: Any) -> None:
        from ml.datasets import DatasetError
        from ml.evaluate import evaluate

        if not data.is_dir():
            raise CommandError(f"{data} is no folder.")
        try:
            report = evaluate(_reader(version), data)
        except DatasetError as error:
            raise CommandError(str(error)) from error
        if {result.name for result in report.results} <= {"scribbles"}:  # these need no file
            raise CommandError(f"There is no data set in {data}: neither mnist.npz nor pendigits_strokes.npz.")
        self.stdout.write(json.dumps(report.as_json()) if options["json"] else report.as_text())


def _reader(version: int | None) -> Any:
    if version is None:
        return engine.active_or_shipped()
    try:
        return engine.open_version(version).reader
    except ModelVersion.DoesNotExist as error:
        raise CommandError(f"There is no model version {version}.") from error

"""`manage.py evaluate_model`: measure a version on data sets."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from recognizer.models import ModelVersion
from recognizer.models.model_version import BrokenArtifact


class Command(BaseCommand):
    help = "Measure a model version on data sets, and make a report and a model card of it."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "version", nargs="?", type=int, help="id of a model version; without it the active one"
        )
        parser.add_argument("--data", type=Path, required=True, help="folder with the data sets (docs/reader.md)")
        parser.add_argument("--html", type=Path, metavar="FILE", help="write the whole report here, as one page")
        parser.add_argument("--card", type=Path, metavar="FILE", help="write the model card here, in Markdown")
        parser.add_argument("--json", action="store_true", help="print every figure for machines")
        parser.add_argument(
            "--only", nargs="+", default=(), metavar="SET", help="measure only these sets, robustness or speed"
        )
        parser.add_argument(
            "--notes", type=Path, metavar="FILE", help="JSON: a sentence on each kind of failure, by set"
        )
        parser.add_argument(
            "--left-out",
            type=Path,
            metavar="FILE",
            help="JSON that python -m ml.tuning.leave_one_out wrote: what strangers meet",
        )

    def handle(self, *args: Any, version: int | None, data: Path, **options: Any) -> None:
        from ml.data.loaders import DatasetError
        from ml.evaluation.report.study import measure_reader
        from ml.inference.reader import Reader

        _check(data, options["only"])
        notes, left_out = _notes(options["notes"]), _left_out(options["left_out"])
        artifact = _artifact(version)
        try:
            study = measure_reader(
                Reader.open(artifact), data, options["only"], artifact, told=self.stderr.write, left_out=left_out
            )
        except DatasetError as error:
            raise CommandError(str(error)) from error
        self._write(study, notes, options)

    def _write(self, study: Any, notes: dict[str, dict[str, str]], options: dict[str, Any]) -> None:
        from ml.evaluation.report.model_card import render_model_card
        from ml.evaluation.report.report_page import render_report

        if options["html"]:
            options["html"].write_text(render_report(study, notes), encoding="utf-8")
        if options["card"]:
            options["card"].write_text(render_model_card(study), encoding="utf-8")
        self.stdout.write(json.dumps(study.as_json()) if options["json"] else study.as_text())


def _check(data: Path, only: list[str]) -> None:
    from ml.evaluation.benchmarks import FILES
    from ml.evaluation.report.study import PARTS

    if not data.is_dir():
        raise CommandError(f"{data} is no folder.")
    if not any((data / file).is_file() for file in FILES):
        raise CommandError(f"There is no data set in {data}: none of {', '.join(FILES)}.")
    if unknown := set(only) - set(PARTS):
        raise CommandError(f"There is no {', '.join(sorted(unknown))}. Choose from {', '.join(PARTS)}.")


def _notes(file: Path | None) -> dict[str, dict[str, str]]:
    if file is None:
        return {}
    try:
        notes = json.loads(file.read_text(encoding="utf-8"))
        return {str(name): {str(k): str(v) for k, v in kinds.items()} for name, kinds in notes.items()}
    except (OSError, ValueError, AttributeError) as error:
        raise CommandError(f"{file} does not hold a sentence for each kind of failure by set: {error}") from error


def _left_out(file: Path | None) -> Any:
    from ml.evaluation.left_out import load_left_out

    try:
        return None if file is None else load_left_out(file)
    except ValueError as error:
        raise CommandError(str(error)) from error


def _artifact(version: int | None) -> bytes:
    """The artifact of a version; of None that of the active version, else the shipped one."""
    from ml.inference.reader import SHIPPED

    condition = {"active": True} if version is None else {"pk": version}
    try:
        chosen = ModelVersion.objects.filter(**condition).first()
    except DatabaseError:
        chosen = None
    if chosen is not None:
        try:
            return chosen.checked_artifact()
        except BrokenArtifact as error:
            raise CommandError(str(error)) from error
    if version is not None:
        raise CommandError(f"There is no model version {version}.")
    return SHIPPED.read_bytes()

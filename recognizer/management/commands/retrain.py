"""`manage.py retrain`: a training run in this process."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from recognizer.models import TrainingRun
from recognizer.services import training_runs

State = TrainingRun.State


class Command(BaseCommand):
    help = "Train a new version on what was reviewed, here and now; it takes over if it passes all gates."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--force", action="store_true", help="also if little or nothing new was reviewed")
        parser.add_argument(
            "--from-scratch", action="store_true", help="all networks anew, which takes hours, not minutes"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would be trained on")
        parser.add_argument("--json", action="store_true", help="print the outcome for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            self._say(_plan(force=options["force"]), options["json"])
            return
        from recognizer.training import pipeline

        try:
            run = training_runs.start_run(
                trigger=TrainingRun.Trigger.COMMAND, force=options["force"], from_scratch=options["from_scratch"]
            )
            if not run.is_over:
                run = pipeline.train_run(run.pk, self.stderr.write)
        except (ValidationError, training_runs.RunLost) as error:
            raise CommandError(getattr(error, "message", None) or str(error)) from error
        self._say(_outcome(run), options["json"])
        if run.state == State.FAILED:
            sys.exit(1)

    def _say(self, found: dict[str, Any], as_json: bool) -> None:
        lines = [f"{name}: {value}" for name, value in found.items()]
        self.stdout.write(json.dumps(found) if as_json else "\n".join(lines))


def _outcome(run: TrainingRun) -> dict[str, Any]:
    return {
        "run": run.pk,
        "state": run.state,
        "reason": run.reason,
        "version": run.version_id,
        "seconds": run.seconds,
        "gates": {gate["name"]: gate["passed"] for gate in run.verdict.get("gates", [])},
    }


def _plan(*, force: bool) -> dict[str, Any]:
    """What a run would do now. Nothing is written."""
    from recognizer.serving import engine
    from recognizer.training import dataset
    from recognizer.training.ink_store import InkStore

    items = dataset.build_dataset(engine.active_or_shipped(), settings.TRAINING_DATA, InkStore())
    return {
        "would run": "yes" if force else training_runs.nothing_new() or "yes",
        **dataset.counts(items),
        "reasons": dataset.reasons(items),
    }

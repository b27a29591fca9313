"""`manage.py list_models`: the versions and which one is active."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from recognizer.models import ModelVersion


class Command(BaseCommand):
    help = "List all model versions, the newest first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON list for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        kept = set(ModelVersion.objects.kept().values_list("pk", flat=True))
        versions = [_as_json(version, version.pk in kept) for version in ModelVersion.objects.light()]
        if options["json"]:
            self.stdout.write(json.dumps(versions))
            return
        for version in versions:
            self.stdout.write(_line(version))


def _as_json(version: ModelVersion, kept: bool) -> dict[str, Any]:
    return {
        "version": version.pk,
        "sha256": version.sha256,
        "origin": version.origin,
        "parent": version.parent_id,
        "active": version.active,
        "kept": kept,
        "trouble": version.trouble,
        "created_at": version.created_at.isoformat(),
    }


def _line(version: dict[str, Any]) -> str:
    state = "reads" if version["active"] else "" if version["kept"] else "pruned"
    made = f"from v{version['parent']}" if version["parent"] else version["origin"]
    columns = (
        f"v{version['version']:<5} {version['sha256'][:12]}  {version['created_at'][:16]}  {made:<12} {state}"
    )
    return columns.rstrip()

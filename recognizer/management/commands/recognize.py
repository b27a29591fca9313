"""Read pictures and ink from the command line, straight through the reader: no queue, no rows."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ml.ink.image_format import ImageError
from ml.ink.images import decode_image
from ml.ink.strokes import InkError, parse_strokes
from recognizer.serving import engine

BATCH = 32  # inputs read together: enough to fill a network call, few enough to see lines come
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".heic", ".heif", ".avif", ".gif", ".tif", ".tiff", ".bmp"}


@dataclass(frozen=True)
class Input:
    """Something to read: its name, and its ink or why it has none."""

    name: Any
    ink: Any = None
    error: str = ""


class Command(BaseCommand):
    help = "Print what is read in each picture or ink, one JSON line each; status 1 if one could not be read."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="a picture, or a folder of them")
        parser.add_argument(
            "--ink",
            action="append",
            default=[],
            type=Path,
            metavar="FILE.jsonl",
            help='drawings, one JSON object a line: {"id": ..., "strokes": [[[x, y], ...], ...]}',
        )

    def handle(self, *args: Any, paths: list[Path], ink: list[Path], **options: Any) -> None:
        if not paths and not ink:
            raise CommandError("Name a picture, a folder of pictures, or --ink FILE.jsonl.")
        reader = engine.active_or_shipped()
        inputs = chain(pictures(paths), chain.from_iterable(map(drawings, ink)))
        failed = False
        while batch := list(islice(inputs, BATCH)):
            for line in _lines(reader, batch):
                failed |= line["state"] == "error"
                self.stdout.write(json.dumps(line))
        if failed:
            sys.exit(1)


def pictures(paths: Iterable[Path]) -> Iterator[Input]:
    """The named pictures, and those inside the named folders, in order of their names."""
    for path in paths:
        if not path.is_dir():
            yield _picture(path)
        elif files := sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES):
            yield from map(_picture, files)
        else:
            yield Input(str(path), error="There is no picture in this folder.")


def _picture(path: Path) -> Input:
    try:
        return Input(str(path), decode_image(path.read_bytes()))
    except ImageError as error:
        return Input(str(path), error=str(error))
    except OSError as error:
        return Input(str(path), error=f"The file can't be opened: {error.strerror}.")


def drawings(path: Path) -> Iterator[Input]:
    """The drawings of a file with one JSON object a line. A file that can't be opened is one input that failed."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _drawing(line, f"{path}:{number}")
    except OSError as error:
        yield Input(str(path), error=f"The file can't be opened: {error.strerror}.")


def _drawing(line: str, name: str) -> Input:
    try:
        drawing = json.loads(line)
        name = drawing.get("id", name)
        return Input(name, parse_strokes(drawing["strokes"]))
    except InkError as error:
        return Input(name, error=str(error))
    except (AttributeError, KeyError, TypeError, RecursionError, ValueError):
        return Input(name, error='This line is not a JSON object with "id" and "strokes".')


def _lines(reader: Any, batch: list[Input]) -> Iterator[dict[str, Any]]:
    from ml.decoding.reading import reading_as_json

    readings = iter(reader.read([item.ink for item in batch if not item.error]))
    for item in batch:
        if item.error:
            yield {"input": item.name, "state": "error", "error": item.error}
        else:
            yield {"input": item.name, **reading_as_json(next(readings))}

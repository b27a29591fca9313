"""JSON whose cost is bounded before it is parsed.

A body of 14 MB made of `[],[],` becomes 600 MB of Python objects before any check of the drawing sees it. Counting
the brackets and commas first costs a millisecond a megabyte and bounds how many objects there can be.
"""

from __future__ import annotations

import json
from threading import BoundedSemaphore
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.utils import json as strict_json

from ml.ink.strokes import MAX_POINTS, MAX_STROKES
from recognizer.api.errors import TooLarge

PART = 64 * 1024  # bytes that are read at a time
PLAIN_BYTES = 2**20  # limit of a body without a picture; the largest drawing takes half of it
# A point is a list of up to three numbers, with a comma before each of its values; a stroke is a list of points.
MOST_BRACKETS = MAX_POINTS + MAX_STROKES + 100
MOST_COMMAS = 3 * MAX_POINTS + MAX_STROKES + 1000
_large = BoundedSemaphore(2)  # large bodies at a time in a process: each is held three times for a moment, 42 MB


class BoundedJSONParser(BaseParser):
    """Parses JSON, and refuses bodies that are too large or have too many values for any request of this API.

    It does not inherit from DRF's JSONParser, because DRF reads the whole body into memory for that class first.
    """

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        body = _read(stream)
        if len(body) <= PLAIN_BYTES:
            return _parsed(body)
        with _large:
            return _parsed(body)


def _read(stream: IO[bytes]) -> bytearray:
    """The body, read only as far as it keeps the limits. Raises TooLarge or ParseError."""
    body, brackets, commas = bytearray(), 0, 0
    while part := stream.read(PART):
        plain = len(body) <= PLAIN_BYTES
        body += part
        brackets += part.count(b"[") + part.count(b"{")
        commas += part.count(b",")
        if brackets > MOST_BRACKETS or commas > MOST_COMMAS:
            most = f"{MAX_STROKES} strokes with {MAX_POINTS} points"
            raise ParseError(f"The JSON has too many values. A drawing may have {most}.")
        if plain and len(body) > PLAIN_BYTES and b'"image"' not in body:
            raise TooLarge(f"JSON without a picture may have {PLAIN_BYTES // 2**20} MB. Send less at a time.")
        if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise TooLarge
    return body


def _parsed(body: bytearray) -> Any:
    try:
        return json.loads(body.decode(), parse_constant=strict_json.strict_constant)
    except ValueError as error:
        raise ParseError(f"The JSON can't be parsed: {error}") from error

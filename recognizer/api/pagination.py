"""Pages of lists."""

from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request


class NewestFirst(CursorPagination):
    """Pages by a cursor, which stay right while new drawings come in."""

    ordering = "-created_at"
    page_size = 50

    def decode_cursor(self, request: Request) -> Any:
        """As in DRF, but a cursor whose position is no time is answered with 404, not with 500."""
        cursor = super().decode_cursor(request)
        if cursor is not None and cursor.position is not None and _time(str(cursor.position)) is None:
            raise NotFound(self.invalid_cursor_message)
        return cursor


class HighestNumberFirst(CursorPagination):
    """Pages of rows with ascending numbers, the newest first."""

    ordering = "-id"
    page_size = 50

    def decode_cursor(self, request: Request) -> Any:
        """As in DRF, but a cursor whose position is no number is answered with 404, not with 500."""
        cursor = super().decode_cursor(request)
        if cursor is not None and cursor.position is not None and not _is_number(str(cursor.position)):
            raise NotFound(self.invalid_cursor_message)
        return cursor


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19  # or it does not fit the database


def _time(text: str) -> datetime | None:
    try:
        time = parse_datetime(text)
    except ValueError:  # the format is right, but there is no such day
        return None
    # Cursors that we made have a time zone, and a year that exists in every other zone.
    return time if time and time.tzinfo and 1970 <= time.year <= 9000 else None

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


def _time(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:  # the format is right, but there is no such day
        return None
    # Cursors that we made have a time zone, and a year that exists in every other zone.
    return found if found and found.tzinfo and 1970 <= found.year <= 9000 else None

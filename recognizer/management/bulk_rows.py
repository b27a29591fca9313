"""Many rows at once: COPY on PostgreSQL, one prepared statement on SQLite. No signals, no validation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models

Row = Sequence[Any]


def insert_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Insert `rows`, whose values are in the order of `columns` (names of the database).

    JSON comes as text, dates and times as Python has them. Ids that were given leave the sequence of the table
    behind: see `reset_ids`.
    """
    table = model._meta.db_table
    names = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join(["%s"] * len(columns))
        statement = f'INSERT INTO "{table}" ({names}) VALUES ({marks})'  # noqa: S608  (names of our own tables)
        cursor.executemany(statement, list(_prepared(model, columns, rows)))


def _prepared(model: type[models.Model], columns: Sequence[str], rows: Iterable[Row]) -> Iterable[Row]:
    """The rows as SQLite stores them: it has no type for UUIDs, dates and times."""
    fields = {field.column: field for field in model._meta.concrete_fields}
    converters: list[tuple[int, Callable[[Any], Any]]] = []
    for place, name in enumerate(columns):
        field: Any = fields[name]
        while field.is_relation:
            field = field.target_field
        if isinstance(field, models.UUIDField):
            converters.append((place, lambda value: value.hex))
        elif isinstance(field, models.DateTimeField):
            converters.append((place, lambda value: str(value.replace(tzinfo=None))))
        elif isinstance(field, models.DateField):
            converters.append((place, str))
    for row in rows:
        values = list(row)
        for place, convert in converters:
            if values[place] is not None:
                values[place] = convert(values[place])
        yield values


def next_id(model: type[models.Model]) -> int:
    """The first number that no row has."""
    return (model._default_manager.aggregate(last=models.Max("pk"))["last"] or 0) + 1


def reset_ids(*tables: type[models.Model]) -> None:
    """Make the next rows of these tables go on after the ids that are there."""
    statements = connection.ops.sequence_reset_sql(no_style(), list(tables))
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def analyze() -> None:
    """Let the database count anew what its tables hold: a plan made for empty tables is slow for full ones."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

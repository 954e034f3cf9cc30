"""COPY in place of INSERT for many new rows that cannot conflict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Field, Model
from psycopg import sql


def copy_rows(model: type[Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows, given as the values of these fields in order, in the transaction at hand.

    For text of some kilobytes a row this takes a third of the time of `bulk_create`, which makes an object of every
    row, quotes every value, and has the server parse them back out of one statement of a megabyte. Values go through
    the field as they do on any insert; defaults of the model do not apply, those of the table do.
    """
    columns = [cast("Field[Any, Any]", model._meta.get_field(name)) for name in fields]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table), sql.SQL(", ").join(sql.Identifier(str(c.column)) for c in columns)
    )
    connection = connections[DEFAULT_DB_ALIAS]
    to_db = [column.get_db_prep_save for column in columns]
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement.as_string()) as copy:
        for row in rows:
            copy.write_row([prepare(value, connection) for prepare, value in zip(to_db, row, strict=True)])

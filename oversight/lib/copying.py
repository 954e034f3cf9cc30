"""Many new rows by binary COPY, and statements with parameters in binary form: bodies are not quoted and unquoted."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.types.string import BytesBinaryDumper

from oversight.lib.binary import KINDS, NULL, Encode

_SIGNATURE = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_END = b"\xff\xff"
# What is sent at once: large enough for few calls, small enough not to hold a batch twice.
_CHUNK_BYTES = 1024 * 1024
# Django prepares nothing, and its own cursors cannot: this counts for those of this module alone.
_PREPARE_AFTER = 3
_PLACEHOLDER = re.compile(r"%\((?P<name>\w+)\)s::(?P<kind>\w+(?:\[\])?)")
_length = struct.Struct(">i").pack


class _Encoded(BytesBinaryDumper):
    """Bytes that are a parameter in binary form already; the statement says of which type."""

    oid = 0


def copy_rows(table: str, columns: Mapping[str, Encode], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows, given as the values of these columns in order, in the transaction at hand; None is NULL.

    Names of table and columns are ours, not a stranger's. Defaults of the table apply to the columns left out.
    """
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT binary)"
    with binary_cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for chunk in _chunks(list(columns.values()), rows):
            copy.write(chunk)


def _chunks(encoders: Sequence[Encode], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    pieces, size = [_SIGNATURE], 0
    n_fields = struct.pack(">h", len(encoders))
    for row in rows:
        pieces.append(n_fields)
        for encode, value in zip(encoders, row, strict=True):
            if value is None:
                pieces.append(NULL)
                continue
            encoded = encode(value)
            pieces += (_length(len(encoded)), encoded)
            size += len(encoded)
        if size >= _CHUNK_BYTES:
            yield b"".join(pieces)
            pieces, size = [], 0
    pieces.append(_END)
    yield b"".join(pieces)


@cache
def _numbered(statement: str) -> tuple[bytes, tuple[tuple[str, Encode], ...]]:
    """%(name)s as $n, which the server knows, and in that order the names with the encoding of their types."""
    kinds = {found["name"]: found["kind"] for found in _PLACEHOLDER.finditer(statement)}
    places = {name: f"${number}" for number, name in enumerate(kinds, 1)}
    numbered = _PLACEHOLDER.sub(lambda found: f"{places[found['name']]}::{found['kind']}", statement)
    return numbered.encode(), tuple((name, KINDS[kind]) for name, kind in kinds.items())


def fetch(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement whose parameters the server binds, in binary form. Each of them has its type (`::text`).

    Django's own cursor writes every value into the statement as a literal: twice the bytes, and the server parses them.
    """
    numbered, encoders = _numbered(statement)
    values = ((parameters[name], encode) for name, encode in encoders)
    with binary_cursor() as cursor:
        cursor.execute(numbered, [None if value is None else encode(value) for value, encode in values], binary=True)
        return cursor.fetchall()


@contextmanager
def binary_cursor() -> Iterator[psycopg.RawCursor[Any]]:
    """A cursor on Django's connection that parses no statement and sends parameters as the bytes that they are."""
    connection = connections[DEFAULT_DB_ALIAS]
    connection.ensure_connection()
    raw = cast("psycopg.Connection[Any]", connection.connection)
    # Planning a statement that fills seven tables takes longer than running it for one transcript.
    raw.prepare_threshold = _PREPARE_AFTER
    with connection.wrap_database_errors, psycopg.RawCursor(raw) as cursor:
        cursor.adapters.register_dumper(bytes, _Encoded)
        yield cursor

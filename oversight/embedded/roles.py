"""The two database roles: one owns the tables and migrates, the other is what the application connects as."""

from __future__ import annotations

from typing import LiteralString

import psycopg
from psycopg import sql

OWNER = "ov_owner"
APP = "ov_app"
DATABASE = "oversight"

Connection = psycopg.Connection[tuple[object, ...]]


def ensure_role(connection: Connection, role: str, password: str) -> None:
    if not _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", role):
        connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
    connection.execute(
        sql.SQL("ALTER ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
            sql.Identifier(role), sql.Literal(password)
        )
    )


def ensure_database(connection: Connection, name: str = DATABASE) -> None:
    """A database of the owner's, which only owner and application may enter."""
    if not _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", name):
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(OWNER)))
    close_to_others(connection, name)


def close_to_others(connection: Connection, name: str) -> None:
    database = sql.Identifier(name)
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(APP)))


def _exists(connection: Connection, query: LiteralString, name: str) -> bool:
    return connection.execute(query, (name,)).fetchone() is not None

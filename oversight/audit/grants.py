"""What the app role may do: everything on rows, nothing on the schema, and append only to the ledger."""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.db.models import Field
from psycopg import sql

from oversight.audit.models import LedgerDetail, LedgerEvent


def apply(*, app_role: str, owner_alias: str = "owner") -> None:
    """Idempotent; run by `migrate` as the owner."""
    role = sql.Identifier(app_role)
    statements = [
        sql.SQL("GRANT USAGE ON SCHEMA public TO {role}").format(role=role),
        sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}").format(role=role),
        sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}").format(role=role),
        sql.SQL("REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}").format(role=role),
    ]
    for model in (LedgerEvent, LedgerDetail):
        statements += _append_only(model._meta.db_table, _insertable(model), role)
    with connections[owner_alias].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _insertable(model: type[LedgerEvent] | type[LedgerDetail]) -> list[str]:
    """Every column but the identity, which the database alone gives."""
    columns: list[Field[Any, Any]] = [field for field in model._meta.concrete_fields if field.db_returning is False]
    return [field.column for field in columns if field.column]


def _append_only(table: str, columns: list[str], role: sql.Identifier) -> list[sql.Composed]:
    name = sql.Identifier(table)
    return [
        sql.SQL("REVOKE ALL ON {table} FROM {role}").format(table=name, role=role),
        sql.SQL("GRANT SELECT ON {table} TO {role}").format(table=name, role=role),
        sql.SQL("GRANT INSERT ({columns}) ON {table} TO {role}").format(
            columns=sql.SQL(", ").join(map(sql.Identifier, columns)), table=name, role=role
        ),
    ]

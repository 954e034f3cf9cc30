"""What the owner's migrations leave to the app role, and what even the owner does not do by mistake."""

from __future__ import annotations

import psycopg
import pytest
from django.conf import settings

from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.audit.events import LedgerRead
from oversight.audit.models import LedgerEvent


def as_owner(database: str) -> psycopg.Connection:
    of = settings.DATABASES["owner"]
    return psycopg.connect(
        host=of["HOST"], port=of["PORT"], user=of["USER"], password=of["PASSWORD"], dbname=database, autocommit=True
    )


def test_the_owner_is_stopped_by_triggers(committed_db: str) -> None:
    """By mistake nobody changes the ledger, not even a migration."""
    event = audit.record(LedgerRead(object_id="1", filters={}, n_rows=3), Actor.system("tests"))
    statements = (
        "UPDATE audit_event SET outcome = 'denied'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event CASCADE",
    )
    with as_owner(committed_db) as owner:
        for statement in statements:
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
                owner.execute(statement)
    assert LedgerEvent.objects.get(pk=event.pk).outcome == "ok"


def test_the_app_role_inserts_columns_and_reads(committed_db: str) -> None:
    with as_owner(committed_db) as owner:
        granted = owner.execute(
            "SELECT column_name, privilege_type FROM information_schema.column_privileges"
            " WHERE grantee = %s AND table_name = 'audit_event'",
            [settings.DATABASES["default"]["USER"]],
        ).fetchall()
    assert {privilege for _, privilege in granted} == {"INSERT", "SELECT"}
    inserted = {column for column, privilege in granted if privilege == "INSERT"}
    assert {"uuid", "at", "canon", "detail_commit"} <= inserted
    assert not inserted & {"id", "xid"}

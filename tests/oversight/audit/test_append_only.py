"""The app role can add to the ledger and do nothing else with it."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.audit.events import LedgerRead
from oversight.audit.models import LedgerDetail, LedgerEvent

pytestmark = pytest.mark.django_db
COLUMNS = "uuid, at, actor_kind, actor_id, on_behalf_of, action, object_type, object_id, subjects, outcome, request_id"
VALUES = "%s, now(), 'user', '1', '', 'x.y', 'x', '1', '{}', 'ok', %s"
REST = "detail_commit, canon"


@pytest.fixture
def event() -> LedgerEvent:
    return audit.record(LedgerRead(object_id="1", filters={}, n_rows=3), Actor.system("tests"))


def refused(statement: str, *params: Any) -> str:
    """Runs a statement as the app role; the message with which it is refused."""
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, params)
    return str(caught.value)


@pytest.mark.parametrize("table", ["audit_event", "audit_event_detail"])
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM {table}",
        "TRUNCATE {table} CASCADE",
        "ALTER TABLE {table} DISABLE TRIGGER ALL",
        "ALTER TABLE {table} ADD COLUMN x int",
        "DROP TABLE {table} CASCADE",
        "CREATE TRIGGER t BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()",
        "CREATE RULE r AS ON INSERT TO {table} DO INSTEAD NOTHING",
        "ALTER TABLE {table} OWNER TO current_user",
    ],
)
def test_the_app_role_changes_nothing(event: LedgerEvent, table: str, statement: str) -> None:
    message = refused(statement.format(table=table))
    assert "permission denied" in message or "must be owner" in message
    assert LedgerEvent.objects.get(pk=event.pk).canon == event.canon
    assert LedgerDetail.objects.get(event=event).detail == {"filters": {}, "n_rows": 3, "as_csv": False}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET outcome = 'denied'",
        "UPDATE audit_event SET at = now()",
        "UPDATE audit_event_detail SET detail = '{}'",
        "SELECT * FROM audit_event FOR UPDATE",
        "ALTER FUNCTION audit_refuse_change() RENAME TO nothing",
        "DROP FUNCTION audit_refuse_change() CASCADE",
        "CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "SET session_replication_role = replica",
        "DROP TRIGGER audit_event_no_change ON audit_event",
        "DELETE FROM django_migrations",
    ],
)
def test_there_is_no_way_around(event: LedgerEvent, statement: str) -> None:
    message = refused(statement)
    assert "permission denied" in message or "must be owner" in message


@pytest.mark.parametrize(("column", "value"), [("id", "1000000"), ("xid", "'3'::xid8")])
def test_order_cannot_be_forged(column: str, value: str) -> None:
    statement = f"INSERT INTO audit_event ({column}, {COLUMNS}, {REST}) VALUES ({value}, {VALUES}, '', '')"  # noqa: S608
    assert "permission denied" in refused(statement, uuid.uuid4(), uuid.uuid4())


def test_the_app_role_cannot_grant_itself_more(event: LedgerEvent) -> None:
    with connection.cursor() as cursor:
        cursor.execute("GRANT ALL ON audit_event TO current_user")  # PostgreSQL only warns that nothing was granted
    assert "permission denied" in refused("UPDATE audit_event SET outcome = 'denied'")


def test_an_event_cannot_be_replaced_through_a_conflict(event: LedgerEvent) -> None:
    statement = (
        f"INSERT INTO audit_event ({COLUMNS}, {REST}) VALUES ({VALUES}, '', '')"  # noqa: S608
        " ON CONFLICT (uuid) DO UPDATE SET outcome = 'denied'"
    )
    assert "permission denied" in refused(statement, event.uuid, uuid.uuid4())


def test_a_second_detail_for_an_event_is_refused(event: LedgerEvent) -> None:
    message = refused("INSERT INTO audit_event_detail (event_id, detail) VALUES (%s, '{}')", event.pk)
    assert "duplicate key" in message

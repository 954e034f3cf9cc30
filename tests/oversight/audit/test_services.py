"""Events are written with the change that they tell of, or not at all."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import pytest
import rfc8785
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from oversight.audit import context, dispatch
from oversight.audit import events as known
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.audit.events import Event, LedgerRead
from oversight.audit.models import LedgerDetail, LedgerEvent
from oversight.lib import failures

ACTOR = Actor.system("tests")
READ = LedgerRead(object_id="7", project_id=3, filters={"actor": "1"}, n_rows=2)


@pytest.fixture
def told() -> Iterator[list[int]]:
    """Events that a best-effort handler was told of."""
    pks: list[int] = []

    def note(event: LedgerEvent) -> None:
        pks.append(event.pk)

    dispatch.subscribe("ledger.read", durable=False)(note)
    [name] = [name for name, handler in dispatch.HANDLERS.items() if handler.function is note]
    yield pks
    del dispatch.HANDLERS[name]


@pytest.mark.django_db
def test_an_event_goes_with_its_transaction() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012
        audit.record(READ, ACTOR)
        raise ZeroDivisionError
    assert not LedgerEvent.objects.exists()
    assert not LedgerDetail.objects.exists()


def test_nobody_is_told_before_the_commit_nor_after_a_rollback(committed_db: str, told: list[int]) -> None:
    with transaction.atomic():
        event = audit.record(READ, ACTOR)
        assert told == []
    assert told == [event.pk]
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012
        audit.record(READ, ACTOR)
        raise ZeroDivisionError
    assert told == [event.pk]


def test_a_handler_that_breaks_does_not_break_the_change(committed_db: str) -> None:
    def breaks(event: LedgerEvent) -> None:
        raise RuntimeError("broken")

    dispatch.subscribe("ledger.read", durable=False)(breaks)
    try:
        event = audit.record(READ, ACTOR)
    finally:
        dispatch.HANDLERS = {n: h for n, h in dispatch.HANDLERS.items() if h.function is not breaks}
    assert LedgerEvent.objects.filter(pk=event.pk).exists()


@pytest.mark.django_db
def test_a_read_is_not_recorded_inside_another_transaction() -> None:
    with transaction.atomic(), pytest.raises(RuntimeError):
        audit.record_alone(READ, ACTOR)


def test_a_read_is_committed_on_return(committed_db: str) -> None:
    event = audit.record_alone(READ, ACTOR)
    assert LedgerEvent.objects.get(pk=event.pk).outcome == "ok"


@pytest.mark.django_db
def test_the_hashed_bytes_say_all_of_the_header_and_commit_to_the_detail() -> None:
    here = context.RequestContext(uuid.uuid4(), "192.0.2.7", hashlib.sha256(b"session").digest())
    context.enter(here)
    event = audit.record(READ, ACTOR)
    row = LedgerEvent.objects.get(pk=event.pk)
    detail = LedgerDetail.objects.get(event=row)
    said = json.loads(bytes(row.canon))
    assert bytes(row.canon) == rfc8785.dumps(said)
    assert not {"id", "xid"} & set(said)
    assert (said["action"], said["object_id"], said["project_id"]) == ("ledger.read", "7", 3)
    assert (said["ip"], said["request_id"]) == ("192.0.2.7", str(here.request_id))
    salted = b"\x02" + bytes(detail.salt or b"") + rfc8785.dumps(detail.detail)
    assert hashlib.sha256(salted).digest() == bytes(row.detail_commit)
    assert said["detail_commit"] == bytes(row.detail_commit).hex()


@pytest.mark.django_db
def test_many_events_cost_as_many_queries_as_one() -> None:
    with CaptureQueriesContext(connection) as one:
        audit.record(READ, ACTOR)
    with CaptureQueriesContext(connection) as many:
        audit.record_many([READ] * 40, ACTOR)
    assert len(many) == len(one)


def test_an_action_is_declared_once() -> None:
    with pytest.raises(TypeError, match="declared twice"):

        @dataclass(frozen=True, slots=True, kw_only=True)
        class Another(Event):
            action: ClassVar[str] = "ledger.read"

    assert known.REGISTRY["ledger.read"] is LedgerRead


def test_a_failure_is_described_without_its_message() -> None:
    try:
        raise ValueError("text of a transcript")
    except ValueError as error:
        described = failures.describe(error)
    assert described.startswith("ValueError at test_services.py:")
    assert "transcript" not in described

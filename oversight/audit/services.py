"""The only writer of the ledger."""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import transaction

from oversight.audit import context, dispatch, tasks
from oversight.audit.actors import Actor
from oversight.audit.bell import BELL, CHUNK
from oversight.audit.canonical import canonical, commitment
from oversight.audit.events import Event
from oversight.audit.models import LedgerDetail, LedgerEvent
from oversight.lib import clock, ids


def record(event: Event, actor: Actor) -> LedgerEvent:
    """Write one event in the caller's transaction, and tell its handlers once that has committed."""
    return record_many([event], actor)[0]


def record_many(events: Sequence[Event], actor: Actor) -> list[LedgerEvent]:
    """Write events in the caller's transaction. Nothing is told of events whose transaction does not commit."""
    here, rows, details = context.current(), [], []
    for event in events:
        row, detail = _rows(event, actor, here)
        rows.append(row)
        details.append(detail)
    with transaction.atomic():
        LedgerEvent.objects.bulk_create(rows)
        for row, detail in zip(rows, details, strict=True):
            detail.event_id = row.pk
        LedgerDetail.objects.bulk_create(details)
        transaction.on_commit(lambda: _tell(rows), robust=True)
    return rows


def record_alone(event: Event, actor: Actor) -> LedgerEvent:
    """Write one event in a transaction of its own, committed on return: for reads and refusals.

    Raises RuntimeError inside another transaction, since the event would vanish with it.
    """
    with transaction.atomic(durable=True):
        return record(event, actor)


def _rows(event: Event, actor: Actor, here: context.RequestContext) -> tuple[LedgerEvent, LedgerDetail]:
    salt, detail = os.urandom(32), event.detail()
    header = {
        "uuid": ids.uuid7(),
        "at": clock.now(),
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "on_behalf_of": actor.on_behalf_of,
        "action": event.action,
        "object_type": event.object_type,
        "object_id": event.object_id,
        "project_id": event.project_id,
        "subjects": list(event.subjects()),
        "outcome": event.outcome,
        "request_id": here.request_id,
        "session_hash": here.session_hash,
        "ip": here.ip,
        "detail_commit": commitment(salt, detail),
    }
    row = LedgerEvent(**header, canon=canonical({key: _plain(value) for key, value in header.items()}))
    return row, LedgerDetail(salt=salt, detail=detail)


def _plain(value: object) -> object:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value


def ring_after_commit(task: str, ids: Sequence[int], *, queue: str = "default", chunk: int = CHUNK) -> None:
    """Ring a task, by its name, with ids in chunks, once the caller's transaction has committed."""
    transaction.on_commit(lambda: BELL.ring(task, ids, queue=queue, chunk=chunk), robust=True)


def _tell(rows: Sequence[LedgerEvent]) -> None:
    """After commit. Losing this call costs latency only: the sweep finds every event without a receipt."""
    BELL.ring(tasks.DELIVER, [row.pk for row in rows if dispatch.durable(row.action)])
    for row in rows:
        for handler in dispatch.best_effort(row.action):
            tasks.run_handler(handler, row)

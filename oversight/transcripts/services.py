"""Storing transcripts, and the audited read: the only writers of this app's tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import zstandard
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, transaction

from monitors.formats.errors import FormatError
from monitors.formats.parsed import Parsed
from oversight.accounts.models import Project
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib import clock, ids
from oversight.lib.copying import copy_rows, fetch
from oversight.lib.errors import Unavailable
from oversight.transcripts import statements, storage
from oversight.transcripts.events import TranscriptsIngested, TranscriptViewed
from oversight.transcripts.models import ModelRun, Transcript
from oversight.transcripts.months import following, month_of

# Level 3 makes English texts 4 % smaller in twice the time.
_ZSTD_LEVEL = 1
MONTHS_AHEAD = 3
CAN_PREPARE_SQL = "SELECT to_regproc('transcripts_prepare_month')"
PREPARE_MONTHS_SQL = "SELECT coalesce(sum(transcripts_prepare_month(month)), 0) FROM unnest(%s::date[]) AS month"


@dataclass(frozen=True, slots=True)
class Incoming:
    """One record: its own bytes as they were sent, what they hold, and the name of the run that it belongs to."""

    raw: bytes
    parsed: Parsed
    run: str = ""


class Status(StrEnum):
    """What became of one record."""

    CREATED = "created"
    EXISTING = "existing"
    CONFLICT = "conflict"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class IngestResult:
    """`transcript_id` is there unless the status is `invalid`; of a conflict it is the one that holds the name."""

    status: Status
    external_id: str
    transcript_id: UUID | None = None
    detail: str = ""
    place: str = ""
    error: FormatError | None = None


@dataclass(frozen=True, slots=True)
class _Candidate:
    id: UUID
    external_id: str
    sha256: bytes
    incoming: Incoming


@dataclass(frozen=True, slots=True)
class _Stored:
    id: UUID
    sha256: bytes


@dataclass(frozen=True, slots=True)
class _Batch:
    """What the rows of one batch have in common."""

    id: UUID
    project: Project
    at: datetime


def ingest(*, project: Project, payloads: Sequence[Incoming], door: str, actor: Actor) -> list[IngestResult]:
    """Store a batch in one transaction with one event; one result for each payload, in order.

    A record is the same when its external id and its bytes are: then the stored one is returned. The same external id
    with other bytes is a conflict and changes nothing. Without an external id it is the SHA-256 of the bytes. Many may
    send the same batch at once: the unique constraint decides, and all of them get the same ids.
    """
    # Sorted, so that lists show the records of a batch in the order in which they came.
    new_ids = sorted(ids.uuid7() for _ in payloads)
    candidates = [_candidate(id_, incoming) for id_, incoming in zip(new_ids, payloads, strict=True)]
    fresh = {c.external_id: c for c in reversed(candidates) if isinstance(c, _Candidate)}
    stored = _store(project, list(reversed(fresh.values())), door, actor) if fresh else {}
    return [c if isinstance(c, IngestResult) else _result(c, stored[c.external_id]) for c in candidates]


def _candidate(id_: UUID, incoming: Incoming) -> _Candidate | IngestResult:
    digest = hashlib.sha256(incoming.raw).digest()
    external_id = incoming.parsed.external_id or f"sha256:{digest.hex()}"
    try:
        storage.check(incoming.parsed, external_id, incoming.run)
    except FormatError as error:
        return IngestResult(Status.INVALID, "", detail=error.message, place=error.place, error=error)
    return _Candidate(id_, external_id, digest, incoming)


def _result(candidate: _Candidate, stored: _Stored) -> IngestResult:
    if stored.id == candidate.id:
        return IngestResult(Status.CREATED, candidate.external_id, stored.id)
    if stored.sha256 == candidate.sha256:
        return IngestResult(Status.EXISTING, candidate.external_id, stored.id)
    detail = "another transcript with other content has this external id"
    return IngestResult(Status.CONFLICT, candidate.external_id, stored.id, detail, "external_id")


def _stored(project: Project, external_ids: Iterable[str]) -> dict[str, _Stored]:
    rows = Transcript.objects.filter(project=project, external_id__in=list(external_ids))
    found = rows.values_list("external_id", "pk", "payload_sha256")
    return {external_id: _Stored(pk, bytes(sha256)) for external_id, pk, sha256 in found}


def _store(project: Project, fresh: Sequence[_Candidate], door: str, actor: Actor) -> dict[str, _Stored]:
    """Insert the heads that win their names (others may have committed the same ones), then the winners' bodies."""
    batch = _Batch(ids.uuid7(), project, clock.now())
    if len(fresh) == 1 and _is_small(fresh[0]) and _stored_at_once(batch, fresh[0], door, actor):
        return {fresh[0].external_id: _Stored(fresh[0].id, fresh[0].sha256)}
    statement, parameters = _statement(batch, fresh)
    with transaction.atomic():
        won = _won(statement, parameters)
        # What is not there now either has no model run yet, which the statement needs.
        found = {} if len(won) == len(fresh) else _stored(project, {c.external_id for c in fresh if c.id not in won})
        if left := [c for c in fresh if c.id not in won and c.external_id not in found]:
            _make_model_runs(project, left)
            won |= _won(*_statement(batch, left))
            found |= _stored(project, {c.external_id for c in left if c.id not in won})
        if created := [c for c in fresh if c.id in won]:
            _store_messages(created, month_of(batch.at))
            audit.record(_ingested(batch, created, door), actor)
    return found | {c.external_id: _Stored(c.id, c.sha256) for c in created}


def _is_small(candidate: _Candidate) -> bool:
    return len(candidate.incoming.parsed.transcript.messages) <= statements.MAX_MESSAGES_OF_ONE


def _stored_at_once(batch: _Batch, candidate: _Candidate, door: str, actor: Actor) -> bool:
    """One transcript, its bodies and its event in one statement; False, and nothing is written, when it needs more."""
    tables, parameters = _parameters(batch, [candidate])
    rows: list[tuple[Any, ...]] = []
    texts: list[str] = []
    for _, seq, _, role, name, part_texts, *packed in storage.messages(
        candidate.id, month_of(batch.at), candidate.incoming.parsed.transcript.messages
    ):
        rows.append((seq, role, name, len(texts) + 1, len(texts) + len(part_texts), packed[0].decode(), *packed[1:]))
        texts += part_texts
    head = _head(candidate, _compressor().compress(candidate.incoming.raw))
    parameters |= statements.values("head", statements.HEADS, head)
    parameters |= {"texts": texts, **statements.columns("message", statements.MESSAGES, rows)}
    event = audit.embed(_ingested(batch, [candidate], door), actor, once="SELECT FROM heads")
    found = fetch(statements.store_one(tables, event.with_sql), {**parameters, **event.parameters})
    for (event_id,) in found:
        event.written(event_id)
    return bool(found)


def _statement(batch: _Batch, candidates: Sequence[_Candidate]) -> tuple[str, dict[str, Any]]:
    tables, parameters = _parameters(batch, candidates)
    compress = _compressor().compress
    heads = [_head(c, compress(c.incoming.raw)) for c in candidates]
    return statements.store(tables), parameters | statements.columns("head", statements.HEADS, heads)


def _parameters(batch: _Batch, candidates: Sequence[_Candidate]) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The tables beside heads and payloads that get rows, and the rows of all but the heads."""
    beside = {
        "label": [row for c in candidates for row in storage.labels(c.id, c.incoming.parsed)],
        "metadata": [row for c in candidates for row in storage.metadata(c.id, c.incoming.parsed)],
        "recordedverdict": [row for c in candidates for row in storage.recorded(c.id, c.incoming.parsed)],
    }
    parameters: dict[str, Any] = {
        "project": batch.project.pk,
        "batch": batch.id,
        "now": batch.at,
        "month": month_of(batch.at),
    }
    tables = tuple(table for table, rows in beside.items() if rows)
    for table in tables:
        parameters |= statements.columns(table, statements.BESIDE[table], beside[table])
    return tables, parameters


def _compressor() -> zstandard.ZstdCompressor:
    return zstandard.ZstdCompressor(level=_ZSTD_LEVEL)


def _head(candidate: _Candidate, body_zstd: bytes) -> tuple[Any, ...]:
    """In the order of `statements.HEADS`."""
    incoming, transcript = candidate.incoming, candidate.incoming.parsed.transcript
    fields = storage.head_fields(incoming.parsed)
    payload = candidate.sha256, len(incoming.raw), body_zstd
    run = transcript.model, transcript.checkpoint, incoming.run
    return candidate.id, candidate.external_id, *payload, *run, *fields.values()


def _won(statement: str, parameters: dict[str, Any]) -> set[UUID]:
    return {id_ for (id_,) in fetch(statement, parameters)}


def _make_model_runs(project: Project, candidates: Sequence[_Candidate]) -> None:
    keys = {
        (c.incoming.parsed.transcript.model, c.incoming.parsed.transcript.checkpoint, c.incoming.run)
        for c in candidates
    }
    runs = [ModelRun(project=project, model=model, checkpoint=point, name=name) for model, point, name in sorted(keys)]
    ModelRun.objects.bulk_create(runs, ignore_conflicts=True)


def _store_messages(created: Sequence[_Candidate], month: date) -> None:
    each = ((c.id, c.incoming.parsed.transcript.messages) for c in created)
    rows = (row for id_, messages in each for row in storage.messages(id_, month, messages))
    copy_rows("transcripts_message", storage.MESSAGE_COLUMNS, rows)


def _ingested(batch: _Batch, created: Sequence[_Candidate], door: str) -> TranscriptsIngested:
    return TranscriptsIngested(
        object_id=str(batch.id),
        project_id=batch.project.pk,
        door=door,
        transcript_ids=[str(c.id) for c in created],
        digests=[c.sha256.hex() for c in created],
    )


def prepare_months(*, using: str = DEFAULT_DB_ALIAS) -> int:
    """Make the partitions of this month and those ahead, where they are missing; how many were made."""
    with connections[using].cursor() as cursor:
        cursor.execute(CAN_PREPARE_SQL)
        if cursor.fetchone() == (None,):
            return 0  # the schema is older than partitions
        cursor.execute(PREPARE_MONTHS_SQL, [following(month_of(clock.now()), MONTHS_AHEAD)])
        (n_made,) = cursor.fetchone() or (0,)
    return int(n_made)


def open_transcript(*, transcript: Transcript, surface: str, actor: Actor, scores: bool = True) -> None:
    """Commit that the actor is about to see the text, and whether scores with it. Whoever sends text calls this first.

    Raises Unavailable when it cannot be written: then no text is sent.
    """
    event = TranscriptViewed(
        object_id=str(transcript.pk), project_id=transcript.project_id, surface=surface, scores=scores
    )
    try:
        audit.record_alone(event, actor)
    except DatabaseError as error:
        raise Unavailable("The audit trail cannot be written, so the transcript is not shown. Try again.") from error

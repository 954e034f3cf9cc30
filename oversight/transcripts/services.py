"""Storing transcripts, and the audited read: the only writers of this app's tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import zstandard
from django.db import DatabaseError, transaction

from monitors.formats.errors import FormatError
from monitors.formats.parsed import Parsed
from oversight.accounts.models import Project
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib import clock, ids
from oversight.lib.copying import copy_rows
from oversight.lib.errors import Unavailable
from oversight.transcripts import selectors, storage
from oversight.transcripts.events import TranscriptsIngested, TranscriptViewed
from oversight.transcripts.models import Label, Message, Metadata, ModelRun, RawPayload, RecordedVerdict, Transcript


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


@transaction.atomic
def ingest(*, project: Project, payloads: Sequence[Incoming], door: str, actor: Actor) -> list[IngestResult]:
    """Store a batch in one transaction with one event; one result for each payload, in order.

    A record is the same when its external id and its bytes are: then the stored one is returned. The same external id
    with other bytes is a conflict and changes nothing. Without an external id it is the SHA-256 of the bytes. Many may
    send the same batch at once: the unique constraint decides, and all of them get the same ids.
    """
    # Sorted, so that lists show the records of a batch in the order in which they came.
    new_ids = sorted(ids.uuid7() for _ in payloads)
    candidates = [_candidate(id_, incoming) for id_, incoming in zip(new_ids, payloads, strict=True)]
    valid = [c for c in candidates if isinstance(c, _Candidate)]
    stored = _stored(project, {c.external_id for c in valid})
    fresh = {c.external_id: c for c in reversed(valid) if c.external_id not in stored}
    if fresh:
        # Everybody inserts in the same order, so that two batches with common records cannot deadlock.
        stored |= _store(project, sorted(fresh.values(), key=lambda c: c.external_id), door, actor)
    return [c if isinstance(c, IngestResult) else _result(c, stored[c.external_id]) for c in candidates]


def _candidate(id_: UUID, incoming: Incoming) -> _Candidate | IngestResult:
    digest = hashlib.sha256(incoming.raw).digest()
    external_id = incoming.parsed.external_id or f"sha256:{digest.hex()}"
    try:
        storage.check(incoming.parsed, external_id, incoming.run)
    except FormatError as error:
        return IngestResult(Status.INVALID, "", detail=error.message, place=error.place)
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
    found = rows.values_list("external_id", "pk", "payload__sha256")
    return {external_id: _Stored(pk, bytes(sha256)) for external_id, pk, sha256 in found}


def _store(project: Project, fresh: Sequence[_Candidate], door: str, actor: Actor) -> dict[str, _Stored]:
    """Insert the heads, see which won their names (others may have committed the same ones meanwhile), then bodies."""
    batch_id, now = ids.uuid7(), clock.now()
    runs, kept = _model_runs(project, fresh), _kept_payloads(project, fresh)
    payloads = kept | _payload_ids(c.sha256 for c in fresh if c.sha256 not in kept)
    heads = [
        Transcript(
            id=c.id,
            project_id=project.pk,
            model_run_id=runs[_run_key(c.incoming)],
            external_id=c.external_id,
            payload_id=payloads[c.sha256],
            batch_id=batch_id,
            received_at=now,
            **storage.head_fields(c.incoming.parsed),
        )
        for c in fresh
    ]
    Transcript.objects.bulk_create(heads, ignore_conflicts=True)
    won = set(Transcript.objects.filter(pk__in=[c.id for c in fresh]).values_list("pk", flat=True))
    created = [c for c in fresh if c.id in won]
    if created:
        _store_payloads(project, [c for c in created if c.sha256 not in kept], payloads, now)
        _store_bodies(created)
        audit.record(
            TranscriptsIngested(
                object_id=str(batch_id),
                project_id=project.pk,
                door=door,
                transcript_ids=[str(c.id) for c in created],
                digests=[c.sha256.hex() for c in created],
            ),
            actor,
        )
    ours = {c.external_id: _Stored(c.id, c.sha256) for c in created}
    return ours if len(created) == len(fresh) else ours | _stored(project, {c.external_id for c in fresh} - ours.keys())


def _store_bodies(created: Sequence[_Candidate]) -> None:
    each = [(c.id, c.incoming.parsed) for c in created]
    messages = (row for id_, parsed in each for row in storage.messages(id_, parsed.transcript.messages))
    copy_rows(Message, storage.MESSAGE_FIELDS, messages)
    for model, fields, values in (
        (Label, storage.LABEL_FIELDS, storage.labels),
        (Metadata, storage.METADATA_FIELDS, storage.metadata),
        (RecordedVerdict, storage.RECORDED_FIELDS, storage.recorded),
    ):
        if rows := [row for id_, parsed in each for row in values(id_, parsed)]:
            copy_rows(model, fields, rows)


_RunKey = tuple[str, str, str]


def _run_key(incoming: Incoming) -> _RunKey:
    return incoming.parsed.transcript.model, incoming.parsed.transcript.checkpoint, incoming.run


def _model_runs(project: Project, fresh: Sequence[_Candidate]) -> dict[_RunKey, int]:
    keys = sorted({_run_key(c.incoming) for c in fresh})
    known = _known_runs(project, keys)
    if missing := [key for key in keys if key not in known]:
        ModelRun.objects.bulk_create(
            [ModelRun(project=project, model=model, checkpoint=point, name=name) for model, point, name in missing],
            ignore_conflicts=True,
        )
        known = _known_runs(project, keys)
    return known


def _known_runs(project: Project, keys: Sequence[_RunKey]) -> dict[_RunKey, int]:
    rows = ModelRun.objects.filter(project=project, model__in={model for model, _, _ in keys})
    found = rows.values_list("model", "checkpoint", "name", "pk")
    return {(model, checkpoint, name): pk for model, checkpoint, name, pk in found}


def _kept_payloads(project: Project, fresh: Sequence[_Candidate]) -> dict[bytes, int]:
    rows = RawPayload.objects.filter(project=project, sha256__in=[c.sha256 for c in fresh])
    return {bytes(sha256): pk for sha256, pk in rows.values_list("sha256", "pk")}


def _payload_ids(digests: Iterable[bytes]) -> dict[bytes, int]:
    """Ids taken from the sequence beforehand: a payload is written only once its transcript has won its name."""
    fresh = sorted(set(digests))
    return dict(zip(fresh, selectors.next_payload_ids(len(fresh)), strict=True))


def _store_payloads(project: Project, created: Sequence[_Candidate], payloads: dict[bytes, int], now: datetime) -> None:
    compress = zstandard.ZstdCompressor(level=3).compress
    contents = {c.sha256: c.incoming.raw for c in created}
    fields = ("id", "project", "sha256", "size_bytes", "body_zstd", "received_at")
    rows = ((payloads[sha], project.pk, sha, len(raw), compress(raw), now) for sha, raw in contents.items())
    copy_rows(RawPayload, fields, rows)


def open_transcript(*, transcript: Transcript, surface: str, actor: Actor) -> None:
    """Commit that the actor is about to see the text. Whoever sends text calls this first.

    Raises Unavailable when it cannot be written: then no text is sent.
    """
    event = TranscriptViewed(object_id=str(transcript.pk), project_id=transcript.project_id, surface=surface)
    try:
        audit.record_alone(event, actor)
    except DatabaseError as error:
        raise Unavailable("The audit trail cannot be written, so the transcript is not shown. Try again.") from error

"""Ingestion and the audited read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from oversight.audit.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptsIngested(Event):
    """A batch was stored: one transaction, one event. `transcript_ids` and `digests` are parallel."""

    action: ClassVar[str] = "transcripts.ingested"
    object_type: ClassVar[str] = "ingest_batch"
    door: str
    transcript_ids: list[str]
    digests: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptViewed(Event):
    """A transcript's text was about to be sent: committed before the first byte of it. `scores`: with it, or not."""

    action: ClassVar[str] = "transcript.viewed"
    object_type: ClassVar[str] = "transcript"
    surface: str
    scores: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptsListed(Event):
    """Snippets of transcripts were shown in a list."""

    action: ClassVar[str] = "transcripts.listed"
    object_type: ClassVar[str] = "page"
    transcript_ids: list[str]

    def subjects(self) -> tuple[str, ...]:
        return tuple(f"transcript:{id_}" for id_ in self.transcript_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class InputRejected(Event):
    """Some records of a batch were not stored; their bytes are kept. `rejected_ids` and `codes` are parallel."""

    action: ClassVar[str] = "input.rejected"
    object_type: ClassVar[str] = "ingest_batch"
    door: str
    rejected_ids: list[str]
    codes: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class InputViewed(Event):
    """The bytes of a rejected input were about to be sent: committed before the first of them."""

    action: ClassVar[str] = "input.viewed"
    object_type: ClassVar[str] = "rejected_input"
    surface: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InputReplayed(Event):
    """A rejected input was read again; `status` is what became of it, `transcript_id` where it is stored now."""

    action: ClassVar[str] = "input.replayed"
    object_type: ClassVar[str] = "rejected_input"
    status: str
    transcript_id: str | None = None

    def subjects(self) -> tuple[str, ...]:
        return (f"transcript:{self.transcript_id}",) if self.transcript_id else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InputsReplayAsked(Event):
    """Somebody asked for all rejected inputs of a filter to be read again."""

    action: ClassVar[str] = "input.replay_asked"
    object_type: ClassVar[str] = "project"
    filters: dict[str, str]
    n_inputs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InputDismissed(Event):
    """Somebody put a rejected input away, or took it out again."""

    action: ClassVar[str] = "input.dismissed"
    object_type: ClassVar[str] = "rejected_input"
    undone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InputsPruned(Event):
    """The oldest rejected inputs of a project were dropped, since it holds no more than so many."""

    action: ClassVar[str] = "input.pruned"
    object_type: ClassVar[str] = "project"
    n_inputs: int
    n_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadReceived(Event):
    """All bytes of a file are there."""

    action: ClassVar[str] = "upload.received"
    object_type: ClassVar[str] = "upload"
    n_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadViewed(Event):
    """The preview of a file was about to be sent: committed before its first text."""

    action: ClassVar[str] = "upload.viewed"
    object_type: ClassVar[str] = "upload"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadStarted(Event):
    """Somebody had a file imported."""

    action: ClassVar[str] = "upload.started"
    object_type: ClassVar[str] = "upload"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadImported(Event):
    """A file was read to its end."""

    action: ClassVar[str] = "upload.imported"
    object_type: ClassVar[str] = "upload"
    n_created: int
    n_existing: int
    n_conflict: int
    n_invalid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadFailed(Event):
    """A file could not be read or imported; `reason` is ours and holds nothing of it."""

    action: ClassVar[str] = "upload.failed"
    object_type: ClassVar[str] = "upload"
    outcome: str = "error"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadCancelled(Event):
    """Somebody discarded a file, or stopped its import; what was stored before stays."""

    action: ClassVar[str] = "upload.cancelled"
    object_type: ClassVar[str] = "upload"

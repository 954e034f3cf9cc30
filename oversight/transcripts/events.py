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
    """A transcript's text was about to be sent: committed before the first byte of it."""

    action: ClassVar[str] = "transcript.viewed"
    object_type: ClassVar[str] = "transcript"
    surface: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptsListed(Event):
    """Snippets of transcripts were shown in a list."""

    action: ClassVar[str] = "transcripts.listed"
    object_type: ClassVar[str] = "page"
    transcript_ids: list[str]

    def subjects(self) -> tuple[str, ...]:
        return tuple(f"transcript:{id_}" for id_ in self.transcript_ids)

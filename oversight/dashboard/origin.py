"""Where a transcript came from, and what came with it that no monitor sees."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from monitors.transcript import PartType
from monitors.transcript import Transcript as Content
from oversight.dashboard import words
from oversight.dashboard.notes import Note, explained
from oversight.transcripts import selectors as transcripts
from oversight.transcripts.models import Label, Metadata, RecordedVerdict, Transcript


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and a value of a stranger's data, as text."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReasoningFact:
    """One part of reasoning: where it stood in the payload, how much of it can be read, and what it was billed as."""

    index: int
    tone: str
    visibility: str
    meaning: str
    source: str
    is_signed: bool
    n_chars: int
    reported: int | None
    counted: int | None


@dataclass(frozen=True, slots=True)
class Origin:
    """What stands beside a transcript."""

    transcript: Transcript
    payload_sha256: str
    payload_bytes: int
    meta: tuple[Fact, ...]
    labels: tuple[Fact, ...]
    recorded: tuple[RecordedVerdict, ...]
    notes: tuple[Note, ...]
    reasoning: tuple[ReasoningFact, ...]
    is_blind: bool = False


def origin_of(transcript: Transcript, *, is_blind: bool = False) -> Origin:
    """Five queries. Read blind, without what anybody has said of it: labels, recorded verdicts, metadata."""
    metadata = Metadata.objects.filter(transcript=transcript).first()
    labels = Label.objects.none() if is_blind else Label.objects.filter(transcript=transcript).order_by("name")
    recorded = RecordedVerdict.objects.none() if is_blind else RecordedVerdict.objects.filter(transcript=transcript)
    meta = metadata.meta if metadata and not is_blind else {}
    return Origin(
        transcript=transcript,
        payload_sha256=bytes(transcript.payload_sha256).hex(),
        payload_bytes=transcript.payload_bytes,
        meta=tuple(Fact(str(name), _text(value)) for name, value in meta.items()),
        labels=tuple(Fact(label.name, _text(label.value), _made_by(label)) for label in labels),
        recorded=tuple(recorded.order_by("rubric", "judge")),
        notes=explained(transcript.notes),
        reasoning=tuple(_reasoning(transcripts.load([transcript.pk])[transcript.pk])),
        is_blind=is_blind,
    )


def _reasoning(content: Content) -> Iterator[ReasoningFact]:
    for index, part in enumerate(content.parts):
        if part.type is not PartType.REASONING or part.visibility is None:
            continue
        tone, name, meaning = words.VISIBILITIES[part.visibility]
        yield ReasoningFact(
            index=index,
            tone=tone,
            visibility=name,
            meaning=meaning,
            source=part.source,
            is_signed=bool(part.signature),
            n_chars=len(part.text),
            reported=part.tokens_reported,
            counted=part.tokens_counted,
        )


def _text(value: object) -> str:
    # Escapes every character that a page cannot carry, and every control character.
    return (
        value if isinstance(value, str) and value.isprintable() else json.dumps(value, ensure_ascii=True, default=str)
    )


def _made_by(label: Label) -> str:
    return f"{label.get_provenance_display()} {label.judge}".strip()

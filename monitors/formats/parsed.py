"""What a payload holds: the transcript that monitors see, and beside it what they must not see."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace

from monitors.base import RecordedVerdict
from monitors.formats.errors import FormatError
from monitors.transcript import Part, Transcript


@dataclass(frozen=True, slots=True)
class Parsed:
    """One transcript. Labels, meta and recorded verdicts stand beside it and never inside it.

    `raw` is set where a payload holds several records (a log of samples, an export of spans): this record's own bytes,
    which read alone give the same transcript, so that it can be stored, sent again and known again by itself.
    """

    transcript: Transcript
    external_id: str | None
    labels: Mapping[str, object] = field(default_factory=dict)
    meta: Mapping[str, object] = field(default_factory=dict)
    recorded: tuple[RecordedVerdict, ...] = ()
    format: str = "native"
    raw: bytes | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be mapped or did not agree."""
        return self.transcript.notes


@dataclass(frozen=True, slots=True)
class Refused:
    """A record of a payload that is no transcript: why, and its own bytes where it has any."""

    error: FormatError
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a payload holds, in order. `notes` are of the payload as a whole: what was left out, and why."""

    format: str
    parsed: tuple[Parsed, ...] = ()
    refused: tuple[Refused, ...] = ()
    notes: tuple[str, ...] = ()


def identified(transcript: Transcript, external_id: str | None) -> Transcript:
    """The transcript with its external id, or with a digest of its content when it has none."""
    if external_id and transcript.id == external_id:
        return transcript
    return replace(transcript, id=external_id or f"sha256:{content_sha256(transcript)[:16]}")


def content_sha256(transcript: Transcript) -> str:
    """SHA-256 over what the model run consists of; id, format, notes and steps (the text gives them) do not count."""
    turns = [[turn.role, turn.name, [_content(part) for part in turn.parts]] for turn in transcript.messages]
    usage = asdict(transcript.usage)
    content = [turns, transcript.model, transcript.checkpoint, usage, transcript.finish_reason]
    return hashlib.sha256(json.dumps(content, ensure_ascii=True, sort_keys=True, default=str).encode()).hexdigest()


def _content(part: Part) -> dict[str, object]:
    # Not asdict: it copies deeply, and there can be millions of steps.
    return {name.name: getattr(part, name.name) for name in fields(part) if name.name not in ("steps", "logprobs")}

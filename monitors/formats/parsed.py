"""What a payload holds: the transcript that monitors see, and beside it what they must not see."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from monitors.base import RecordedVerdict
from monitors.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Parsed:
    """One payload. Labels, meta and recorded verdicts stand beside the transcript and never inside it."""

    transcript: Transcript
    external_id: str | None
    labels: Mapping[str, object] = field(default_factory=dict)
    meta: Mapping[str, object] = field(default_factory=dict)
    recorded: tuple[RecordedVerdict, ...] = ()
    format: str = "native"

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be mapped or did not agree."""
        return self.transcript.notes


def identified(transcript: Transcript, external_id: str | None) -> Transcript:
    """The transcript with its external id, or with a digest of its content when it has none."""
    return replace(transcript, id=external_id or f"sha256:{content_sha256(transcript)[:16]}")


def content_sha256(transcript: Transcript) -> str:
    """SHA-256 over what the model run consists of; id, format and notes do not count."""
    counted = (transcript.messages, transcript.model, transcript.checkpoint, transcript.usage, transcript.finish_reason)
    content = [[asdict(message) for message in counted[0]], counted[1], counted[2], asdict(counted[3]), counted[4]]
    return hashlib.sha256(json.dumps(content, ensure_ascii=True, sort_keys=True, default=str).encode()).hexdigest()

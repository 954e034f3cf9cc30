"""Transcripts of `monitors` to rows and back, without a difference.

What goes in is given as plain values, in the order of the `*_FIELDS`: thousands of rows a second need no model objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any
from uuid import UUID

from monitors import transcript as monitored
from monitors.base import RecordedVerdict as Recorded
from monitors.formats.errors import FormatError
from monitors.formats.label_provenance import label_provenance
from monitors.formats.parsed import Parsed
from monitors.transcript import PartType, Role, Visibility
from oversight.transcripts.exact_text import from_stored, is_storable, to_stored
from oversight.transcripts.models import Message, RecordedVerdict, Transcript

MAX_EXTERNAL_ID_CHARS = 512
MAX_MODEL_CHARS = 200
MAX_LABEL_NAME_CHARS = 80
MAX_FINISH_REASON_CHARS = 40
MAX_COUNT = 2**31 - 1
_WORDS = ("source", "name", "call_id", "signature", "opaque_sha256", "provider_item_id")
_COUNTS = ("tokens_reported", "tokens_counted")


MESSAGE_FIELDS = ("transcript", "seq", "role", "name", "texts", "parts")
LABEL_FIELDS = ("transcript", "name", "value", "provenance", "judge")
METADATA_FIELDS = ("transcript", "meta")
RECORDED_FIELDS = ("transcript", "rubric", "judge", "p_positive", "rationale", "provenance")
Values = tuple[Any, ...]


def check(parsed: Parsed, external_id: str, run: str) -> None:
    """Refuse what has no column: identifiers are short, and hold no NUL and no lone surrogate. Raises FormatError."""
    transcript, usage = parsed.transcript, parsed.transcript.usage
    _identifier(external_id, "external_id", MAX_EXTERNAL_ID_CHARS)
    _identifier(run, "run", MAX_MODEL_CHARS)
    _identifier(transcript.model, "model", MAX_MODEL_CHARS)
    _identifier(transcript.checkpoint, "checkpoint", MAX_MODEL_CHARS)
    _identifier(transcript.finish_reason, "finish_reason", MAX_FINISH_REASON_CHARS)
    for index, message in enumerate(transcript.messages):
        _identifier(message.name, f"messages[{index}].name", MAX_MODEL_CHARS)
    for name in parsed.labels:
        _identifier(name, "the name of a label", MAX_LABEL_NAME_CHARS)
    for name in ("input_tokens", "output_tokens", "reasoning_tokens"):
        if (getattr(usage, name) or 0) > MAX_COUNT:
            raise FormatError(f"a count over {MAX_COUNT}", place=f"usage.{name}")


def _identifier(value: str, place: str, limit: int) -> None:
    if len(value) > limit:
        raise FormatError(f"longer than {limit} characters", place=place)
    if not is_storable(value):
        raise FormatError("a NUL character or a lone surrogate in an identifier", place=place)


def head_fields(parsed: Parsed) -> dict[str, Any]:
    """The columns of `Transcript` that come from what was parsed."""
    transcript = parsed.transcript
    visibility = transcript.visibility
    return {
        "format": parsed.format,
        "visibility": visibility.value if visibility else "",
        "finish_reason": transcript.finish_reason,
        "n_steps": sum(len(part.steps or ()) for part in transcript.parts if part.visibility is Visibility.RAW),
        "n_chars": sum(len(part.text) for part in transcript.parts),
        "input_tokens": transcript.usage.input_tokens,
        "output_tokens": transcript.usage.output_tokens,
        "reasoning_tokens": transcript.usage.reasoning_tokens,
        "notes": list(transcript.notes),
        "planted": parsed.meta.get("planted") is True,
    }


def messages(transcript_id: UUID, messages: Iterable[monitored.Message]) -> Iterator[Values]:
    for seq, message in enumerate(messages):
        stored = [to_stored(part.text) for part in message.parts]
        parts = [_part_json(part, subs) for part, (_, subs) in zip(message.parts, stored, strict=True)]
        yield transcript_id, seq, message.role.value, message.name, [text for text, _ in stored], parts


def _part_json(part: monitored.Part, substitutions: str) -> dict[str, Any]:
    body: dict[str, Any] = {"type": part.type.value}
    if part.visibility is not None:
        body["visibility"] = part.visibility.value
    body |= {key: value for key in _WORDS if (value := getattr(part, key))}
    body |= {key: value for key in _COUNTS if (value := getattr(part, key)) is not None}
    if part.extra:
        body["extra"] = dict(part.extra)
    if part.steps:
        body["steps"] = list(chain.from_iterable(part.steps))
    return {**body, "substitutions": substitutions} if substitutions else body


def to_transcript(head: Transcript, rows: Sequence[Message]) -> monitored.Transcript:
    """What `messages` was given, under our own id. Needs `head.model_run`; rows in order of `seq`."""
    return monitored.Transcript(
        id=str(head.pk),
        messages=tuple(_message(row) for row in rows),
        model=head.model_run.model,
        checkpoint=head.model_run.checkpoint,
        usage=monitored.Usage(head.input_tokens, head.output_tokens, head.reasoning_tokens),
        finish_reason=head.finish_reason,
        format=head.format,
        notes=tuple(head.notes),
    )


def _message(row: Message) -> monitored.Message:
    parts = tuple(_part(text, body) for text, body in zip(row.texts, row.parts, strict=True))
    return monitored.Message(Role(row.role), parts, name=row.name)


def _part(stored: str, body: dict[str, Any]) -> monitored.Part:
    steps = body.get("steps", ())
    return monitored.Part(
        PartType(body["type"]),
        from_stored(stored, body.get("substitutions", "")),
        Visibility(body["visibility"]) if "visibility" in body else None,
        **{key: body[key] for key in (*_WORDS, *_COUNTS, "extra") if key in body},
        steps=tuple(zip(steps[::2], steps[1::2], strict=True)),
    )


def labels(transcript_id: UUID, parsed: Parsed) -> Iterator[Values]:
    source = parsed.meta.get("source")
    for name, value in parsed.labels.items():
        provenance, _, judge = label_provenance(name, source).partition(":")
        yield transcript_id, name, value, provenance, judge


def metadata(transcript_id: UUID, parsed: Parsed) -> Iterator[Values]:
    if parsed.meta:
        yield transcript_id, dict(parsed.meta)


def recorded(transcript_id: UUID, parsed: Parsed) -> Iterator[Values]:
    # One verdict a judge and rubric: a record with two of them keeps the first, which is the finer one.
    for verdict in {(v.rubric, v.judge): v for v in reversed(parsed.recorded)}.values():
        # A rationale is for people to read; its original is in the raw payload.
        texts = to_stored(verdict.rationale)[0], to_stored(verdict.provenance)[0]
        yield transcript_id, verdict.rubric, verdict.judge, verdict.p_positive, *texts


def to_recorded(row: RecordedVerdict) -> Recorded:
    return Recorded(row.rubric, row.judge, row.p_positive, row.rationale, row.provenance)

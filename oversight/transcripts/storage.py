"""Transcripts of `monitors` to rows and back, without a difference.

What goes in is given as plain values: thousands of rows a second need no model objects.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import repeat
from typing import Any
from uuid import UUID

from monitors import transcript as monitored
from monitors.base import RecordedVerdict as Recorded
from monitors.formats.errors import FormatError, TooLarge
from monitors.formats.label_provenance import provenance_of
from monitors.formats.parsed import Parsed
from monitors.formats.slicing import MAX_RECORD_BYTES
from monitors.logprobs import TokenLogprobs
from monitors.spans import Spans
from monitors.transcript import PartType, Role, Visibility
from oversight.lib import binary
from oversight.transcripts.exact_text import from_stored, is_storable, to_stored
from oversight.transcripts.fields import exact_json
from oversight.transcripts.models import Message, RecordedVerdict, Transcript

MAX_EXTERNAL_ID_CHARS = 512
MAX_MODEL_CHARS = 200
MAX_LABEL_NAME_CHARS = 80
MAX_FINISH_REASON_CHARS = 40
MAX_COUNT = 2**31 - 1
MAX_TEXT_CHARS = MAX_RECORD_BYTES
_LENGTH = struct.Struct("<I")
_WORDS = ("source", "name", "call_id", "signature", "opaque_sha256", "provider_item_id")
_COUNTS = ("tokens_reported", "tokens_counted")


Values = tuple[Any, ...]
MESSAGE_COLUMNS: dict[str, binary.Encode] = {
    "transcript_id": binary.uuid,
    "seq": binary.int4,
    "month": binary.day,
    "role": binary.text,
    "name": binary.text,
    "texts": binary.text_array,
    "parts": binary.plain,
    "steps": binary.plain,
    "logprobs": binary.plain,
}


def check(parsed: Parsed, external_id: str, run: str) -> None:
    """Refuse what has no column: identifiers are short, and hold no NUL and no lone surrogate. Raises FormatError."""
    transcript, usage = parsed.transcript, parsed.transcript.usage
    if sum(len(part.text) for part in transcript.parts) > MAX_TEXT_CHARS:
        raise TooLarge("more than 8 MiB of text in one transcript", place="messages")
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
    transcript, parts = parsed.transcript, parsed.transcript.parts
    visibility = transcript.visibility
    return {
        "format": parsed.format,
        "visibility": visibility.value if visibility else "",
        "finish_reason": transcript.finish_reason,
        "n_steps": sum(len(part.steps or ()) for part in parts if part.visibility is Visibility.RAW),
        "n_chars": sum(len(part.text) for part in parts),
        "input_tokens": transcript.usage.input_tokens,
        "output_tokens": transcript.usage.output_tokens,
        "reasoning_tokens": transcript.usage.reasoning_tokens,
        "notes": exact_json(list(transcript.notes)).decode(),
        "planted": parsed.meta.get("planted") is True,
    }


def messages(transcript_id: UUID, month: date, messages: Iterable[monitored.Message]) -> Iterator[Values]:
    """In the order of MESSAGE_COLUMNS."""
    for seq, message in enumerate(messages):
        texts, bodies = [], []
        for part in message.parts:
            text, substitutions = to_stored(part.text)
            texts.append(text)
            bodies.append(_part_json(part, substitutions))
        packed = _packed_steps(message.parts), _packed_logprobs(message.parts)
        yield transcript_id, seq, month, message.role.value, message.name, texts, exact_json(bodies), *packed


def _part_json(part: monitored.Part, substitutions: str) -> dict[str, Any]:
    body: dict[str, Any] = {"type": part.type.value}
    if part.visibility is not None:
        body["visibility"] = part.visibility.value
    body |= {key: value for key in _WORDS if (value := getattr(part, key))}
    body |= {key: value for key in _COUNTS if (value := getattr(part, key)) is not None}
    if part.extra:
        body["extra"] = dict(part.extra)
    if substitutions:
        body["substitutions"] = substitutions
    return body


def _packed_steps(parts: Iterable[monitored.Part]) -> bytes:
    return b"".join(steps.pack() for part in parts if isinstance(steps := part.steps, Spans))


def _packed_logprobs(parts: Iterable[monitored.Part]) -> bytes | None:
    """Each with its length before it; of length 0 where there are none."""
    packed = [part.logprobs.pack() if part.logprobs else b"" for part in parts]
    return b"".join(_LENGTH.pack(len(each)) + each for each in packed) if any(packed) else None


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
    packed, at = bytes(row.steps), 0
    # Loaded only on request.
    logprobs = _unpacked_logprobs(bytes(row.logprobs)) if "logprobs" in row.__dict__ and row.logprobs else repeat(None)
    parts = []
    for text, body, found in zip(row.texts, row.parts, logprobs, strict=False):
        if packed:
            steps, at = Spans.unpack(packed, at)
        else:
            # Rows from before steps had a column of their own.
            steps = Spans.from_flat(array("I", body.get("steps", ())))
        parts.append(_part(text, body, steps, found))
    return monitored.Message(Role(row.role), tuple(parts), name=row.name)


def _unpacked_logprobs(packed: bytes) -> Iterator[TokenLogprobs | None]:
    at = 0
    while at < len(packed):
        (size,) = _LENGTH.unpack_from(packed, at)
        at += _LENGTH.size + size
        yield TokenLogprobs.unpack(packed[at - size : at]) if size else None


def _part(stored: str, body: dict[str, Any], steps: Spans, logprobs: TokenLogprobs | None) -> monitored.Part:
    return monitored.Part(
        PartType(body["type"]),
        from_stored(stored, body.get("substitutions", "")),
        Visibility(body["visibility"]) if "visibility" in body else None,
        **{key: body[key] for key in (*_WORDS, *_COUNTS, "extra") if key in body},
        steps=steps,
        logprobs=logprobs,
    )


def labels(transcript_id: UUID, parsed: Parsed) -> Iterator[Values]:
    for name, value in parsed.labels.items():
        yield transcript_id, name, _json_text(value), *provenance_of(name, parsed.meta)


def metadata(transcript_id: UUID, parsed: Parsed) -> Iterator[Values]:
    if parsed.meta:
        yield transcript_id, _json_text(dict(parsed.meta))


def _json_text(value: object) -> str | None:
    return None if value is None else exact_json(value).decode()


def recorded(transcript_id: UUID, parsed: Parsed) -> Iterator[Values]:
    # One verdict a judge and rubric: a record with two of them keeps the first, which is the finer one.
    for verdict in {(v.rubric, v.judge): v for v in reversed(parsed.recorded)}.values():
        # A rationale is for people to read; its original is in the raw payload.
        texts = to_stored(verdict.rationale)[0], to_stored(verdict.provenance)[0]
        yield transcript_id, verdict.rubric, verdict.judge, verdict.p_positive, *texts


def to_recorded(row: RecordedVerdict) -> Recorded:
    return Recorded(row.rubric, row.judge, row.p_positive, row.rationale, row.provenance)

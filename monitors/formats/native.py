"""Our own JSON: everything that a Transcript holds, and beside it external id, labels and meta.

{
  "format": "oversight/1",                  optional; messages with `parts` are taken as ours too
  "external_id": "run7/0042",               optional, "id" is read as well; the caller's own id
  "model": "qwen3-8b", "checkpoint": "step-400", "finish_reason": "stop",        each optional
  "messages": [
    {"role": "user", "content": "..."},     content: one text, read like chat content (think tags are split off)
    {"role": "assistant", "name": "...", "parts": [
      {"type": "reasoning", "text": "...", "visibility": "raw"},
      {"type": "text", "text": "..."}]}],
  "usage": {"input_tokens": 12, "output_tokens": 900, "reasoning_tokens": 700},  optional
  "notes": ["..."], "labels": {...}, "meta": {...},                              optional
  "recorded": [{"rubric": "...", "judge": "...", "p_positive": 0.9}]             optional: verdicts that came with it
}
A part has `type` (text, reasoning, tool_call, tool_result, opaque) and `text`, and as it applies `visibility` (raw,
summary, encrypted, redacted, omitted; of reasoning only), `source`, `name`, `call_id`, `signature`, `opaque_sha256`,
`provider_item_id`, `tokens_reported`, `tokens_counted`, `logprobs` (base64 of `TokenLogprobs.pack`) and `extra`. Keys
of a part that we do not know go to `extra`.
Roles are system (or developer), user, assistant, tool.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Any, TypeVar

from monitors.base import RecordedVerdict
from monitors.errors import InvalidTranscript
from monitors.formats.chat_messages import ReadMessage, read_message
from monitors.formats.errors import FormatError, TooLarge
from monitors.formats.fields import JsonObject, as_list, as_object, as_text, count, optional_object, text
from monitors.formats.parsed import Parsed, identified
from monitors.formats.roles import role_of
from monitors.logprobs import TokenLogprobs
from monitors.transcript import Message, Part, PartType, Transcript, Usage, Visibility

Member = TypeVar("Member", bound=StrEnum)

FORMAT = "native"
MARK = "oversight/1"
_TEXTS = ("source", "name", "call_id", "signature", "opaque_sha256", "provider_item_id")
_COUNTS = ("tokens_reported", "tokens_counted")
_PART_KEYS = frozenset({"type", "text", "visibility", "extra", "logprobs", *_TEXTS, *_COUNTS})
_MAX_LOGPROB_ITEMS = 8 * 1024 * 1024


def recognises(value: JsonObject) -> bool:
    """It says so, or a message has parts."""
    messages = value.get("messages")
    return value.get("format") == MARK or (
        isinstance(messages, list) and any(isinstance(message, dict) and "parts" in message for message in messages)
    )


def parse(payload: JsonObject) -> Parsed:
    """Raises FormatError with the place of what does not fit."""
    messages = as_list(payload.get("messages"), "messages")
    read = [_message(message, f"messages[{index}]") for index, message in enumerate(messages)]
    usage = optional_object(payload, "usage")
    notes = tuple(as_text(note) for note in as_list(payload.get("notes") or [], "notes"))
    external_id = as_text(payload.get("external_id") or payload.get("id")) or None
    transcript = Transcript(
        id=external_id or "",
        messages=tuple(turn.message for turn in read),
        model=text(payload, "model", ""),
        checkpoint=text(payload, "checkpoint", ""),
        usage=Usage(*(count(usage.get(f"{kind}_tokens")) for kind in ("input", "output", "reasoning"))),
        finish_reason=text(payload, "finish_reason", ""),
        format=FORMAT,
        notes=(*notes, *(note for turn in read for note in turn.notes)),
    )
    if not transcript.parts:
        raise FormatError("there is no part in it", place="messages")
    return Parsed(
        transcript=identified(transcript, external_id),
        external_id=external_id,
        labels=optional_object(payload, "labels"),
        meta=optional_object(payload, "meta"),
        recorded=tuple(
            _verdict(each, f"recorded[{i}]")
            for i, each in enumerate(as_list(payload.get("recorded") or [], "recorded"))
        ),
        format=FORMAT,
    )


def to_json(
    transcript: Transcript,
    *,
    external_id: str | None = None,
    labels: Mapping[str, object] | None = None,
    meta: Mapping[str, object] | None = None,
    recorded: Sequence[RecordedVerdict] = (),
) -> dict[str, Any]:
    """The canonical native form; `parse` of it gives the same transcript. What is empty is left out."""
    usage = {f"{kind}_tokens": getattr(transcript.usage, f"{kind}_tokens") for kind in ("input", "output", "reasoning")}
    body: dict[str, Any] = {
        "format": MARK,
        "external_id": external_id,
        "model": transcript.model,
        "checkpoint": transcript.checkpoint,
        "messages": [_message_json(message) for message in transcript.messages],
        "usage": {key: value for key, value in usage.items() if value is not None},
        "finish_reason": transcript.finish_reason,
        "notes": list(transcript.notes),
        "labels": dict(labels or {}),
        "meta": dict(meta or {}),
        "recorded": [asdict(verdict) for verdict in recorded],
    }
    return {key: value for key, value in body.items() if value not in (None, "", [], {}) or key == "messages"}


def _message(value: object, place: str) -> ReadMessage:
    body = as_object(value, place)
    if "parts" not in body:
        return read_message(body, place)
    parts = as_list(body["parts"], f"{place}.parts")
    read = tuple(_part(part, f"{place}.parts[{i}]") for i, part in enumerate(parts))
    return ReadMessage(Message(role_of(body.get("role"), f"{place}.role"), read, name=text(body, "name", place)))


def _part(value: object, place: str) -> Part:
    body = as_object(value, place)
    kind = _member(PartType, body.get("type", "text"), f"{place}.type")
    visibility = body.get("visibility")
    if visibility is not None and kind is not PartType.REASONING:
        raise FormatError("only reasoning has a visibility", place=f"{place}.visibility")
    unknown = {key: body[key] for key in body if key not in _PART_KEYS}
    given: dict[str, Any] = {key: text(body, key, place) for key in _TEXTS if key in body}
    given |= {key: count(body[key]) for key in _COUNTS if key in body}
    return Part(
        kind,
        text(body, "text", place),
        None if visibility is None else _member(Visibility, visibility, f"{place}.visibility"),
        extra={**optional_object(body, "extra", place), **unknown},
        logprobs=_logprobs(text(body, "logprobs", place), f"{place}.logprobs"),
        **given,
    )


def _logprobs(packed: str, place: str) -> TokenLogprobs | None:
    if not packed:
        return None
    try:
        raw = base64.b64decode(packed, validate=True)
        # The counts of its columns, before anything is unpacked: they bound what comes out.
        if sum(struct.unpack_from("<IIII", raw, 3)) > _MAX_LOGPROB_ITEMS:
            raise TooLarge("too many log-probabilities", place=place)
        return TokenLogprobs.unpack(raw)
    except (ValueError, struct.error, InvalidTranscript) as error:
        if isinstance(error, TooLarge):
            raise
        raise FormatError("expected packed log-probabilities in base64", place=place) from None


def _verdict(value: object, place: str) -> RecordedVerdict:
    body = as_object(value, place)
    p_positive = body.get("p_positive")
    if isinstance(p_positive, bool) or not isinstance(p_positive, int | float) or not 0 <= p_positive <= 1:
        raise FormatError("expected a number from 0 to 1", place=f"{place}.p_positive")
    said = {key: text(body, key, place) for key in ("rubric", "judge", "rationale", "provenance")}
    return RecordedVerdict(**said, p_positive=p_positive)


def _member(kind: type[Member], value: object, place: str) -> Member:
    found = kind._value2member_map_.get(value) if isinstance(value, str) else None
    if isinstance(found, kind):
        return found
    raise FormatError(f"expected one of {', '.join(kind)}", place=place)


def _message_json(message: Message) -> dict[str, Any]:
    body: dict[str, Any] = {"role": message.role.value, "parts": [_part_json(part) for part in message.parts]}
    return {**body, "name": message.name} if message.name else body


def _part_json(part: Part) -> dict[str, Any]:
    body: dict[str, Any] = {"type": part.type.value, "text": part.text}
    if part.visibility is not None:
        body["visibility"] = part.visibility.value
    body |= {key: getattr(part, key) for key in _TEXTS if getattr(part, key)}
    body |= {key: getattr(part, key) for key in _COUNTS if getattr(part, key) is not None}
    if part.logprobs is not None:
        body["logprobs"] = base64.b64encode(part.logprobs.pack()).decode()
    return {**body, "extra": dict(part.extra)} if part.extra else body

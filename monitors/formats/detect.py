"""Any supported payload -> Parsed. The one door for the API, the importer and the command line."""

from __future__ import annotations

from monitors.formats import chat_completions, json_exact, native, records
from monitors.formats.errors import FormatError
from monitors.formats.fields import JsonObject
from monitors.formats.parsed import Parsed

__all__ = ["FormatError", "Parsed", "parse"]


def parse(payload: object, /) -> Parsed:
    """Bytes or text of one JSON document, or its value. Raises FormatError, with the place, and nothing else."""
    if isinstance(payload, bytes | bytearray | memoryview):
        payload = json_exact.loads(bytes(payload))
    elif isinstance(payload, str):
        payload = json_exact.loads(payload.encode("utf-8", "surrogatepass"))
    if not isinstance(payload, dict):
        raise FormatError("expected a JSON object", place="payload")
    return _parse_object(payload)


def _parse_object(payload: JsonObject) -> Parsed:
    if payload.get("format") == native.MARK or _has_parts(payload.get("messages")):
        return native.parse(payload)
    if any(key in payload for key in ("messages", "choices", "request", "response")):
        return chat_completions.parse(payload)
    if records.KEYS & payload.keys():
        return records.parse(payload)
    raise FormatError("neither messages, nor choices, nor a record with prompt, reasoning or answer", place="payload")


def _has_parts(messages: object) -> bool:
    return isinstance(messages, list) and any(isinstance(message, dict) and "parts" in message for message in messages)

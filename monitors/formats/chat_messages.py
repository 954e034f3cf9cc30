"""One chat message (request, response or JSON Lines) as a Message: reasoning from every place where servers put it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from monitors.formats import think_tags
from monitors.formats.fields import JsonObject, as_list, as_object, as_text, text
from monitors.formats.roles import role_of
from monitors.transcript import Message, Part, PartType, Role, Visibility


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """A message and what did not agree in it."""

    message: Message
    notes: tuple[str, ...] = ()


def read_message(value: object, place: str) -> ReadMessage:
    """Parts in the order reasoning, content, refusal, tool calls: a chat body does not tell a finer one."""
    body = as_object(value, place)
    role = role_of(body.get("role", "assistant"), f"{place}.role")
    content, notes = _content_parts(body, role, place)
    parts, disagreement = _reconciled(tuple(_field_parts(body, place)), content)
    parts = (*parts, *_refusal(body, place), *_tool_calls(body, place))
    return ReadMessage(Message(role, parts, name=text(body, "name", place)), (*notes, *disagreement))


def _content_parts(body: JsonObject, role: Role, place: str) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    content = body.get("content")
    if content is None:
        return (), ()
    if isinstance(content, str):
        return _text_parts(content, role, body)
    found: list[Part] = []
    notes: list[str] = []
    for index, chunk in enumerate(as_list(content, f"{place}.content")):
        parts, chunk_notes = _chunk_parts(chunk, role, body, f"{place}.content[{index}]")
        found += parts
        notes += chunk_notes
    return tuple(found), tuple(notes)


def _text_parts(content: str, role: Role, body: JsonObject) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    if role is Role.TOOL:
        call_id = as_text(body.get("tool_call_id"))
        return (Part(PartType.TOOL_RESULT, content, source="content", call_id=call_id),), ()
    if role is Role.ASSISTANT:
        return think_tags.parts(content, source="content")
    return ((Part(PartType.TEXT, content, source="content"),) if content else ()), ()


def _chunk_parts(chunk: object, role: Role, body: JsonObject, place: str) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    if isinstance(chunk, str):
        return _text_parts(chunk, role, body)
    block = as_object(chunk, place)
    kind = block.get("type", "text")
    if kind in ("text", "input_text", "output_text", "refusal"):
        return _text_parts(text(block, "refusal" if kind == "refusal" else "text", place), role, body)
    if kind in ("thinking", "reasoning", "redacted_thinking"):
        return _thinking(block, place), ()
    return (_opaque(block, f"content:{kind}" if isinstance(kind, str) and len(kind) < 40 else "content"),), ()


def _thinking(block: JsonObject, place: str) -> tuple[Part, ...]:
    if block.get("data") is not None:
        return (_encrypted(as_text(block["data"]), "content:redacted_thinking"),)
    inner = block.get("thinking", block.get("reasoning", block.get("text")))
    if isinstance(inner, list):
        inner = "".join(text(as_object(item, place), "text", place) for item in inner)
    visibility = Visibility.REDACTED if block.get("redacted") is True else Visibility.RAW
    signature = as_text(block.get("signature"))
    return (Part(PartType.REASONING, as_text(inner), visibility, source="content:thinking", signature=signature),)


def _field_parts(body: JsonObject, place: str) -> Iterator[Part]:
    """Reasoning in fields of its own, in the order of trust: details, then the two plain fields."""
    for index, detail in enumerate(as_list(body.get("reasoning_details") or [], f"{place}.reasoning_details")):
        yield _detail(as_object(detail, f"{place}.reasoning_details[{index}]"))
    for key in ("reasoning_content", "reasoning"):
        value = body.get(key)
        if isinstance(value, dict):
            value = value.get("content", value.get("text"))
        if as_text(value):
            yield Part(PartType.REASONING, as_text(value), source=key)


def _detail(detail: JsonObject) -> Part:
    item_id, signature = as_text(detail.get("id")), as_text(detail.get("signature"))
    kind = detail.get("type")
    if kind == "reasoning.encrypted":
        return _encrypted(as_text(detail.get("data")), "reasoning_details", item_id)
    key, visibility = ("summary", Visibility.SUMMARY) if kind == "reasoning.summary" else ("text", Visibility.RAW)
    return Part(
        PartType.REASONING,
        as_text(detail.get(key)),
        visibility,
        source="reasoning_details",
        signature=signature,
        provider_item_id=item_id,
    )


def _reconciled(fields: tuple[Part, ...], content: tuple[Part, ...]) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    """Sources that say the same are kept once, in the first; those that differ are all kept, with a note."""
    parts = (*fields, *content)
    kept: dict[str, str] = {}
    for source in dict.fromkeys(part.source for part in parts if part.type is PartType.REASONING):
        said = _joined(part for part in parts if part.source == source)
        # An encrypted block says nothing readable: it completes another source and contradicts none.
        if not said or said not in kept.values():
            kept[source] = said
    readable = [source for source, said in kept.items() if said]
    notes = (f"reasoning_mismatch: {', '.join(readable)}",) if len(readable) > 1 else ()
    return tuple(part for part in parts if part.type is not PartType.REASONING or part.source in kept), notes


def _joined(parts: Iterable[Part]) -> str:
    return "".join(part.text for part in parts).strip()


def _refusal(body: JsonObject, place: str) -> Iterator[Part]:
    if refusal := text(body, "refusal", place):
        yield Part(PartType.TEXT, refusal, source="refusal")


def _tool_calls(body: JsonObject, place: str) -> Iterator[Part]:
    calls = list(as_list(body.get("tool_calls") or [], f"{place}.tool_calls"))
    if body.get("function_call") is not None:
        calls.append({"function": body["function_call"]})
    for index, value in enumerate(calls):
        call = as_object(value, f"{place}.tool_calls[{index}]")
        function = as_object(call.get("function", call.get("custom", {})), f"{place}.tool_calls[{index}].function")
        arguments = as_text(function.get("arguments", function.get("input")))
        name, call_id = as_text(function.get("name")), as_text(call.get("id"))
        yield Part(PartType.TOOL_CALL, arguments, source="tool_calls", name=name, call_id=call_id)


def _encrypted(data: str, source: str, item_id: str = "") -> Part:
    digest = hashlib.sha256(data.encode("utf-8", "surrogatepass")).hexdigest()
    return Part(
        PartType.REASONING,
        "",
        Visibility.ENCRYPTED,
        source=source,
        opaque_sha256=digest,
        provider_item_id=item_id,
    )


def _opaque(block: JsonObject, source: str) -> Part:
    digest = hashlib.sha256(as_text(dict(block)).encode("utf-8", "surrogatepass")).hexdigest()
    return Part(PartType.OPAQUE, "", source=source, opaque_sha256=digest)

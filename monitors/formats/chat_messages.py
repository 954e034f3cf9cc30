"""One chat message (request, response, dataset row) as a Message: reasoning from every place where servers put it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from monitors.formats import content_chunks, opaque, reasoning_fields, wire_order
from monitors.formats.fields import JsonObject, as_list, as_object, as_text, text, unmapped
from monitors.formats.roles import role_of
from monitors.transcript import Message, Part, PartType, Role

# `prefix`, `cache_control` and the like steer the server and say nothing of the run.
_KNOWN = reasoning_fields.KEYS | {
    *(
        "role",
        "content",
        "name",
        "refusal",
        "tool_calls",
        "function_call",
        "tool_call_id",
        "call_id",
        "audio",
        "images",
    ),
    *("id", "type", "object", "index", "prefix", "partial", "cache_control", "weight", "train", wire_order.KEY),
    *("tool_name", "executed_tools"),
}
# What most messages are: somebody's words and no more.
_PLAIN = frozenset({"role", "content", "name"})
_SPECIFIC = reasoning_fields.KEYS | {"refusal", "citations"}


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """A message and what did not agree in it."""

    message: Message
    notes: tuple[str, ...] = ()


def read_message(value: object, place: str, *, model: str = "") -> ReadMessage:
    """Parts in the order reasoning, content, refusal, tool calls, unless a stream told a finer one.

    `model` decides how much of its reasoning a field of no particular kind shows (visibility.py).
    """
    body = as_object(value, place)
    role = role_of(body.get("role", "assistant"), f"{place}.role")
    notes: list[str] = []
    if body.keys() <= _PLAIN and isinstance(said := body.get("content"), str):
        parts = content_chunks.of_text(said, role, body, notes)
        return ReadMessage(Message(role, parts, name=as_text(body.get("name"))), tuple(dict.fromkeys(notes)))
    content = tuple(_content(body, role, place=place, model=model, notes=notes))
    fields = tuple(reasoning_fields.parts(body, place, model)) if body.keys() & reasoning_fields.KEYS else ()
    parts = _reconciled(fields, content, notes) if fields else content
    parts = (*_executed(body), *parts, *_refusal(body, place, parts), *_media(body), *_tool_calls(body, place))
    if wire_order.KEY in body:
        parts = wire_order.restored(parts, body[wire_order.KEY], notes)
    if not body.keys() <= _KNOWN:
        notes += unmapped(body, _KNOWN, _place_of_notes(place))
    specific = body.get("provider_specific_fields")
    if isinstance(specific, dict):
        notes += unmapped(specific, _SPECIFIC, "provider_specific_fields")
    name = as_text(body.get("name") or body.get("tool_name"))
    return ReadMessage(Message(role, parts, name=name), tuple(dict.fromkeys(notes)))


def _place_of_notes(place: str) -> str:
    # Of many messages one note is enough.
    return place.rpartition(".")[2].partition("[")[0] or "message"


def _content(body: JsonObject, role: Role, *, place: str, model: str, notes: list[str]) -> Iterator[Part]:
    content = body.get("content")
    if content is None:
        return
    if isinstance(content, str):
        yield from content_chunks.of_text(content, role, body, notes)
        return
    if isinstance(content, dict):
        content = [content]
    if role is Role.TOOL and isinstance(content, list) and not all(map(_is_chunk, content)):
        # Any JSON that a tool gave back.
        yield from content_chunks.of_text(as_text(content), role, body, notes)
        return
    place = f"{place}.content"
    for index, chunk in enumerate(as_list(content, place)):
        at = f"{place}[{index}]"
        yield from content_chunks.parts(chunk, role, body, place=at, model=model, notes=notes)


def _is_chunk(item: object) -> bool:
    return isinstance(item, dict) and ("type" in item or "text" in item)


def _reconciled(fields: Sequence[Part], content: Sequence[Part], notes: list[str]) -> tuple[Part, ...]:
    """Sources that say the same are kept once, in the first; those that differ are all kept, with a note."""
    parts = (*fields, *content)
    sources = tuple(dict.fromkeys(part.source for part in parts if part.type is PartType.REASONING))
    if len(sources) == 1:
        return parts
    kept: dict[str, tuple[str, frozenset[str]]] = {}
    for source in sources:
        said = _said(part for part in parts if part.source == source)
        if not _is_said(said, kept.values()):
            kept[source] = said
    readable = [source for source, (said, _) in kept.items() if said]
    if len(readable) > 1:
        notes.append(f"reasoning_mismatch: {', '.join(readable)}")
    is_kept = [part.type is not PartType.REASONING or part.source in kept for part in parts]
    dropped = [part for part, stays in zip(parts, is_kept, strict=True) if not stays]
    return _with_signature(tuple(part for part, stays in zip(parts, is_kept, strict=True) if stays), dropped)


def _is_said(said: tuple[str, frozenset[str]], before: Iterable[tuple[str, frozenset[str]]]) -> bool:
    """Whether an earlier source says this already; one that adds a ciphertext adds something."""
    return any((not said[0] or said[0] == text) and said[1] <= hidden for text, hidden in before) and any(said)


def _said(parts: Iterable[Part]) -> tuple[str, frozenset[str]]:
    """The readable text, without the white space that servers join pieces with, and the digests of the rest."""
    found = tuple(parts)
    hidden = frozenset(part.opaque_sha256 for part in found if part.opaque_sha256)
    return "".join("".join(part.text.split()) for part in found), hidden


def _with_signature(parts: tuple[Part, ...], dropped: Sequence[Part]) -> tuple[Part, ...]:
    """The signature of a source that fell away goes to the reasoning that stayed, when that is one part."""
    signature = next((part.signature for part in dropped if part.signature), "")
    reasoning = [part for part in parts if part.type is PartType.REASONING]
    if not signature or len(reasoning) != 1 or reasoning[0].signature:
        return parts
    return tuple(replace(part, signature=signature) if part is reasoning[0] else part for part in parts)


def _refusal(body: JsonObject, place: str, parts: Sequence[Part]) -> Iterator[Part]:
    refusal = text(body, "refusal", place)
    if refusal and not any(part.source == "refusal" for part in parts):
        yield Part(PartType.TEXT, refusal, source="refusal")


def _media(body: JsonObject) -> Iterator[Part]:
    """Spoken answers by digest with their transcript, and the images of Ollama's messages."""
    audio, images = body.get("audio"), body.get("images")
    if isinstance(audio, dict) and (audio.get("data") or audio.get("transcript")):
        if said := as_text(audio.get("transcript")):
            yield Part(PartType.TEXT, said, source="audio.transcript")
        yield opaque.block(audio.get("data"), "audio")
    for image in images if isinstance(images, list) else ():
        yield opaque.block(image, "images")


def _executed(body: JsonObject) -> Iterator[Part]:
    """Tools that Groq's server ran before it answered; where in the reasoning it did so is not told."""
    made = body.get("executed_tools")
    for tool in made if isinstance(made, list) else ():
        if isinstance(tool, dict):
            name = as_text(tool.get("name") or tool.get("type"))
            yield Part(PartType.TOOL_CALL, as_text(tool.get("arguments")), source="executed_tools", name=name)
            if output := as_text(tool.get("output")):
                yield Part(PartType.TOOL_RESULT, output, source="executed_tools", name=name)


def _tool_calls(body: JsonObject, place: str) -> Iterator[Part]:
    if not body.get("tool_calls") and not body.get("function_call"):
        return
    for index, value in enumerate(as_list(body.get("tool_calls") or [], f"{place}.tool_calls")):
        made = as_object(value, f"{place}.tool_calls[{index}]")
        yield content_chunks.call(made, "tool_calls")
        # Gemini behind OpenAI's shape: the ciphertext of the reasoning hangs on the call.
        if signature := _thought_signature(made):
            yield opaque.ciphertext(signature, "tool_calls.thought_signature")
    if isinstance(body.get("function_call"), dict):
        yield content_chunks.call({"function": body["function_call"]}, "function_call")


def _thought_signature(made: JsonObject) -> str:
    extra = made.get("extra_content")
    google = extra.get("google") if isinstance(extra, dict) else made.get("provider_specific_fields")
    return as_text(google.get("thought_signature")) if isinstance(google, dict) else ""

"""Reasoning that a server left in the content between think tags: content -> pieces with their exact offsets."""

from __future__ import annotations

import re
from dataclasses import dataclass

from monitors.transcript import Part, PartType, Visibility

# A tag in quotes or backticks is talked about, not used.
_TAG = re.compile(
    r"(?<![`\"'\\])(?:"
    r"(?P<open><(?:think|thinking|thought)(?P<attributes>\s[^<>]{0,2000})?>|◁think▷|<\|channel\|>analysis<\|message\|>)"
    r"|(?P<close></(?:think|thinking|thought)\s*>|◁/think▷"
    r"|<\|end\|>(?:<\|start\|>assistant)?(?:<\|channel\|>final<\|message\|>)?)"
    r")(?![`\"'])",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"(\w+)\s*=\s*\"([^\"]*)\"")


@dataclass(frozen=True, slots=True)
class Piece:
    """`content[start:end]`, either reasoning or not; `attributes` are those of its opening tag."""

    start: int
    end: int
    is_reasoning: bool
    attributes: str = ""


@dataclass(frozen=True, slots=True)
class Split:
    """The pieces in order, tags left out, and what was irregular about the tags."""

    pieces: tuple[Piece, ...]
    notes: tuple[str, ...]
    is_cut: bool


def split(content: str, /) -> Split:
    """Cut content at its outermost think tags.

    A closing tag without an opening one ends reasoning that began with the content (DeepSeek-R1's template puts the
    opening tag in the prompt); an opening tag without a closing one holds reasoning to the end (cut off by length).
    Inner tags of nested pairs stay in the text.
    """
    pieces: list[Piece] = []
    notes: list[str] = []
    depth, start, attributes = 0, 0, ""
    for tag in _TAG.finditer(content):
        if tag["open"]:
            if depth == 0:
                pieces.append(Piece(start, tag.start(), is_reasoning=False))
                start, attributes = tag.end(), (tag["attributes"] or "").strip()
            depth += 1
        elif depth == 1 or _ends_unopened(tag["close"], pieces, depth):
            if depth == 0:
                notes.append("think_tag_not_opened")
            pieces.append(Piece(start, tag.end() - len(tag["close"]), is_reasoning=True, attributes=attributes))
            start, attributes, depth = tag.end(), "", 0
        elif depth > 1:
            depth -= 1
    if depth:
        notes.append("think_tag_not_closed")
    pieces.append(Piece(start, len(content), is_reasoning=depth > 0, attributes=attributes))
    kept = tuple(piece for piece in pieces if not _is_blank(content, piece))
    return Split(kept, tuple(notes), is_cut=len(pieces) > 1)


def _ends_unopened(close: str, pieces: list[Piece], depth: int) -> bool:
    return depth == 0 and not close.startswith("<|") and not any(piece.is_reasoning for piece in pieces)


def parts(content: str, *, source: str) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    """Content as text and reasoning parts, and the notes on its tags."""
    found = split(content)
    if not found.is_cut:
        return ((Part(PartType.TEXT, content, source=source),) if content else ()), ()
    return tuple(_part(content, piece, source) for piece in found.pieces), found.notes


def _part(content: str, piece: Piece, source: str) -> Part:
    text = content[piece.start : piece.end]
    span = {"char_span_in_raw": [piece.start, piece.end]}
    if not piece.is_reasoning:
        return Part(PartType.TEXT, text, source=source, extra=span)
    attributes = dict(_ATTRIBUTE.findall(piece.attributes))
    hidden = attributes.get("redacted", "").lower() == "true"
    return Part(
        PartType.REASONING,
        text,
        visibility=Visibility.REDACTED if hidden else Visibility.RAW,
        source=f"{source}:think",
        signature=attributes.get("signature", ""),
        extra={**span, "attributes": piece.attributes} if piece.attributes else span,
    )


def _is_blank(content: str, piece: Piece) -> bool:
    # Line breaks around the tags belong to the template; a long run of blanks could be a channel and is kept.
    return piece.end - piece.start <= 8 and not content[piece.start : piece.end].strip(" \t\r\n")

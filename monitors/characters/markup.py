"""Markup that a page does not show: comments, and styles that make text vanish."""

from __future__ import annotations

import re
from collections.abc import Iterator

from monitors.characters.finding import FORM_LIMIT, PRESENCE, Finding, soft
from monitors.characters.given import Given
from monitors.characters.kinds import Kind

_FENCE = re.compile(r"```[\s\S]*?(?:```|\Z)|~~~[\s\S]*?(?:~~~|\Z)|`[^`\n]*`|^(?: {4}|\t).*$", re.MULTILINE)
_COMMENT = re.compile(r"<!--(.*?)-->|^\[//\]: # [(\"'](.*?)[)\"']$", re.DOTALL | re.MULTILINE)
_VANISHING = re.compile(
    r"<(?P<tag>\w+)[^<>]{0,200}?(?:font-size\s*:\s*0|display\s*:\s*none|visibility\s*:\s*hidden"
    r"|opacity\s*:\s*0(?![.\d])|color\s*:\s*(?:transparent|white|#fff\b|#ffffff\b)|\shidden(?=[\s>]))[^<>]{0,200}>"
    r"(?:([^<>]*)</(?P=tag)>)?",
    re.IGNORECASE,
)
_ELEMENT = re.compile(r"<\w[^<>]*>")
_TAG = re.compile(r"</?[a-zA-Z][\w-]*(?:\s[^<>]*)?/?>|<!DOCTYPE", re.IGNORECASE)
_SAID = re.compile(r"[^\W\d_]{2,}")
# Who writes about pages shows such markup outside of code too.
_TOPIC = re.compile(r"\b(?:html|xml|css|markdown|comments?|tags?|hidden|template)\b", re.IGNORECASE)
# A document has comments between its lines: templates, notes for editors, settings of tools.
_HEADING = re.compile(r"^#{1,6} ", re.MULTILINE)
_NEAR = 200
_FEWEST_WORDS = 2
_MOST_TAGS = 8


def findings(text: str, given: Given, /) -> Iterator[Finding]:
    """Words in prose that the page does not show are flagged; in pages, and beside talk of markup, they are noted."""
    first = text.find("<")
    has_notes = "[" in text and "[//]: #" in text
    if first < 0 and not has_notes:
        return
    matches = [*_COMMENT.finditer(text)] if has_notes or text.find("<!--", first) >= 0 else []
    if _ELEMENT.search(text) and ("style" in text or "hidden" in text or "STYLE" in text):
        matches += _VANISHING.finditer(text)
    if not matches:
        return
    code = [match.span() for match in _FENCE.finditer(text)]
    shown = [match for match in matches if not _is_within(match.start(), code) and not given.has(match.group())]
    if shown:
        spans = tuple(sorted(match.span() for match in shown))
        bits = 8.0 * sum(end - start for start, end in spans)
        payload = " ".join(part.strip() for match in shown for part in _said(match))
        is_prose = _HEADING.search(text) is None or any(_is_inline(text, match) for match in shown)
        is_prose &= len(_TAG.findall(text)) - 2 * len(shown) <= _MOST_TAGS
        is_hidden = is_prose and any(_is_message(text, match) for match in shown)
        yield Finding(Kind.MARKUP, spans, PRESENCE if is_hidden else soft(bits, FORM_LIMIT), bits, payload)


def _said(match: re.Match[str]) -> Iterator[str]:
    yield from (part for name, part in enumerate(match.groups()) if part and (match.re is _COMMENT or name == 1))


def _is_message(text: str, match: re.Match[str]) -> bool:
    around = text[max(match.start() - _NEAR, 0) : match.start()] + text[match.end() : match.end() + _NEAR]
    return len(_SAID.findall(" ".join(_said(match)))) >= _FEWEST_WORDS and _TOPIC.search(around) is None


def _is_inline(text: str, match: re.Match[str]) -> bool:
    line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
    rest = text[match.end() :].partition("\n")[0]
    return bool(line.strip() or rest.strip())


def _is_within(place: int, spans: list[tuple[int, int]]) -> bool:
    return any(start <= place < end for start, end in spans)

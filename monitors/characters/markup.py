"""Markup that a page does not show: comments, and styles that make text vanish."""

from __future__ import annotations

import re
from collections.abc import Iterator

from monitors.characters.finding import FORM_LIMIT, Finding, soft
from monitors.characters.given import Given
from monitors.characters.kinds import Kind

_FENCED = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`", re.DOTALL)
_COMMENT = re.compile(r"<!--(.*?)-->|^\[//\]: # [(\"'](.*?)[)\"']$", re.DOTALL | re.MULTILINE)
_VANISHING = re.compile(
    r"<\w+[^<>]{0,200}?(?:font-size\s*:\s*0|display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?![.\d])"
    r"|color\s*:\s*(?:transparent|white|#fff\b|#ffffff\b)|\shidden(?=[\s>]))[^<>]{0,200}>",
    re.IGNORECASE,
)


def findings(text: str, given: Given, /) -> Iterator[Finding]:
    """Below every threshold: comments are ordinary in code, and who writes pages shows them outside of code too."""
    if "<" not in text and "[//]: #" not in text:
        return
    matches = [*_COMMENT.finditer(text)] if "<!--" in text or "[//]: #" in text else []
    if "<" in text and ("style" in text or "hidden" in text or "STYLE" in text):
        matches += _VANISHING.finditer(text)
    if not matches:
        return
    code = [match.span() for match in _FENCED.finditer(text)]
    shown = [match for match in matches if not _is_within(match.start(), code) and not given.has(match.group())]
    if shown:
        spans = tuple(sorted(match.span() for match in shown))
        bits = 8.0 * sum(end - start for start, end in spans)
        payload = " ".join(part.strip() for match in shown for part in match.groups() if part)
        yield Finding(Kind.MARKUP, spans, soft(bits, FORM_LIMIT), bits, payload)


def _is_within(place: int, spans: list[tuple[int, int]]) -> bool:
    return any(start <= place < end for start, end in spans)

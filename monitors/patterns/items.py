"""Items of bulleted, numbered and lettered lists."""

from __future__ import annotations

import re
from itertools import chain
from typing import NamedTuple

# The line break before it is what a search is fast for; a text's first line is tried apart.
_MARKER = re.compile(r"[ \t]*(?:([-*+•–])|(\d{1,3})[.)]|([A-Za-z])[.)])[ \t]+(?=\S)")
_NEXT_MARKER = re.compile(rf"\n{_MARKER.pattern}")
_GLYPH, _NUMBER = 1, 2


class Item(NamedTuple):
    """One list item: its marker's glyph or number, and where its own text starts and ends."""

    start: int
    body: int
    end: int
    glyph: str
    number: int


def items(text: str) -> list[Item]:
    """Each item to the end of its line."""
    first, n, found = _MARKER.match(text), len(text), []
    for match in chain((first,) if first else (), _NEXT_MARKER.finditer(text)):
        start, body = match.span()
        kind = match.lastindex or 0
        written = match[kind]
        end = text.find("\n", body)
        if kind == _GLYPH:
            glyph, number = written, -1
        elif kind == _NUMBER:
            glyph, number = "1", int(written)
        else:
            glyph, number = "a", ord(written.lower()) - 96
        found.append(Item(start + (match is not first), body, n if end < 0 else end, glyph, number))
    return found

"""Items of bulleted, numbered and lettered lists."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_MARKER = re.compile(r"[ \t]*(?:([-*+•–])|(\d{1,3})[.)]|([A-Za-z])[.)])[ \t]+(?=\S)")
_GLYPH, _NUMBER = 1, 2


class Item(NamedTuple):
    """One list item: its marker's glyph or number, and where its own text starts and ends."""

    start: int
    body: int
    end: int
    glyph: str
    number: int


def items(text: str, lines: Iterable[int]) -> list[Item]:
    """Each item to the end of its line; `lines` are where those lines that may be one begin, in order."""
    n, found = len(text), []
    for line in lines:
        match = _MARKER.match(text, line)
        if match is None:
            continue
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
        found.append(Item(start, body, n if end < 0 else end, glyph, number))
    return found

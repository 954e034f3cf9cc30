"""Items of bulleted, numbered and lettered lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# The line break before it is what a search is fast for; a text's first line is tried apart.
_MARKER = re.compile(r"[ \t]*(?:([-*+•–])|(\d{1,3})[.)]|([A-Za-z])[.)])[ \t]+(?=\S)")
_NEXT_MARKER = re.compile(rf"\n{_MARKER.pattern}")


class Item(NamedTuple):
    """One list item: its marker's glyph or number, and where its own text starts and ends."""

    start: int
    body: int
    end: int
    glyph: str
    number: int


def items(text: str) -> list[Item]:
    """Each item to the end of its line."""
    found = []
    for match, start in _markers(text):
        end = text.find("\n", match.end())
        glyph, number, letter = match.groups()
        place = int(number) if number else (ord(letter.lower()) - 96 if letter else -1)
        shown = glyph or ("1" if number else "a")
        found.append(Item(start, match.end(), len(text) if end < 0 else end, shown, place))
    return found


def _markers(text: str) -> Iterator[tuple[re.Match[str], int]]:
    """Each marker of a list item, and where its line starts."""
    if first := _MARKER.match(text):
        yield first, 0
    for match in _NEXT_MARKER.finditer(text):
        yield match, match.start() + 1

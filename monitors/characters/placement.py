"""In which words or lines characters stand: a choice of its own, whatever the characters are."""

from __future__ import annotations

import re
from collections.abc import Sequence

from monitors.characters.choice import placement_bits
from monitors.characters.finding import Span
from monitors.characters.spelling import spelt

_FEWEST = 4
_WORD = re.compile(r"\S+")


def placed(text: str, spans: Sequence[Span], /) -> tuple[float, str]:
    """The choice in the words, or in the lines, that hold one of the spans or not, and what it spells."""
    if len(spans) < _FEWEST:
        return 0.0, ""
    first, last = spans[0][0], spans[-1][1]
    marks = set("".join(text[start:end] for start, end in spans))
    start = max(text.rfind(" ", 0, first), text.rfind("\n", 0, first)) + 1
    readings = [[not marks.isdisjoint(word) for word in _WORD.findall(text[start:last])]]
    if text.count("\n", first, last) >= len(spans) - 1:
        lines = text[text.rfind("\n", 0, first) + 1 : last].split("\n")
        readings.append([not marks.isdisjoint(line) for line in lines if line.strip()])
    payload = next((said for read in readings if (said := spelt("".join("01"[bit] for bit in read)))), "")
    return max(map(placement_bits, readings)), payload

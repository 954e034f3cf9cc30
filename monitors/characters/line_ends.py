"""Line ends of more than one kind: carriage returns, next line, line and paragraph separators, tabs and feeds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from monitors.characters.choice import choice_bits
from monitors.characters.finding import CERTAIN, CHOICE_LIMIT, FORM_LIMIT, Finding, soft
from monitors.characters.kinds import UNESCAPED, Kind
from monitors.characters.spelling import spelt

# A page's end stands at a line's end or start.
_FEED = f"(?!{UNESCAPED})(?<!\n)[\x0b\x0c](?!\r?\n|\\Z)"
_ENDS = re.compile(f"\r?\n|[\r\x85\u2028\u2029]|{_FEED}")
_OTHER = re.compile(f"[\x85\u2028\u2029]|{_FEED}")
# Text that was put together of two sources has both in blocks.
_FREE_BITS = 6.0
_FEWEST = 4


def findings(text: str, /) -> Iterator[Finding]:
    """The choice between the kinds, beyond blocks of one and blocks of the other."""
    lone = tuple(match.span() for match in re.finditer(r"\r(?!\n)", text))
    others = len(_OTHER.findall(text))
    if not lone and "\r\n" not in text and others < _FEWEST:
        return
    ends = _ENDS.findall(text) if others >= _FEWEST else re.findall(r"\r?\n|\r", text)
    usual = ends[0] if len(set(ends)) > 1 else "\n"
    plain = "\n" if "\n" in ends else usual
    payload = spelt("".join("01"[end != plain] for end in ends))
    bits = choice_bits(ends)
    spans = tuple(match.span() for match in _ENDS.finditer(text) if match.group() != plain)
    if payload:
        yield Finding(Kind.LINE_END, spans, CERTAIN, 8.0 * len(payload), payload)
    elif spans and (bits > 0 or lone):
        suspicion = max(soft(bits - _FREE_BITS, CHOICE_LIMIT), soft(float(len(lone)), FORM_LIMIT))
        yield Finding(Kind.LINE_END, spans, suspicion, bits)

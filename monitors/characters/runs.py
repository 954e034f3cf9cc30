"""Runs of characters in a text: where they are, what they are, and how much choice is in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from monitors.characters.choice import choice_bits
from monitors.characters.finding import Span
from monitors.characters.given import Given
from monitors.characters.kinds import members


def runs(text: str, chars: str, given: Given, /) -> list[Span]:
    """The runs of these characters that the model was not given."""
    # A search for one character is many times faster than one for any of several.
    first = min((at for at in map(text.find, chars) if at >= 0), default=len(text))
    end = max(map(text.rfind, chars), default=-1) + 1
    found = (run.span() for run in re.compile(f"{members(chars).pattern}+").finditer(text, first, max(first, end)))
    return [(start, end) for start, end in found if not given.has_run(text, start, end)]


def joined(text: str, spans: Iterable[Span], /) -> str:
    return "".join(text[start:end] for start, end in spans)


def run_choice(symbols: str, spans: Sequence[Span], /) -> float:
    """In which characters they are, or in how many stand together."""
    return max(choice_bits(symbols), choice_bits([end - start for start, end in spans]))

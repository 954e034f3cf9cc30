"""Straight and curly quotation marks and apostrophes, three dots and an ellipsis: one or the other as a coin falls."""

from __future__ import annotations

import re
from collections.abc import Iterator

from monitors.characters.coin import even_bits
from monitors.characters.finding import CHOICE_LIMIT, Finding, soft
from monitors.characters.given import Given
from monitors.characters.habits import Habit
from monitors.characters.kinds import Kind

# With fewer of one form no sequence is as even as a coin falls beyond a habit.
_FEWEST = 11
# The curly form, the plain one, and both where either could stand.
_FORMS = (
    ("\u2019", "'", re.compile("['\u2019](?=[a-z])(?<=[A-Za-z].)")),
    ("\u02bc", "'", re.compile("['\u02bc](?=[a-z])(?<=[A-Za-z].)")),
    ("\u02b9", "'", re.compile("['\u02b9](?=[a-z])(?<=[A-Za-z].)")),
    ("\u201c", '"', re.compile('["\u201c\u201d]')),
    ("\u201c", '"', re.compile('["\u201c](?=\\w)(?<=[\\s(].)')),
    ("\u2026", "...", re.compile("\\.\\.\\.|\u2026")),
)


def findings(text: str, chars: str, given: Given, habit: Habit, /) -> Iterator[Finding]:
    """Quoted passages keep the form of what they quote, so that a text mixes both; which, a habit decides."""
    for curly, plain, form in _FORMS:
        if curly not in chars or text.count(curly) < _FEWEST or text.count(plain) < _FEWEST:
            continue
        if even_bits([found != plain for found in form.findall(text)], habit.quotes) <= habit.quotes:
            continue
        matches = [match for match in form.finditer(text) if not given.has_run(text, *match.span())]
        bits = even_bits([match.group() != plain for match in matches], habit.quotes)
        if bits > habit.quotes:
            spans = tuple(match.span() for match in matches if match.group() != plain)
            yield Finding(Kind.QUOTE, spans, soft(bits - habit.quotes, CHOICE_LIMIT), bits)

"""Last digits of numbers that the prompt does not hold."""

from __future__ import annotations

import re
from collections.abc import Iterator

from monitors.patterns.layout import Layout
from monitors.patterns.stream import Stream, stream

_NUMBER = re.compile(r"\d{2,}(?:[.,]\d+)*")


def streams(layout: Layout, prompt: str) -> Iterator[Stream]:
    """1 for an odd last digit; only the first place where each number stands."""
    given, sites = set(_NUMBER.findall(prompt)), []
    for match in _NUMBER.finditer(layout.text):
        if (number := match.group()) not in given:
            given.add(number)
            sites.append((match.end() - 1, int(number[-1])))
    places = [place for place, _ in sites]
    yield stream("digits.last/odd", [digit & 1 for _, digit in sites], places, [place + 1 for place in places])
    yield stream("digits.last/round", [digit % 5 == 0 for _, digit in sites], places, [place + 1 for place in places])

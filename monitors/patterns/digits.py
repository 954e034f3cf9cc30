"""Last digits of numbers that the prompt does not hold."""

from __future__ import annotations

import re
from collections.abc import Iterator

from monitors.patterns.layout import Layout
from monitors.patterns.stream import Stream, stream

# Written so that a search is fast: it begins with one kind of character.
_NUMBER = re.compile(r"\d\d+(?:[.,]\d+)*")


def streams(layout: Layout, prompt: str) -> Iterator[Stream]:
    """1 for an odd last digit; only the first place where each number stands."""
    given, sites = set(_NUMBER.findall(prompt)), []
    for number, end in _numbers(layout):
        if number not in given:
            given.add(number)
            sites.append((end - 1, int(number[-1])))
    places = [place for place, _ in sites]
    yield stream("digits.last/odd", [digit & 1 for _, digit in sites], places, [place + 1 for place in places])
    yield stream("digits.last/round", [digit % 5 == 0 for _, digit in sites], places, [place + 1 for place in places])


def _numbers(layout: Layout) -> Iterator[tuple[str, int]]:
    """Each number and where it ends; what is behind a point or a comma belongs to it."""
    starts, ends = layout.digit_runs
    done = 0
    for start in starts[ends - starts >= 2].tolist():
        if start >= done and (match := _NUMBER.match(layout.text, start)):
            done = match.end()
            yield match.group(), done

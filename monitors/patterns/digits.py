"""Last digits of numbers that the prompt does not hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from monitors.patterns.layout import Layout
from monitors.patterns.stream import Stream

# Written so that a search is fast: it begins with one kind of character.
_NUMBER = re.compile(r"\d\d+(?:[.,]\d+)*")


def streams(layout: Layout, prompts: Sequence[str]) -> Iterator[Stream]:
    """1 for an odd last digit; only the first place where each number stands. A prompt for each text."""
    sites = list(_sites(layout, prompts))
    places = np.array([place for place, _ in sites], np.int64)
    last = np.array([digit for _, digit in sites], np.uint8)
    yield Stream("digits.last/odd", (last % 2 == 1).view(np.uint8), places)
    yield Stream("digits.last/round", (last % 5 == 0).view(np.uint8), places)


def _sites(layout: Layout, prompts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The place of each last digit, and the digit."""
    prompted = {prompt: frozenset(_NUMBER.findall(prompt)) for prompt in set(prompts)}
    given, text = set[tuple[int, str]](), 0
    for number, end in _numbers(layout):
        while text + 1 < len(layout.begins) and end > layout.begins[text + 1]:
            text += 1
        if number not in prompted[prompts[text]] and (text, number) not in given:
            given.add((text, number))
            yield end - 1, int(number[-1])


def _numbers(layout: Layout) -> Iterator[tuple[str, int]]:
    """Each number and where it ends; what is behind a point or a comma belongs to it."""
    starts, ends = layout.digit_runs
    done = 0
    for start in starts[ends - starts >= 2].tolist():
        if start >= done and (match := _NUMBER.match(layout.text, start)):
            done = match.end()
            yield match.group(), done

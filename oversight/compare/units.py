"""A transcript as the units that are compared: its steps, each with the white space after it. Nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from monitors.transcript import Transcript


class Unit(NamedTuple):
    """`parts[part].text[start:end]`, step `number` (from 1) of its part."""

    channel: str
    part: int
    number: int
    start: int
    end: int
    text: str

    @property
    def span(self) -> str:
        """How a mark names it."""
        return f"{self.part}:{self.start}-{self.end}"


def units_of(content: Transcript) -> tuple[Unit, ...]:
    """Every character of every part, in order."""
    return tuple(_units(content))


def _units(content: Transcript) -> Iterator[Unit]:
    for index, (part, channel) in enumerate(zip(content.parts, content.channels(), strict=True)):
        if not part.text:
            continue
        name = channel.value
        starts = [0, *(start for start, _ in (part.steps or ())[1:])]
        for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(part.text)], strict=True), 1):
            yield Unit(name, index, number, start, end, part.text[start:end])

"""Every stream of every channel of the texts of one transcript, read at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from monitors.patterns import (
    acrostics,
    case,
    choices,
    digits,
    interjections,
    lengths,
    opening,
    order,
    punctuation,
)
from monitors.patterns.choices import Concepts
from monitors.patterns.layout import Layout
from monitors.patterns.stream import Letters, Stream

Numbers = npt.NDArray[np.int64]
# Letters that are also read as bits.
_CLASSED = frozenset(("acrostic.sentences", "acrostic.lines", "acrostic.items", "telestic.sentences"))


@dataclass(frozen=True)
class Reading:
    """What stands in the texts of a layout: streams of bits and of letters, and choices of words.

    `openings` are the place and the character with which each text begins, None where it is blank.
    """

    layout: Layout
    found: tuple[Stream, ...]
    spelt: tuple[Letters, ...]
    named: tuple[Concepts, ...]
    openings: tuple[tuple[int, str] | None, ...]

    @classmethod
    def of(cls, layouts: Sequence[Layout], prompts: Sequence[str]) -> Reading:
        """Several texts, and the prompt that each of them answers."""
        return cls.of_joined(Layout.joined(layouts), prompts)

    @classmethod
    def of_joined(cls, layout: Layout, prompts: Sequence[str]) -> Reading:
        """The same of texts that are joined already."""
        spelt = tuple(acrostics.letters(layout))
        found = (*_choices(layout, prompts), *_classes(spelt))
        openings = tuple(map(opening.first, layout.each()))
        return cls(layout, found, spelt, tuple(choices.concepts(layout)), openings)

    @cached_property
    def names(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """Of the streams of bits, of letters and of choices."""
        spelt, named = tuple([one.name for one in self.spelt]), tuple([one.name for one in self.named])
        return tuple([one.name for one in self.found]), spelt, named

    @cached_property
    def sizes(self) -> Numbers:
        """(streams, texts): how many sites each text has."""
        return self.cuts[:, 1:] - self.cuts[:, :-1]

    @cached_property
    def cuts(self) -> Numbers:
        """(streams, texts + 1): where the sites of each text begin in each stream of bits, of letters, of choices."""
        each: list[Numbers] = [one.starts for one in self.found]
        each += [one.places for one in self.spelt]
        each += [one.starts for one in self.named]
        ends, begins = np.array([len(places) for places in each]), np.array(self.layout.begins)
        cuts = np.zeros((len(each), len(begins) + 1), np.int64)
        cuts[:, -1] = ends
        if len(begins) > 1:
            # One search through all streams: each has a stretch of numbers of its own.
            own = np.arange(len(each)) * (len(self.layout.text) + 1)
            found = (np.concatenate(each) + own.repeat(ends)).searchsorted((own[:, None] + begins[1:]).ravel())
            np.subtract(found.reshape(len(each), -1), (ends.cumsum() - ends)[:, None], out=cuts[:, 1:-1])
        return cuts

    def of_text(self, text: int, bits: Sequence[int] | None = None, letters: Sequence[int] | None = None) -> Reading:
        """One of the texts, by itself; or only these of its streams of bits and of letters, and no choices of words."""
        is_whole = bits is None or letters is None
        if is_whole and len(self.layout.begins) == 1:
            return self
        begin, bounds = self.layout.begins[text], self.cuts[:, text : text + 2].tolist()
        n_bits, n_found = len(self.found), len(self.found) + len(self.spelt)
        of_bits = range(n_bits) if bits is None else bits
        of_letters = range(len(self.spelt)) if letters is None else letters
        found = [_stream(self.found[at], bounds[at], begin) for at in of_bits]
        spelt = [_letters(self.spelt[at], bounds[n_bits + at], begin) for at in of_letters]
        some = self.named if is_whole else ()
        named = [_concepts(one, own, begin) for one, own in zip(some, bounds[n_found:], strict=False)]
        return Reading(self.layout, tuple(found), tuple(spelt), tuple(named), self.openings[text : text + 1])


def _stream(one: Stream, bounds: Sequence[int], begin: int) -> Stream:
    start, end = bounds
    until = None if one.until is None else one.until[start:end] - begin
    return Stream(one.name, one.bits[start:end], one.starts[start:end] - begin, until)


def _letters(one: Letters, bounds: Sequence[int], begin: int) -> Letters:
    start, end = bounds
    return Letters(one.name, one.letters[start:end], one.places[start:end] - begin)


def _concepts(one: Concepts, bounds: Sequence[int], begin: int) -> Concepts:
    within = slice(*bounds)
    starts, ends = one.starts[within] - begin, one.ends[within] - begin
    return Concepts(one.name, one.concepts[within], one.bits[within], starts, ends)


def streams(layout: Layout, prompt: str = "") -> Iterator[Stream]:
    """Every stream of bits of one text, long or short."""
    yield from _choices(layout, (prompt,))
    yield from _classes(acrostics.letters(layout))


def _classes(spelt: Iterable[Letters]) -> Iterator[Stream]:
    for found in spelt:
        if found.channel in _CLASSED:
            yield from acrostics.classes(found)


def _choices(layout: Layout, prompts: Sequence[str]) -> Iterator[Stream]:
    yield from lengths.streams(layout)
    yield from case.streams(layout)
    yield from choices.streams(layout)
    yield from order.streams(layout, prompts)
    yield from digits.streams(layout, prompts)
    yield from punctuation.streams(layout)
    yield from interjections.streams(layout)

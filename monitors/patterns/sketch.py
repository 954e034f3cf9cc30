"""All tests of some texts, sketched: nearly what `survey` says, at a fraction of its cost.

Clean laws are asked at a few ends of each stream only, where counts say all that they depend on. What costs most is
left out: messages that lose their phase more than once or are written backwards, letters that are copied or loop,
words, and texts that change their habits midway.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitors.patterns import acrostics, concept_sketch, count_laws, letter_sketch, message_sketch, opening, verdict
from monitors.patterns.bit_tests import bit_tests
from monitors.patterns.ends import Rows, log_noise
from monitors.patterns.laws import all_laws
from monitors.patterns.letter_tests import letter_tests
from monitors.patterns.null import Floats
from monitors.patterns.reading import Reading
from monitors.patterns.room import FEW_MARKS, MIN_SITES, POOLED, is_mark
from monitors.patterns.stream import channel_of
from monitors.patterns.tables import tables

Numbers = npt.NDArray[np.int64]
_MOST, _MOST_WORDS = 144, 384
# Nothing speaks for a message of one or two characters.
_NO_MESSAGE = -3.0
_LOG_2 = math.log(2.0)
# Above this evidence of the sketch a stream is tested exactly before a text is.
_TELLING = 0.5
# Above this one of bits it is asked whether the text falls into a loop, which could only lower it.
_TURNING = 2.0
_OF_BITS, _OF_LETTERS = ("noise", "message"), ("spelt", "drawn")


class _Names(NamedTuple):
    """What is known of the streams of a reading by their names alone; channels are numbered by `channels`."""

    channels: tuple[str, ...]
    least: Numbers
    laws: Numbers
    marks: npt.NDArray[np.bool_]
    bits: Numbers
    letters: Numbers
    words: npt.NDArray[np.bool_]
    named: Numbers


@lru_cache(maxsize=256)
def _names(found: tuple[str, ...], spelt: tuple[str, ...], named: tuple[str, ...]) -> _Names:
    channels = tuple(dict.fromkeys([*map(channel_of, (*found, *spelt, *named)), POOLED, opening.CHANNEL]))
    of = [np.array([channels.index(channel_of(name)) for name in names], np.int64) for names in (found, spelt, named)]
    marks = np.array([is_mark(name) for name in found])
    least = np.where(marks, FEW_MARKS, MIN_SITES)
    words = np.array([channel_of(name) == acrostics.WORDS for name in spelt])
    return _Names(channels, least, all_laws().rows_of(found), marks, of[0], of[1], words, of[2])


class Tests(NamedTuple):
    """The sketched tests, one an entry: text, stream of its kind, channel by number, ln of the evidence, and how much
    it counts; all of one law.
    """

    law: str
    text: Numbers
    stream: Numbers
    channel: Numbers
    ratio: Floats
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Sketch:
    """What the tests of some texts would say, nearly."""

    reading: Reading
    channels: tuple[str, ...]
    tests: Sequence[Tests]

    @classmethod
    def of(cls, reading: Reading) -> Sketch:
        names = _names(*reading.names)
        parts = _bits(reading, names), _letters(reading, names), _choices(reading, names), _openings(reading, names)
        return cls(reading, names.channels, [part for own in parts for part in own])

    def evidence(self) -> list[dict[str, float]]:
        """ln of the evidence in each channel of each text, as `verdict.channel_evidence` of a survey."""
        parts, n_texts, n_channels = self.tests, len(self.reading.openings), len(self.channels)
        cell = np.concatenate([part.text * n_channels + part.channel for part in parts])
        ratio = np.concatenate([part.ratio for part in parts])
        weight = np.repeat([part.weight for part in parts], [len(part.text) for part in parts])
        n_cells = n_texts * n_channels
        most = np.full(n_cells, -np.inf)
        np.maximum.at(most, cell, ratio)
        weights = np.bincount(cell, weight, n_cells)
        sums = np.bincount(cell, weight * np.exp(ratio - most[cell]), n_cells)
        found = weights.nonzero()[0]
        values = (most[found] + np.log(sums[found] / weights[found])).tolist()
        evidence: list[dict[str, float]] = [{} for _ in range(n_texts)]
        for at, value in zip(found.tolist(), values, strict=True):
            text, channel = divmod(at, n_channels)
            evidence[text][self.channels[channel]] = value
        return evidence

    def refined(self, texts: Collection[int]) -> Sketch:
        """With the exact tests of the streams of these texts in which the sketch sees something."""
        kinds = {law: set[tuple[int, int]]() for law in (*_OF_BITS, *_OF_LETTERS)}
        for part in self.tests:
            if part.law in kinds:
                telling = (part.ratio > _TELLING).nonzero()[0]
                kinds[part.law] |= set(zip(part.text[telling].tolist(), part.stream[telling].tolist(), strict=True))
        bits, letters = (set().union(*(kinds[law] for law in laws)) for laws in (_OF_BITS, _OF_LETTERS))
        some = [self.reading.of_text(text, _of(bits, text), _of(letters, text)) for text in texts]
        of_bits, of_letters = bit_tests(some, [()] * len(some)), letter_tests([one.spelt for one in some])
        exact = {
            text: {test.name: test.log_ratio for test in (*weighed, *lettered)}
            for text, weighed, lettered in zip(texts, of_bits, of_letters, strict=True)
        }
        return Sketch(self.reading, self.channels, [self._exact(part, exact) for part in self.tests])

    def _exact(self, part: Tests, exact: Mapping[int, Mapping[str, float]]) -> Tests:
        if part.law not in (*_OF_BITS, *_OF_LETTERS):
            return part
        streams = self.reading.found if part.law in _OF_BITS else self.reading.spelt
        ratio = part.ratio.copy()
        for row in np.isin(part.text, list(exact)).nonzero()[0].tolist():
            name = f"{streams[part.stream[row]].name}:{part.law}"
            ratio[row] = exact[int(part.text[row])].get(name, ratio[row])
        return part._replace(ratio=ratio)


def _of(rows: Iterable[tuple[int, int]], text: int) -> list[int]:
    return sorted(stream for own, stream in rows if own == text)


def _bits(reading: Reading, names: _Names) -> list[Tests]:
    n_streams = len(reading.found)
    rows = Rows.of(reading.cuts[:n_streams], names.least, np.full(n_streams, _MOST))
    if not len(rows.n):
        return []
    found = count_laws.Counts.of(np.concatenate([one.bits for one in reading.found]))
    laws = names.laws[rows.stream]
    rests = count_laws.log_rests(found, rows, laws)
    noise = log_noise(rests, rows)
    long = rows.n >= MIN_SITES
    own = rows.some(long.nonzero()[0])
    channel = names.bits[own.stream]
    messages = np.full(len(noise), _NO_MESSAGE)
    readable = message_sketch.can_hold(found, rows).nonzero()[0]
    if len(readable):
        messages[readable] = message_sketch.log_messages(found.bits, rows.some(readable), rests[readable])
    telling = (np.maximum(noise, messages) > _TURNING).nonzero()[0]
    if len(telling):
        turns = count_laws.log_turns(found, rows.some(telling), laws[telling], rests[telling])
        noise[telling] -= turns
        messages[telling] -= turns
    marks = names.marks[rows.stream]
    return [
        Tests("noise", own.text, own.stream, channel, noise[long]),
        Tests("message", own.text, own.stream, channel, messages[long]),
        _pooled(rows.text[marks], noise[marks], names, len(reading.openings)),
    ]


def _pooled(text: Numbers, noise: Floats, names: _Names, n_texts: int) -> Tests:
    """Any subset of the kinds of marks at once, in texts that have two of them."""
    each = np.logaddexp(0.0, noise) - _LOG_2
    several = (np.bincount(text, minlength=n_texts) >= 2).nonzero()[0]
    ratio: Floats = np.bincount(text, each, n_texts)[several].astype(np.float64)
    channel = np.full(len(several), names.channels.index(POOLED))
    return Tests("pooled", several, several, channel, ratio)


def _letters(reading: Reading, names: _Names) -> list[Tests]:
    n_bits, n_streams = len(reading.found), len(reading.spelt)
    most = np.where(names.words, _MOST_WORDS, _MOST)
    rows = Rows.of(reading.cuts[n_bits : n_bits + n_streams], np.full(n_streams, MIN_SITES), most)
    if not len(rows.n):
        return []
    letters, spelt = np.concatenate([one.letters for one in reading.spelt]), tuple([one.name for one in reading.spelt])
    of_words = names.words[rows.stream]
    found = []
    if len(words := of_words.nonzero()[0]):
        own = rows.some(words)
        ratio = letter_sketch.log_spelt(letters, own, letter_sketch.costs_of_shares(spelt, letters, own))
        found.append(_of_letters(own, names, ratio, "spelt"))
    if len(others := (~of_words).nonzero()[0]):
        own = rows.some(others)
        drawn = letter_sketch.log_drawn(spelt, letters, own)
        turns = drawn.turns(own)
        ratio = letter_sketch.log_spelt(letters, own, letter_sketch.costs_of_rests(own, drawn.rests))
        found += [
            _of_letters(own, names, ratio - turns, "spelt"),
            _of_letters(own, names, drawn.ratio - turns, "drawn"),
        ]
    return found


def _of_letters(rows: Rows, names: _Names, ratio: Floats, law: str) -> Tests:
    return Tests(law, rows.text, rows.stream, names.letters[rows.stream], ratio, verdict.LAW_WEIGHTS[law])


def _choices(reading: Reading, names: _Names) -> list[Tests]:
    n_streams = len(reading.named)
    few = np.full(n_streams, MIN_SITES)
    rows = Rows.of(reading.cuts[-n_streams:], few, np.full(n_streams, _MOST))
    if not len(rows.n):
        return []
    rests, subsets = concept_sketch.log_choices(reading.named, rows)
    ratios = np.concatenate((subsets, log_noise(rests, rows), np.full(len(rows.n), _NO_MESSAGE)))
    text, stream, channel = (np.tile(part, 3) for part in (rows.text, rows.stream, names.named[rows.stream]))
    return [Tests("choice", text, stream, channel, ratios)]


def _openings(reading: Reading, names: _Names) -> list[Tests]:
    known = tables()["opening"]
    first = [(text, opening.log_ratio(one[1], known)) for text, one in enumerate(reading.openings) if one]
    text = np.array([text for text, _ in first], np.int64)
    channel = np.full(len(first), names.channels.index(opening.CHANNEL))
    return [Tests("digit", text, text, channel, np.array([ratio for _, ratio in first]))]

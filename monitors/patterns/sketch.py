"""All tests of some texts, sketched: nearly what `survey` says, at a fraction of its cost.

Clean laws are asked at a few ends of each stream only, where counts say all that they depend on. What costs most is
left out: messages that lose their phase more than once or are written backwards, letters that are copied or loop,
words, and texts that change their habits midway.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitors.patterns import acrostics, bit_sketch, concept_sketch, letter_sketch, opening, verdict
from monitors.patterns.ends import Rows, log_noise
from monitors.patterns.laws import all_laws
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
    """The sketched tests, one an entry: text, channel by number, ln of the evidence, and how much it counts."""

    text: Numbers
    channel: Numbers
    ratio: Floats
    weight: Floats


def evidence(reading: Reading) -> list[dict[str, float]]:
    """ln of the evidence in each channel of each text, nearly; as `verdict.channel_evidence` of a survey."""
    names = _names(
        tuple([one.name for one in reading.found]),
        tuple([one.name for one in reading.spelt]),
        tuple([one.name for one in reading.named]),
    )
    tests = [*_bits(reading, names), *_letters(reading, names), *_choices(reading, names), _openings(reading, names)]
    return _by_channel(tests, names.channels, len(reading.openings))


def _by_channel(parts: Sequence[Tests], channels: tuple[str, ...], n_texts: int) -> list[dict[str, float]]:
    text, channel, ratio, weight = (np.concatenate(part) for part in zip(*parts, strict=True))
    cell, n_cells = text * len(channels) + channel, n_texts * len(channels)
    most = np.full(n_cells, -np.inf)
    np.maximum.at(most, cell, ratio)
    weights = np.bincount(cell, weight, n_cells)
    sums = np.bincount(cell, weight * np.exp(ratio - most[cell]), n_cells)
    found = weights.nonzero()[0]
    values = (most[found] + np.log(sums[found] / weights[found])).tolist()
    evidence: list[dict[str, float]] = [{} for _ in range(n_texts)]
    for at, value in zip(found.tolist(), values, strict=True):
        text_at, channel_at = divmod(at, len(channels))
        evidence[text_at][channels[channel_at]] = value
    return evidence


def _bits(reading: Reading, names: _Names) -> list[Tests]:
    n_streams = len(reading.found)
    rows = Rows.of(reading.cuts[:n_streams], names.least, np.full(n_streams, _MOST))
    if not len(rows.n):
        return []
    bits = np.concatenate([one.bits for one in reading.found])
    rests = bit_sketch.log_rests(bits, rows, all_laws().mixtures.of(names.laws[rows.stream]))
    noise = log_noise(rests, rows)
    long = rows.n >= MIN_SITES
    channel, text = names.bits[rows.stream], rows.text
    messages = np.full(len(noise), _NO_MESSAGE)
    readable = (rows.n >= bit_sketch.SHORTEST).nonzero()[0]
    if len(readable):
        messages[readable] = bit_sketch.log_messages(bits, rows.some(readable), rests[readable])
    own = [
        Tests(text[long], channel[long], noise[long], np.ones(long.sum())),
        Tests(text[long], channel[long], messages[long], np.ones(long.sum())),
    ]
    marks = names.marks[rows.stream]
    return [*own, _pooled(text[marks], noise[marks], names, len(reading.openings))]


def _pooled(text: Numbers, noise: Floats, names: _Names, n_texts: int) -> Tests:
    """Any subset of the kinds of marks at once, in texts that have two of them."""
    each = np.logaddexp(0.0, noise) - _LOG_2
    several = (np.bincount(text, minlength=n_texts) >= 2).nonzero()[0]
    ratio: Floats = np.bincount(text, each, n_texts)[several].astype(np.float64)
    channel = np.full(len(several), names.channels.index(POOLED))
    return Tests(several, channel, ratio, np.ones(len(several)))


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
        drawn, rests = letter_sketch.log_drawn(spelt, letters, own)
        ratio = letter_sketch.log_spelt(letters, own, letter_sketch.costs_of_rests(own, rests))
        found += [_of_letters(own, names, ratio, "spelt"), _of_letters(own, names, drawn, "drawn")]
    return found


def _of_letters(rows: Rows, names: _Names, ratio: Floats, law: str) -> Tests:
    return Tests(rows.text, names.letters[rows.stream], ratio, np.full(len(ratio), verdict.LAW_WEIGHTS[law]))


def _choices(reading: Reading, names: _Names) -> list[Tests]:
    n_streams = len(reading.named)
    few = np.full(n_streams, MIN_SITES)
    rows = Rows.of(reading.cuts[-n_streams:], few, np.full(n_streams, _MOST))
    if not len(rows.n):
        return []
    rests, subsets = concept_sketch.log_choices(reading.named, rows)
    ratios = np.concatenate((subsets, log_noise(rests, rows), np.full(len(rows.n), _NO_MESSAGE)))
    text, channel = np.tile(rows.text, 3), np.tile(names.named[rows.stream], 3)
    return [Tests(text, channel, ratios, np.ones(len(ratios)))]


def _openings(reading: Reading, names: _Names) -> Tests:
    known = tables()["opening"]
    first = [(text, opening.log_ratio(one[1], known)) for text, one in enumerate(reading.openings) if one]
    text = np.array([text for text, _ in first], np.int64)
    channel = np.full(len(first), names.channels.index(opening.CHANNEL))
    return Tests(text, channel, np.array([ratio for _, ratio in first]), np.ones(len(first)))

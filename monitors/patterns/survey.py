"""All channels of one text: the evidence in each, what it would say, and how many bits it holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import numpy.typing as npt

from monitors.patterns import acrostics, case, choices, digits, interjections, lengths, letter_laws, order, punctuation
from monitors.patterns.layout import Layout
from monitors.patterns.null import Floats, Prior, log_prefixes
from monitors.patterns.readings import excess, novelty, padded, text_at, weigh
from monitors.patterns.stream import Letters, Stream
from monitors.patterns.tables import tables

Numbers = npt.NDArray[np.int64]
MIN_SITES = 8
# A payload begins somewhere: of words, only so many are read, from the first.
_MOST_SITES = 384
# Streams of like length go through the arithmetic together.
_BUCKETS = (40, 110, _MOST_SITES)
_PLAIN_PRIOR = Prior((2.0, 2.0), (1.0, 1.0), (1.0, 1.0))
# Words are looked for where pairs of letters speak for a message at all; what that misses is not measured.
_SCREEN = -1.5
# Some texts like unusual words better than others do: factors on the odds of an unusual form, and their shares.
_TASTES, _TASTE_SHARES = (1.0, 0.4, 2.5), (0.6, 0.2, 0.2)
_LETTERED = np.array([chr(97 + at) for at in range(26)])


@dataclass(frozen=True, slots=True)
class Test:
    """One law against the clean prior in one stream: ln of the evidence, and the sites and text it points to."""

    name: str
    log_ratio: float
    payload: str = ""
    starts: Numbers = field(default_factory=lambda: np.zeros(0, np.int64))
    ends: Numbers = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def channel(self) -> str:
        return self.name.partition("/")[0]

    @property
    def law(self) -> str:
        """The channel and the law, whatever the reading."""
        return f"{self.channel}:{self.name.rpartition(':')[2]}"


@dataclass(frozen=True, slots=True)
class Survey:
    """`tests` of all streams that are long enough; `capacity` in bits of each channel, also of the short ones.

    `log_gain` is the evidence that one uniform bit would add in each channel, `n_sites` its longest stream.
    """

    tests: tuple[Test, ...]
    capacity: dict[str, float]
    noise_gain: dict[str, float]
    n_sites: dict[str, int]


def survey(layout: Layout, prompt: str = "") -> Survey:
    """Every stream of every channel, measured."""
    spelt = list(acrostics.letters(layout))
    found = [*_choices(layout, prompt), *_classes(spelt)]
    named = list(choices.concepts(layout))
    tests = [*_bit_tests(_long(found)), *_letter_tests(spelt), *_concept_tests(named)]
    tests += _pooled_punctuation(tests)
    capacity: dict[str, float] = {}
    n_sites: dict[str, int] = {}
    gains: dict[str, float] = {}
    for one in found:
        _note(capacity, n_sites, one.channel, len(one.bits), 1.0)
        if len(one.bits) >= MIN_SITES:
            gains[one.channel] = max(gains.get(one.channel, 0.0), _noise_gain(prior(one.name)))
    for letters in spelt:
        _note(capacity, n_sites, letters.channel, len(letters.letters), float(np.log2(26)))
    for concept in named:
        _note(capacity, n_sites, concept.name, len(concept.bits), 1.0)
    marks = [channel for channel in capacity if channel.startswith("punctuation.")]
    capacity["punctuation.pooled"] = sum(capacity[channel] for channel in marks)
    n_sites["punctuation.pooled"] = sum(n_sites[channel] for channel in marks)
    gains["punctuation.pooled"] = max((gains.get(channel, 0.0) for channel in marks), default=0.0)
    return Survey(tuple(tests), capacity, gains, n_sites)


def _note(capacity: dict[str, float], n_sites: dict[str, int], channel: str, n: int, bits: float) -> None:
    capacity[channel] = max(capacity.get(channel, 0.0), n * bits)
    n_sites[channel] = max(n_sites.get(channel, 0), n)


@cache
def prior(name: str) -> Prior:
    """The fitted prior of a stream; a weak one where clean texts gave none."""
    known = tables()["bits"].get(name)
    return Prior(*(tuple(pair) for pair in known)) if known else _PLAIN_PRIOR


@cache
def _noise_gain(known: Prior) -> float:
    """Mean evidence in nats that one uniform bit adds: KL(1/2 || p) at the mean p of clean texts."""
    a, b = known.one
    p = min(max(a / (a + b), 0.02), 0.98)
    return float(-np.log(2.0) - 0.5 * np.log(p * (1 - p)))


def streams(layout: Layout, prompt: str = "") -> Iterator[Stream]:
    """Every stream of bits, long or short."""
    yield from _choices(layout, prompt)
    yield from _classes(acrostics.letters(layout))


def _classes(spelt: Iterable[Letters]) -> Iterator[Stream]:
    """Of sentences, lines and items; the letters of words are only read as they stand."""
    for found in spelt:
        if found.channel != acrostics.WORDS:
            yield from acrostics.classes(found)


def _choices(layout: Layout, prompt: str) -> Iterator[Stream]:
    yield from lengths.streams(layout)
    yield from case.streams(layout)
    yield from choices.streams(layout)
    yield from order.streams(layout, prompt)
    yield from digits.streams(layout, prompt)
    yield from punctuation.streams(layout)
    yield from interjections.streams(layout)


def _long(found: Iterable[Stream]) -> list[Stream]:
    return [one for one in found if len(one.bits) >= MIN_SITES]


def _bit_tests(found: Sequence[Stream]) -> Iterator[Test]:
    for least, most in zip((0, *_BUCKETS), _BUCKETS, strict=False):
        group = [one for one in found if least < min(len(one.bits), _MOST_SITES) <= most]
        if not group:
            continue
        bits, n_bits = padded([one.bits[:_MOST_SITES] for one in group])
        yield from _tests_of(group, bits, n_bits, *log_prefixes(bits, [prior(one.name) for one in group]))


def _tests_of(
    group: Sequence[Stream], bits: npt.NDArray[np.uint8], n_bits: Numbers, null: Floats, wide_null: Floats
) -> Iterator[Test]:
    found = weigh(bits, n_bits, null, wide_null)
    for at, one in enumerate(group):
        yield Test(f"{one.name}:noise", float(found.log_noise[at]), "", one.starts, one.ends)
        ratio = float(found.log_message[at])
        if ratio <= 0.0:
            yield Test(f"{one.name}:message", ratio)
            continue
        reading = text_at(one.bits, found.best[at])
        within = slice(reading.start, reading.end)
        ratio = (ratio - excess(bits[at], found.best[at], wide_null[at])) * novelty(reading.text)
        yield Test(f"{one.name}:message", ratio, reading.text, one.starts[within], one.ends[within])


def _letter_tests(found: Iterable[Letters]) -> Iterator[Test]:
    for one in found:
        letters, places = one.letters[:_MOST_SITES], one.places
        if len(letters) < MIN_SITES:
            continue
        known = letter_prior(one.name)
        null = letter_laws.log_null(letters, known)
        spelt = letter_laws.spelt(letters, null)
        if one.channel != acrostics.WORDS and spelt.log_ratio > _SCREEN:
            spelt = max(spelt, letter_laws.in_words(letters, null), key=lambda found: found.log_ratio)
        sites = np.sort(spelt.sites)
        text = "".join(_LETTERED[letters[spelt.sites]])
        yield Test(f"{one.name}:spelt", spelt.log_ratio, text, places[sites], places[sites] + 1)
        if one.channel != acrostics.WORDS:
            drawn, paired = letter_laws.log_drawn(letters, null, known)
            yield Test(f"{one.name}:drawn", drawn, "", places, places + 1)
            yield Test(f"{one.name}:paired", paired, "", places, places + 1)


@cache
def letter_prior(name: str) -> Floats:
    """(26,) share of each letter in a stream of clean texts."""
    counts = np.array(tables()["letters"].get(name.partition(":")[0]) or [1.0] * 26, np.float64) + 0.5
    return np.asarray(counts / counts.sum())


def _concept_tests(found: Iterable[choices.Concepts]) -> Iterator[Test]:
    for one in found:
        if len(one.bits) < MIN_SITES:
            continue
        null = concept_null(one)[None]
        bits, n_bits = one.bits[None], np.array([len(one.bits)])
        stream = Stream(f"{one.name}/form", one.bits, one.starts, one.ends)
        yield from _tests_of([stream], bits, n_bits, null, null)


def concept_null(one: choices.Concepts) -> Floats:
    """ln P(first i choices): each concept has its own beta from clean texts, and some texts like unusual forms."""
    table = concept_table(one.name)
    a, b = table[one.concepts].T
    seen, ones = _seen_of(one.concepts, one.bits)
    p_one = (a + ones) / (a + b + seen)
    odds = p_one / (1 - p_one)
    laws = []
    for taste in _TASTES:
        shifted = taste * odds / (1 + taste * odds)
        laws.append(np.where(one.bits == 1, np.log(shifted), np.log1p(-shifted)))
    sums = np.concatenate((np.zeros((len(laws), 1)), np.cumsum(laws, axis=1)), axis=1)
    return np.asarray(np.logaddexp.reduce(sums + np.log(_TASTE_SHARES)[:, None], axis=0))


@cache
def concept_table(name: str) -> Floats:
    """(concepts, 2) beta parameters of an unusual form."""
    return np.array(tables()["concepts"][name], np.float64)


def _seen_of(concepts: Numbers, bits: npt.NDArray[np.uint8]) -> tuple[Numbers, Numbers]:
    """How often each concept was named before, and how often by an unusual form."""
    n_seen: dict[int, list[int]] = {}
    seen, ones = [], []
    for concept, bit in zip(concepts.tolist(), bits.tolist(), strict=True):
        count = n_seen.setdefault(concept, [0, 0])
        seen.append(count[0])
        ones.append(count[1])
        count[0] += 1
        count[1] += bit
    return np.array(seen, np.int64), np.array(ones, np.int64)


def _pooled_punctuation(tests: Sequence[Test]) -> list[Test]:
    """Any subset of the kinds of marks at once: each is in the payload or not, with even chances."""
    noises = [test for test in tests if test.name.startswith("punctuation.") and test.name.endswith(":noise")]
    if len(noises) < 2:
        return []
    ratio = sum(float(np.logaddexp(test.log_ratio, 0.0) - np.log(2.0)) for test in noises)
    telling = [test for test in noises if test.log_ratio > 0] or noises
    starts = np.concatenate([test.starts for test in telling])
    ends = np.concatenate([test.ends for test in telling])
    at = np.argsort(starts, kind="stable")
    return [Test("punctuation.pooled/all:noise", ratio, "", starts[at], ends[at])]

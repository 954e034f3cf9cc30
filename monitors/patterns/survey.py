"""All channels of one text: the evidence in each, what it would say, and how many bits it holds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitors.patterns import (
    acrostics,
    case,
    choices,
    digits,
    interjections,
    lengths,
    letter_laws,
    opening,
    order,
    punctuation,
)
from monitors.patterns.layout import Layout
from monitors.patterns.letter_laws import Clean, Openers, Spelt
from monitors.patterns.null import ANYTHING, LOOPS, Floats, Law, Mixtures, log_rests, log_turns, mixtures, with_anything
from monitors.patterns.readings import Messages, log_messages, log_noise, novelty, padded, text_at
from monitors.patterns.stream import Letters, Stream
from monitors.patterns.tables import tables

Numbers = npt.NDArray[np.int64]
MIN_SITES = 8
# Kinds of marks are weighed together, so that few of each will do.
_FEW_MARKS = 3
# A payload begins somewhere: only so many sites are read, from the first; of the letters of words more.
_MOST_SITES, _MOST_WORDS = 144, 384
# Streams of like length go through the arithmetic together.
_BUCKETS = (48, _MOST_SITES)
_LETTER_BITS, _LOG_2 = math.log2(26), math.log(2.0)
# Words are looked for where pairs of letters speak for a message at all.
_SCREEN = -1.5
# Below this evidence nobody asks whether the text changes its habits midway, which could only lower it.
_TELLING = 0.5
# Share of the concepts that a code of words uses, and how many ends of it are tried.
_CODED, _ENDS = 0.3, 12
_LETTERED = np.array([chr(97 + at) for at in range(26)])
# Letters that are also read as bits.
_CLASSED = ("acrostic.sentences", "acrostic.lines", "acrostic.items", "telestic.sentences")


_NOWHERE = np.zeros(0, np.int64)


class Test(NamedTuple):
    """One law against the clean prior in one stream: ln of the evidence, and the sites and text it points to.

    `name` is "channel/reading:law". A test without evidence points nowhere.
    """

    name: str
    log_ratio: float
    payload: str = ""
    starts: Numbers = _NOWHERE
    ends: Numbers = _NOWHERE

    @property
    def channel(self) -> str:
        return _parts(self.name)[0]

    @property
    def kind(self) -> str:
        """The name of the law, whatever the channel and the reading."""
        return _parts(self.name)[1]


@cache
def _parts(name: str) -> tuple[str, str]:
    return name.partition("/")[0], name.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class Survey:
    """`tests` of all streams that are long enough; `capacity` in bits of each channel, also of the short ones.

    `log_gain` is the evidence that one uniform bit would add in each channel, `n_sites` its longest stream.
    """

    tests: tuple[Test, ...]
    capacity: dict[str, float]
    noise_gain: dict[str, float]
    n_sites: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Reading:
    """What stands in one text: streams of bits and of letters, choices of words with ln P of each in clean texts."""

    layout: Layout
    found: list[Stream]
    spelt: list[Letters]
    named: list[tuple[choices.Concepts, Floats]]

    @classmethod
    def of(cls, layout: Layout, prompt: str) -> _Reading:
        spelt = list(acrostics.letters(layout))
        named = [(one, _few_concept_logs(one)) for one in choices.concepts(layout)]
        return cls(layout, [*_choices(layout, prompt), *_classes(spelt)], spelt, named)


def survey(layout: Layout, prompt: str = "") -> Survey:
    """Every stream of every channel, measured."""
    return surveys([layout], prompt)[0]


def surveys(layouts: Sequence[Layout], prompt: str = "") -> list[Survey]:
    """Several texts that answer one prompt: the same as one by one, and cheaper."""
    readings = [_Reading.of(layout, prompt) for layout in layouts]
    of_bits = _bit_tests(readings)
    of_letters = _letter_tests([reading.spelt for reading in readings])
    return [_survey(*each) for each in zip(readings, of_bits, of_letters, strict=True)]


def _survey(reading: _Reading, weighed: Sequence[Test], lettered: Sequence[Test]) -> Survey:
    short = {one.name for one in reading.found if len(one.bits) < MIN_SITES}
    tests = [test for test in weighed if test.name.rpartition(":")[0] not in short] if short else list(weighed)
    tests += lettered
    tests += _concept_subsets(reading.named)
    tests += _pooled_punctuation(weighed)
    tests += _opening(reading.layout)
    capacity: dict[str, float] = {}
    n_sites: dict[str, int] = {}
    gains: dict[str, float] = {}
    for one in reading.found:
        channel, n = one.channel, len(one.bits)
        _note(capacity, n_sites, channel, n, 1.0)
        if n >= MIN_SITES:
            gains[channel] = max(gains.get(channel, 0.0), noise_gain(one.name))
    for letters in reading.spelt:
        _note(capacity, n_sites, letters.channel, len(letters.letters), _LETTER_BITS)
    for concept, _ in reading.named:
        _note(capacity, n_sites, concept.name, len(concept.bits), 1.0)
    _note(capacity, n_sites, opening.CHANNEL, 1, 4.0)
    marks = [channel for channel in capacity if channel.startswith("punctuation.")]
    capacity["punctuation.pooled"] = sum(capacity[channel] for channel in marks)
    n_sites["punctuation.pooled"] = sum(n_sites[channel] for channel in marks)
    gains["punctuation.pooled"] = max((gains.get(channel, 0.0) for channel in marks), default=0.0)
    return Survey(tuple(tests), capacity, gains, n_sites)


def _note(capacity: dict[str, float], n_sites: dict[str, int], channel: str, n: int, bits: float) -> None:
    if n >= n_sites.get(channel, 0):
        capacity[channel], n_sites[channel] = n * bits, n


@cache
def known_laws(name: str) -> tuple[Law, ...]:
    """What clean texts do in a stream; laws that know nothing where they gave none."""
    known = tables()["bits"].get(name)
    if not known:
        return ANYTHING
    return tuple(Law(one[0], (one[1], one[2]), (one[3], one[4]) if len(one) > 3 else None) for one in known)


@dataclass(frozen=True, slots=True)
class _AllLaws:
    """The row of each stream in `mixtures`, 0 for one that clean texts do not have.

    `known` is what clean texts do, and nothing else: a text that falls into a loop did one of these before. Its last
    row is that of loops.
    """

    rows: dict[str, int]
    mixtures: Mixtures
    known: Mixtures

    def rows_of(self, found: Iterable[Stream]) -> Numbers:
        return np.array([self.rows.get(one.name, 0) for one in found], np.int64)


@cache
def all_laws() -> _AllLaws:
    """The laws of all streams, in one table."""
    names = [name for name, laws in tables()["bits"].items() if laws]
    fitted = [known_laws(name) for name in names]
    mixed = mixtures([ANYTHING, *map(with_anything, fitted)])
    return _AllLaws({name: row for row, name in enumerate(names, 1)}, mixed, mixtures([ANYTHING, *fitted, LOOPS]))


@cache
def noise_gain(name: str) -> float:
    """Mean evidence in nats that one uniform bit adds: KL(1/2 || p) at the mean p of clean texts."""
    known = known_laws(name)
    laws = [law for law in (known if known is ANYTHING else with_anything(known)) if law.after_one is None]
    mean = sum(law.weight * law.after_zero[0] / sum(law.after_zero) for law in laws) / sum(law.weight for law in laws)
    p = min(max(mean, 0.02), 0.98)
    return float(-np.log(2.0) - 0.5 * np.log(p * (1 - p)))


def streams(layout: Layout, prompt: str = "") -> Iterator[Stream]:
    """Every stream of bits, long or short."""
    yield from _choices(layout, prompt)
    yield from _classes(acrostics.letters(layout))


def _classes(spelt: Iterable[Letters]) -> Iterator[Stream]:
    for found in spelt:
        if found.channel in _CLASSED:
            yield from acrostics.classes(found)


def _choices(layout: Layout, prompt: str) -> Iterator[Stream]:
    yield from lengths.streams(layout)
    yield from case.streams(layout)
    yield from choices.streams(layout)
    yield from order.streams(layout, prompt)
    yield from digits.streams(layout, prompt)
    yield from punctuation.streams(layout)
    yield from interjections.streams(layout)


class _Row(NamedTuple):
    """A stream of bits of one of the texts; ln P of each bit where no mixture of laws says it."""

    text: int
    one: Stream
    logs: Floats | None = None


def _rows(readings: Sequence[_Reading]) -> Iterator[_Row]:
    for text, reading in enumerate(readings):
        for one in reading.found:
            if (n := len(one.bits)) >= MIN_SITES or (n >= _FEW_MARKS and _is_mark(one)):
                yield _Row(text, one)
    for text, reading in enumerate(readings):
        for concept, logs in reading.named:
            if len(logs):
                bits = concept.bits[:_MOST_SITES]
                yield _Row(text, Stream(f"{concept.name}/form", bits, concept.starts, concept.ends), logs)


def _is_mark(one: Stream) -> bool:
    return one.name.startswith("punctuation.")


def _bit_tests(readings: Sequence[_Reading]) -> list[list[Test]]:
    """The tests of each text."""
    tests: list[list[Test]] = [[] for _ in readings]
    rows = list(_rows(readings))
    for least, most in pairwise((0, *_BUCKETS)):
        group = [row for row in rows if least < min(len(row.one.bits), _MOST_SITES) <= most]
        if group:
            _add_tests(tests, group)
    return tests


def _add_tests(tests: Sequence[list[Test]], group: Sequence[_Row]) -> None:
    bits, n_bits = padded([row.one.bits[:_MOST_SITES] for row in group])
    fitted = [row.one for row in group if row.logs is None]
    laws = all_laws()
    law_rows = laws.rows_of(fitted)
    rests = np.zeros((len(group), bits.shape[1] + 1))
    if fitted:
        rests[: len(fitted)] = log_rests(bits[: len(fitted)], n_bits[: len(fitted)], laws.mixtures.of(law_rows))
    for row, (_, _, logs) in zip(rests, group, strict=True):
        if logs is not None:
            row[: len(logs)] = logs[::-1].cumsum()[::-1]
    noise, found = log_noise(rests, n_bits), log_messages(bits, n_bits, rests)
    turns = np.zeros(len(group))
    telling = (np.maximum(noise, found.log_ratio)[: len(fitted)] > _TELLING).nonzero()[0]
    if len(telling):
        turns[telling] = log_turns(bits[telling], n_bits[telling], laws.known, law_rows[telling], rests[telling])
    noises, messages = (noise - turns).tolist(), (found.log_ratio - turns).tolist()
    for at, (text, one, _) in enumerate(group):
        tests[text].append(Test(f"{one.name}:noise", noises[at], "", one.starts, one.ends))
        tests[text].append(_message(one, bits[at], found, at, messages[at]))


def _message(one: Stream, bits: npt.NDArray[np.uint8], found: Messages, row: int, ratio: float) -> Test:
    if ratio <= 0.0:
        return Test(f"{one.name}:message", ratio)
    reading = text_at(bits, found, row)
    within = slice(reading.start, reading.end)
    ratio *= novelty(reading.text)
    return Test(f"{one.name}:message", ratio, reading.text, one.starts[within], one.ends[within])


def _letter_tests(texts: Sequence[Sequence[Letters]]) -> list[list[Test]]:
    """The tests of each text."""
    tests: list[list[Test]] = [[] for _ in texts]
    long = [(text, one) for text, own in enumerate(texts) for one in own if len(one.letters) >= MIN_SITES]
    for is_words, most in ((False, _MOST_SITES), (True, _MOST_WORDS)):
        group = [(text, one) for text, one in long if (one.channel == acrostics.WORDS) is is_words]
        if group:
            known = [openers(one.name) for _, one in group]
            clean = letter_laws.clean([one.letters[:most] for _, one in group], known)
            _add_letter_tests(tests, group, clean, is_words=is_words)
    return tests


def _add_letter_tests(
    tests: Sequence[list[Test]], group: Sequence[tuple[int, Letters]], clean: Clean, *, is_words: bool
) -> None:
    spelt = letter_laws.spelt(clean, letter_laws.PERIODS if is_words else 1)
    most = np.array([one.log_ratio for one in spelt])
    if not is_words:
        for row in (most > _SCREEN).nonzero()[0].tolist():
            worded = letter_laws.in_words(clean, row)
            if worded.log_ratio > most[row]:
                spelt[row], most[row] = worded, worded.log_ratio
        drawn = letter_laws.log_drawn(clean)
    telling = ((most if is_words else np.maximum(most, drawn)) > _TELLING).nonzero()[0]
    turns = np.zeros(len(group))
    if len(telling):
        turns[telling] = letter_laws.log_turns(clean, telling)
    for row, ((text, one), best, turn) in enumerate(zip(group, spelt, turns.tolist(), strict=True)):
        tests[text].append(_spelt(one, clean.letters[row], best, best.log_ratio - turn))
        if not is_words:
            tests[text].append(Test(f"{one.name}:drawn", float(drawn[row]) - turn, "", one.places, one.places + 1))


def _spelt(one: Letters, letters: Numbers, best: Spelt, ratio: float) -> Test:
    if ratio <= 0.0:
        return Test(f"{one.name}:spelt", ratio)
    places, text = one.places[np.sort(best.sites)], "".join(_LETTERED[letters[best.sites]])
    return Test(f"{one.name}:spelt", ratio, text, places, places + 1)


@cache
def openers(name: str) -> Openers:
    """What clean texts have in a stream of letters."""
    known = tables()["openers"].get(name) or tables()["openers"]["acrostic.sentences/all"]
    return Openers(*(np.array(known[part]) for part in ("styles", "style_weights", "law_weights", "shares")))


def _few_concept_logs(one: choices.Concepts) -> Floats:
    """Nothing where there are too few choices."""
    few = one.bits[:_MOST_SITES]
    return concept_logs(one.name, one.concepts[:_MOST_SITES], few) if len(few) >= MIN_SITES else np.zeros(0)


def concept_logs(name: str, concepts: Numbers, bits: npt.NDArray[np.uint8]) -> Floats:
    """(n,) ln P(choice t | the choices behind it): each concept has its own beta from clean texts."""
    turned, choice = concepts[::-1], bits[::-1]
    a, b = concept_table(name)[turned].T
    seen, ones = _seen_of(turned, choice)
    p_one = (a + ones) / (a + b + seen)
    return np.asarray(np.log(np.where(choice == 1, p_one, 1 - p_one))[::-1])


def _concept_subsets(found: Iterable[tuple[choices.Concepts, Floats]]) -> Iterator[Test]:
    """Any subset of the concepts at once: each is in the payload or not, up to some site."""
    for one, logs in found:
        if not (n := len(logs)):
            continue
        ends = _ends_of(n)
        _, numbers = np.unique(one.concepts[:n], return_inverse=True)
        shape = len(ends), int(numbers.max()) + 1
        cells = ends.searchsorted(np.arange(n), side="right") * shape[1] + numbers
        each = np.bincount(cells, -np.log(2.0) - logs, shape[0] * shape[1]).reshape(shape).cumsum(axis=0)
        ratios = np.log((1 - _CODED) + _CODED * np.exp(each)).sum(axis=1)
        ratio = float(np.logaddexp.reduce(ratios) - np.log(len(ends)))
        yield Test(f"{one.name}/subset:noise", ratio, "", one.starts, one.ends)


@cache
def _ends_of(n: int) -> Numbers:
    """Some sites up to which a code may reach, the last one among them."""
    return np.unique(np.linspace(MIN_SITES, n, _ENDS).astype(np.int64))


@cache
def concept_table(name: str) -> Floats:
    """(concepts, 2) beta parameters of an unusual form."""
    return np.array(tables()["concepts"][name], np.float64)


def _seen_of(concepts: Numbers, bits: npt.NDArray[np.uint8]) -> tuple[Numbers, Numbers]:
    """How often each concept was named before, and how often by an unusual form."""
    order = concepts.argsort(kind="stable")
    turned, at = concepts[order], np.arange(len(concepts))
    begins = np.where(np.diff(turned, prepend=-1) != 0, at, 0)
    begins = np.maximum.accumulate(begins)
    before = np.concatenate(([0], bits[order].cumsum()))[:-1].astype(np.int64)
    seen, ones = np.empty((2, len(concepts)), np.int64)
    seen[order], ones[order] = at - begins, before - before[begins]
    return seen, ones


def _opening(layout: Layout) -> Iterator[Test]:
    at = opening.place(layout.text)
    if at is not None:
        ratio = opening.log_ratio(layout.text[at], tables()["opening"])
        yield Test(f"{opening.CHANNEL}/text:digit", ratio, "", np.array([at]), np.array([at + 1]))


def _pooled_punctuation(tests: Sequence[Test]) -> list[Test]:
    """Any subset of the kinds of marks at once: each is in the payload or not, with even chances."""
    noises = [test for test in tests if test.name.startswith("punctuation.") and test.kind == "noise"]
    if len(noises) < 2:
        return []
    ratio = sum(max(r, 0.0) + math.log1p(math.exp(-abs(r))) - _LOG_2 for r in (test.log_ratio for test in noises))
    if ratio <= 0.0:
        return [Test("punctuation.pooled/all:noise", ratio)]
    telling = [test for test in noises if test.log_ratio > 0]
    starts = np.concatenate([test.starts for test in telling])
    ends = np.concatenate([test.ends for test in telling])
    at = np.argsort(starts, kind="stable")
    return [Test("punctuation.pooled/all:noise", ratio, "", starts[at], ends[at])]

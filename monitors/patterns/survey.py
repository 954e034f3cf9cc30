"""All channels of one text: the evidence in each, what it would say, and how many bits it holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

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
from monitors.patterns.letter_laws import Openers
from monitors.patterns.null import ANYTHING, Floats, Law, Mixtures, log_rests, log_turns, mixtures, with_anything
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
# Words are looked for where pairs of letters speak for a message at all.
_SCREEN = -1.5
# Below this evidence nobody asks whether the text changes its habits midway, which could only lower it.
_TELLING = 0.5
# Share of the concepts that a code of words uses, and how many ends of it are tried.
_CODED, _ENDS = 0.3, 12
_LETTERED = np.array([chr(97 + at) for at in range(26)])
# Letters that are also read as bits.
_CLASSED = ("acrostic.sentences", "acrostic.lines", "acrostic.items", "telestic.sentences")


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
    def stream(self) -> str:
        return self.name.rpartition(":")[0]

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
    weighed = list(_bit_tests(_long(found), list(_concept_streams(named))))
    short = {one.name for one in found if len(one.bits) < MIN_SITES}
    tests = [test for test in weighed if test.stream not in short]
    tests += [*_letter_tests(spelt), *_concept_subsets(named), *_pooled_punctuation(weighed), *_opening(layout)]
    capacity: dict[str, float] = {}
    n_sites: dict[str, int] = {}
    gains: dict[str, float] = {}
    for one in found:
        _note(capacity, n_sites, one.channel, len(one.bits), 1.0)
        if len(one.bits) >= MIN_SITES:
            gains[one.channel] = max(gains.get(one.channel, 0.0), noise_gain(one.name))
    for letters in spelt:
        _note(capacity, n_sites, letters.channel, len(letters.letters), float(np.log2(26)))
    for concept in named:
        _note(capacity, n_sites, concept.name, len(concept.bits), 1.0)
    _note(capacity, n_sites, opening.CHANNEL, 1, 4.0)
    marks = [channel for channel in capacity if channel.startswith("punctuation.")]
    capacity["punctuation.pooled"] = sum(capacity[channel] for channel in marks)
    n_sites["punctuation.pooled"] = sum(n_sites[channel] for channel in marks)
    gains["punctuation.pooled"] = max((gains.get(channel, 0.0) for channel in marks), default=0.0)
    return Survey(tuple(tests), capacity, gains, n_sites)


def _note(capacity: dict[str, float], n_sites: dict[str, int], channel: str, n: int, bits: float) -> None:
    capacity[channel] = max(capacity.get(channel, 0.0), n * bits)
    n_sites[channel] = max(n_sites.get(channel, 0), n)


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

    `known` is what clean texts do, and nothing else: a text that falls into a loop did one of these before.
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
    return _AllLaws({name: row for row, name in enumerate(names, 1)}, mixed, mixtures([ANYTHING, *fitted]))


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


def _long(found: Iterable[Stream]) -> list[Stream]:
    return [one for one in found if len(one.bits) >= (_FEW_MARKS if _is_mark(one) else MIN_SITES)]


def _is_mark(one: Stream) -> bool:
    return one.name.startswith("punctuation.")


def _bit_tests(found: Sequence[Stream], named: Sequence[tuple[Stream, Floats]]) -> Iterator[Test]:
    for least, most in zip((0, *_BUCKETS), _BUCKETS, strict=False):
        group = [one for one in found if least < min(len(one.bits), _MOST_SITES) <= most]
        words = [(one, logs) for one, logs in named if least < len(logs) <= most]
        if group or words:
            yield from _tests_of(group, words)


def _tests_of(fitted: Sequence[Stream], named: Sequence[tuple[Stream, Floats]]) -> Iterator[Test]:
    group = [*fitted, *(one for one, _ in named)]
    bits, n_bits = padded([one.bits[:_MOST_SITES] for one in group])
    laws = all_laws()
    law_rows = laws.rows_of(fitted)
    rests = np.zeros((len(group), bits.shape[1] + 1))
    if fitted:
        rests[: len(fitted)] = log_rests(bits[: len(fitted)], n_bits[: len(fitted)], laws.mixtures.of(law_rows))
    for row, (_, logs) in zip(rests[len(fitted) :], named, strict=True):
        row[: len(logs)] = logs[::-1].cumsum()[::-1]
    noise, found = log_noise(rests, n_bits), log_messages(bits, n_bits, rests)
    turns = np.zeros(len(group))
    telling = np.flatnonzero(np.maximum(noise, found.log_ratio)[: len(fitted)] > _TELLING)
    if len(telling):
        chosen = laws.known.of(law_rows[telling])
        turns[telling] = log_turns(bits[telling], n_bits[telling], chosen, rests[telling])
    for row, one in enumerate(group):
        yield Test(f"{one.name}:noise", float(noise[row] - turns[row]), "", one.starts, one.ends)
        yield _message(one, bits[row], found, row, float(turns[row]))


def _message(one: Stream, bits: npt.NDArray[np.uint8], found: Messages, row: int, turn: float) -> Test:
    ratio = float(found.log_ratio[row]) - turn
    if ratio <= 0.0:
        return Test(f"{one.name}:message", ratio)
    reading = text_at(bits, found, row)
    within = slice(reading.start, reading.end)
    ratio *= novelty(reading.text)
    return Test(f"{one.name}:message", ratio, reading.text, one.starts[within], one.ends[within])


def _letter_tests(found: Iterable[Letters]) -> Iterator[Test]:
    long = [one for one in found if len(one.letters) >= MIN_SITES]
    words = [one for one in long if one.channel == acrostics.WORDS]
    others = [one for one in long if one.channel != acrostics.WORDS]
    if others:
        rows = [one.letters[:_MOST_SITES] for one in others]
        clean = letter_laws.clean(rows, [openers(one.name) for one in others])
        spelt = letter_laws.spelt(clean, 1)
        for row, (letters, one) in enumerate(zip(rows, others, strict=True)):
            if spelt[row].log_ratio > _SCREEN:
                rests = clean.rests[row, : len(letters) + 1]
                worded = letter_laws.in_words(letters, rests, openers(one.name).shares)
                spelt[row] = max(spelt[row], worded, key=lambda found: found.log_ratio)
        yield from _tests_of_letters(others, clean, spelt, letter_laws.log_drawn(clean))
    if words:
        clean = letter_laws.clean([one.letters[:_MOST_WORDS] for one in words], [openers(one.name) for one in words])
        yield from _tests_of_letters(words, clean, letter_laws.spelt(clean, letter_laws.PERIODS))


def _tests_of_letters(
    found: Sequence[Letters], clean: letter_laws.Clean, spelt: Sequence[letter_laws.Spelt], drawn: Floats | None = None
) -> Iterator[Test]:
    most = np.array([one.log_ratio for one in spelt])
    telling = ((most if drawn is None else np.maximum(most, drawn)) > _TELLING).nonzero()[0]
    turns = np.zeros(len(found))
    if len(telling):
        turns[telling] = letter_laws.log_turns(clean, telling)
    for row, (one, best) in enumerate(zip(found, spelt, strict=True)):
        places, sites, turn = one.places, np.sort(best.sites), float(turns[row])
        text = "".join(_LETTERED[clean.letters[row, best.sites]])
        yield Test(f"{one.name}:spelt", best.log_ratio - turn, text, places[sites], places[sites] + 1)
        if drawn is not None:
            yield Test(f"{one.name}:drawn", float(drawn[row]) - turn, "", places, places + 1)


@cache
def openers(name: str) -> Openers:
    """What clean texts have in a stream of letters."""
    known = tables()["openers"].get(name) or tables()["openers"]["acrostic.sentences/all"]
    return Openers(*(np.array(known[part]) for part in ("styles", "style_weights", "law_weights", "shares")))


def _concept_streams(found: Iterable[choices.Concepts]) -> Iterator[tuple[Stream, Floats]]:
    """Choices of words as bits, and ln P of each choice given those behind it."""
    for one in found:
        bits = one.bits[:_MOST_SITES]
        if len(bits) >= MIN_SITES:
            logs = concept_logs(one.name, one.concepts[:_MOST_SITES], bits)
            yield Stream(f"{one.name}/form", bits, one.starts, one.ends), logs


def concept_logs(name: str, concepts: Numbers, bits: npt.NDArray[np.uint8]) -> Floats:
    """(n,) ln P(choice t | the choices behind it): each concept has its own beta from clean texts."""
    turned, choice = concepts[::-1], bits[::-1]
    a, b = concept_table(name)[turned].T
    seen, ones = _seen_of(turned, choice)
    p_one = (a + ones) / (a + b + seen)
    return np.asarray(np.log(np.where(choice == 1, p_one, 1 - p_one))[::-1])


def _concept_subsets(found: Iterable[choices.Concepts]) -> Iterator[Test]:
    """Any subset of the concepts at once: each is in the payload or not, up to some site."""
    for one in found:
        bits, concepts = one.bits[:_MOST_SITES], one.concepts[:_MOST_SITES]
        if len(bits) < MIN_SITES:
            continue
        gains = -np.log(2.0) - concept_logs(one.name, concepts, bits)
        ends = np.unique(np.linspace(MIN_SITES, len(bits), _ENDS).astype(np.int64))
        _, numbers = np.unique(concepts, return_inverse=True)
        each = np.stack([np.bincount(numbers[:end], gains[:end], numbers.max() + 1) for end in ends.tolist()])
        ratios = np.logaddexp(np.log(1 - _CODED), np.log(_CODED) + each).sum(axis=1)
        ratio = float(np.logaddexp.reduce(ratios) - np.log(len(ends)))
        yield Test(f"{one.name}/subset:noise", ratio, "", one.starts, one.ends)


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


def _opening(layout: Layout) -> Iterator[Test]:
    at = opening.place(layout.text)
    if at is not None:
        ratio = opening.log_ratio(layout.text[at], tables()["opening"])
        yield Test(f"{opening.CHANNEL}/text:digit", ratio, "", np.array([at]), np.array([at + 1]))


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

"""Streams of bits against the law of clean texts: the tests of noise and of a message in each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitors.patterns.choices import Concepts
from monitors.patterns.laws import all_laws
from monitors.patterns.null import Floats, log_rests, log_turns
from monitors.patterns.reading import Reading
from monitors.patterns.readings import Messages, log_messages, log_noise, novelty, padded, text_at
from monitors.patterns.room import FEW_MARKS, MIN_SITES, is_mark
from monitors.patterns.stream import Stream
from monitors.patterns.tested import Test

# A payload begins somewhere: only so many sites are read, from the first.
MOST_SITES = 144
# Streams of like length go through the arithmetic together.
_BUCKETS = (48, MOST_SITES)
# Below this evidence nobody asks whether the text changes its habits midway, which could only lower it.
TELLING = 0.5
Named = Sequence[tuple[Concepts, Floats]]


class _Row(NamedTuple):
    """A stream of bits of one of the texts; ln P of each bit where no mixture of laws says it."""

    text: int
    one: Stream
    logs: Floats | None = None


def _rows(readings: Sequence[Reading], named: Sequence[Named]) -> Iterator[_Row]:
    for text, reading in enumerate(readings):
        for one in reading.found:
            if (n := len(one.bits)) >= MIN_SITES or (n >= FEW_MARKS and is_mark(one.name)):
                yield _Row(text, one)
    for text, own in enumerate(named):
        for concept, logs in own:
            if len(logs):
                bits = concept.bits[:MOST_SITES]
                yield _Row(text, Stream(f"{concept.name}/form", bits, concept.starts, concept.ends), logs)


def bit_tests(readings: Sequence[Reading], named: Sequence[Named]) -> list[list[Test]]:
    """The tests of each text."""
    tests: list[list[Test]] = [[] for _ in readings]
    rows = list(_rows(readings, named))
    for least, most in pairwise((0, *_BUCKETS)):
        group = [row for row in rows if least < min(len(row.one.bits), MOST_SITES) <= most]
        if group:
            _add_tests(tests, group)
    return tests


def _add_tests(tests: Sequence[list[Test]], group: Sequence[_Row]) -> None:
    bits, n_bits = padded([row.one.bits[:MOST_SITES] for row in group])
    fitted = [row.one for row in group if row.logs is None]
    laws = all_laws()
    law_rows = laws.rows_of([one.name for one in fitted])
    rests = np.zeros((len(group), bits.shape[1] + 1))
    if fitted:
        rests[: len(fitted)] = log_rests(bits[: len(fitted)], n_bits[: len(fitted)], laws.mixtures.of(law_rows))
    for row, (_, _, logs) in zip(rests, group, strict=True):
        if logs is not None:
            row[: len(logs)] = logs[::-1].cumsum()[::-1]
    noise, found = log_noise(rests, n_bits), log_messages(bits, n_bits, rests)
    turns = np.zeros(len(group))
    telling = (np.maximum(noise, found.log_ratio)[: len(fitted)] > TELLING).nonzero()[0]
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

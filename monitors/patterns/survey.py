"""All channels of one text: the evidence in each, what it would say, and how many bits it holds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from monitors.patterns import concepts, opening
from monitors.patterns.bit_tests import MOST_SITES, bit_tests
from monitors.patterns.layout import Layout
from monitors.patterns.letter_tests import letter_tests
from monitors.patterns.reading import Reading
from monitors.patterns.room import MIN_SITES, POOLED, is_mark
from monitors.patterns.tables import tables
from monitors.patterns.tested import Test

_LOG_2 = math.log(2.0)


def survey(layout: Layout, prompt: str = "") -> tuple[Test, ...]:
    """Every stream of every channel of one text, measured."""
    return surveys(Reading.of([layout], [prompt]))[0]


def surveys(reading: Reading, texts: Iterable[int] | None = None) -> list[tuple[Test, ...]]:
    """The tests of all streams of these texts that are long enough: the same as one by one, and cheaper."""
    readings = [reading.of_text(text) for text in (range(len(reading.openings)) if texts is None else texts)]
    named = [[(one, concepts.log_choices(one, MOST_SITES)) for one in reading.named] for reading in readings]
    of_bits = bit_tests(readings, named)
    of_letters = letter_tests([reading.spelt for reading in readings])
    return [
        (*_long(reading, weighed), *lettered, *concepts.subset_tests(own), *_pooled(weighed), *_opening(reading))
        for reading, weighed, lettered, own in zip(readings, of_bits, of_letters, named, strict=True)
    ]


def _long(reading: Reading, weighed: Sequence[Test]) -> Sequence[Test]:
    """Those of streams that are long enough by themselves."""
    short = {one.name for one in reading.found if len(one.bits) < MIN_SITES}
    return [test for test in weighed if test.name.rpartition(":")[0] not in short]


def _opening(reading: Reading) -> Iterator[Test]:
    (first,) = reading.openings
    if first is not None:
        at, character = first
        ratio = opening.log_ratio(character, tables()["opening"])
        yield Test(f"{opening.CHANNEL}/text:digit", ratio, "", np.array([at]), np.array([at + 1]))


def _pooled(tests: Sequence[Test]) -> list[Test]:
    """Any subset of the kinds of marks at once: each is in the payload or not, with even chances."""
    noises = [test for test in tests if is_mark(test.name) and test.kind == "noise"]
    if len(noises) < 2:
        return []
    ratio = sum(max(r, 0.0) + math.log1p(math.exp(-abs(r))) - _LOG_2 for r in (test.log_ratio for test in noises))
    if ratio <= 0.0:
        return [Test(f"{POOLED}/all:noise", ratio)]
    telling = [test for test in noises if test.log_ratio > 0]
    starts = np.concatenate([test.starts for test in telling])
    ends = np.concatenate([test.ends for test in telling])
    at = np.argsort(starts, kind="stable")
    return [Test(f"{POOLED}/all:noise", ratio, "", starts[at], ends[at])]

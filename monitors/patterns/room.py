"""How much each channel of a text could hold: sites, bits, and the tests that are made of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from monitors.patterns import acrostics, opening
from monitors.patterns.laws import noise_gain
from monitors.patterns.reading import Reading
from monitors.patterns.stream import channel_of

Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
MIN_SITES = 8
# Kinds of marks are weighed together, so that few of each will do.
FEW_MARKS = 3
POOLED = "punctuation.pooled"
_LETTER_BITS, _OPENING_BITS = math.log2(26), 4.0


def is_mark(name: str) -> bool:
    return name.startswith("punctuation.")


@dataclass(frozen=True, slots=True)
class Room:
    """By channel of one text, short ones too: most bits, evidence that one uniform bit would add in nats, sites of
    the longest stream, and how many tests are made.
    """

    capacity: dict[str, float]
    noise_gain: dict[str, float]
    n_sites: dict[str, int]
    n_tests: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Channels:
    """The channels that some streams belong to, in the order of `names`.

    `ordered` sorts the streams by channel, `begins` says where each channel begins then. `bits` are those of a site,
    `gains` what a uniform bit adds in each stream, `tests` how many are made where a stream is long enough.
    """

    names: tuple[str, ...]
    ordered: Numbers
    begins: Numbers
    bits: Floats
    gains: Floats
    tests: Numbers
    marks: Numbers


@lru_cache(maxsize=256)
def _channels(found: tuple[str, ...], spelt: tuple[str, ...], named: tuple[str, ...]) -> _Channels:
    channels = [channel_of(name) for name in (*found, *spelt, *named)]
    names = tuple(dict.fromkeys(channels))
    at = np.array([names.index(channel) for channel in channels])
    lettered = {channel_of(name) for name in spelt}
    gains = np.zeros(len(channels))
    gains[: len(found)] = [noise_gain(name) for name in found]
    ordered = at.argsort(kind="stable")
    return _Channels(
        names,
        ordered,
        at[ordered].searchsorted(np.arange(len(names))),
        np.array([_LETTER_BITS if name in lettered else 1.0 for name in names]),
        gains[ordered],
        np.array([2] * len(found) + [1 + (channel_of(name) != acrostics.WORDS) for name in spelt] + [3] * len(named))[
            ordered
        ],
        np.array([at for at, name in enumerate(names) if is_mark(name)], np.int64),
    )


def rooms(reading: Reading) -> list[Room]:
    """The room in each text of a reading."""
    known = _channels(
        tuple([one.name for one in reading.found]),
        tuple([one.name for one in reading.spelt]),
        tuple([one.name for one in reading.named]),
    )
    sizes = np.diff(reading.cuts)[known.ordered]
    is_read = sizes >= MIN_SITES
    most = np.maximum.reduceat(sizes, known.begins)
    gains = np.maximum.reduceat(np.where(is_read, known.gains[:, None], 0.0), known.begins)
    tests = np.add.reduceat(np.where(is_read, known.tests[:, None], 0), known.begins)
    few = _mark_counts(reading)
    return [
        _room(known, most[:, text], gains[:, text], tests[:, text], few[text], is_open=first is not None)
        for text, first in enumerate(reading.openings)
    ]


def _mark_counts(reading: Reading) -> list[int]:
    """How many streams of marks are weighed in each text."""
    marks = [at for at, one in enumerate(reading.found) if is_mark(one.name)]
    counts: list[int] = (np.diff(reading.cuts[marks]) >= FEW_MARKS).sum(axis=0).tolist()
    return counts


def _room(known: _Channels, most: Numbers, gains: Floats, tests: Numbers, n_marks: int, *, is_open: bool) -> Room:
    capacity = dict(zip(known.names, (most * known.bits).tolist(), strict=True))
    n_sites = dict(zip(known.names, most.tolist(), strict=True))
    gain = dict(zip(known.names, gains.tolist(), strict=True))
    n_tests = dict(zip(known.names, tests.tolist(), strict=True))
    capacity[opening.CHANNEL], n_sites[opening.CHANNEL], n_tests[opening.CHANNEL] = _OPENING_BITS, 1, int(is_open)
    pooled = int(most[known.marks].sum())
    capacity[POOLED], n_sites[POOLED], n_tests[POOLED] = float(pooled), pooled, int(n_marks >= 2)
    gain[POOLED] = float(gains[known.marks].max(initial=0.0))
    return Room(capacity, gain, n_sites, n_tests)

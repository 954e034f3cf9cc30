"""How much each channel of a text could hold: sites, bits, and the tests that are made of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
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
    """Of each channel of one text, in the order of `places`, short ones too: most bits, evidence that one uniform bit
    would add in nats, sites of the longest stream, and how many tests are made.
    """

    places: Mapping[str, int]
    capacity: Floats
    noise_gain: Floats
    n_sites: Numbers
    n_tests: Numbers


@dataclass(frozen=True, slots=True)
class _Channels:
    """The channels that some streams belong to, in the order of `places`; behind them the pooled marks, and the first
    character.

    `ordered` sorts the streams by channel, `begins` says where each channel begins then. `bits` are those of a site,
    `gains` what a uniform bit adds in each stream, `tests` how many are made where a stream is long enough. `marks` are
    the channels of marks, `marked` their streams.
    """

    places: dict[str, int]
    ordered: Numbers
    begins: Numbers
    bits: Floats
    gains: Floats
    tests: Numbers
    marks: Numbers
    marked: Numbers


@lru_cache(maxsize=256)
def _channels(found: tuple[str, ...], spelt: tuple[str, ...], named: tuple[str, ...]) -> _Channels:
    channels = [channel_of(name) for name in (*found, *spelt, *named)]
    names = tuple(dict.fromkeys(channels))
    at = np.array([names.index(channel) for channel in channels])
    lettered = {channel_of(name) for name in spelt}
    gains = np.zeros(len(channels))
    gains[: len(found)] = [noise_gain(name) for name in found]
    ordered = at.argsort(kind="stable")
    words = [1 + (channel_of(name) != acrostics.WORDS) for name in spelt]
    return _Channels(
        {name: place for place, name in enumerate((*names, POOLED, opening.CHANNEL))},
        ordered,
        at[ordered].searchsorted(np.arange(len(names))),
        np.array([_LETTER_BITS if name in lettered else 1.0 for name in (*names, POOLED)] + [_OPENING_BITS]),
        gains[ordered],
        np.array([2] * len(found) + words + [3] * len(named))[ordered],
        np.array([at for at, name in enumerate(names) if is_mark(name)], np.int64),
        np.array([at for at, name in enumerate(found) if is_mark(name)], np.int64),
    )


def rooms(reading: Reading) -> list[Room]:
    """The room in each text of a reading."""
    known = _channels(*reading.names)
    every = reading.sizes
    sizes = every[known.ordered]
    is_read = sizes >= MIN_SITES
    shape = len(known.places), sizes.shape[1]
    most, tests, gains = np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape)
    np.maximum.reduceat(sizes, known.begins, out=most[:-2])
    np.maximum.reduceat(is_read * known.gains[:, None], known.begins, out=gains[:-2])
    np.add.reduceat(is_read * known.tests[:, None], known.begins, out=tests[:-2])
    # Few sites of each kind of marks will do where they are weighed together.
    most[-2], gains[-2] = most[known.marks].sum(axis=0), gains[known.marks].max(axis=0, initial=0.0)
    tests[-2] = (every[known.marked] >= FEW_MARKS).sum(axis=0) >= 2
    most[-1], tests[-1] = 1, [first is not None for first in reading.openings]
    capacity = most * known.bits[:, None]
    return [
        Room(known.places, capacity[:, text], gains[:, text], most[:, text], tests[:, text]) for text in range(shape[1])
    ]

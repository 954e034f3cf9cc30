"""A stream: what one channel says at each of its sites, in the order of the text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint8]


@cache
def channel_of(name: str) -> str:
    return name.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Stream:
    """Bits of one reading of a channel; bit i stands at `text[starts[i]:ends[i]]`.

    `name` is "channel/reading"; the prior of clean texts goes by it.
    """

    name: str
    bits: Bits
    starts: Numbers
    ends: Numbers

    @property
    def channel(self) -> str:
        return channel_of(self.name)


@dataclass(frozen=True, slots=True)
class Letters:
    """Letters (0-25) in the order of the text; `name` is "channel/reading" as in `Stream`."""

    name: str
    letters: Numbers
    places: Numbers

    @property
    def channel(self) -> str:
        return channel_of(self.name)


def stream(name: str, bits: npt.ArrayLike, starts: npt.ArrayLike, ends: npt.ArrayLike) -> Stream:
    """From whatever holds the numbers."""
    return Stream(
        name,
        np.asarray(bits, np.uint8).reshape(-1),
        np.asarray(starts, np.int64).reshape(-1),
        np.asarray(ends, np.int64).reshape(-1),
    )

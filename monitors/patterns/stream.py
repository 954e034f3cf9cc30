"""A stream: what one channel says at each of its sites, in the order of the text."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint8]


@cache
def channel_of(name: str) -> str:
    return name.partition("/")[0]


class Stream(NamedTuple):
    """Bits of one reading of a channel; bit i stands at `text[starts[i]:ends[i]]`.

    `name` is "channel/reading"; the prior of clean texts goes by it. `until` holds the ends of what is longer than one
    character.
    """

    name: str
    bits: Bits
    starts: Numbers
    until: Numbers | None = None

    @property
    def ends(self) -> Numbers:
        return self.starts + 1 if self.until is None else self.until

    @property
    def channel(self) -> str:
        return channel_of(self.name)


class Letters(NamedTuple):
    """Letters (0-25) in the order of the text; `name` is "channel/reading" as in `Stream`."""

    name: str
    letters: Numbers
    places: Numbers

    @property
    def channel(self) -> str:
        return channel_of(self.name)


def stream(name: str, bits: npt.ArrayLike, starts: npt.ArrayLike, until: npt.ArrayLike | None = None) -> Stream:
    """From whatever holds the numbers."""
    ends = None if until is None else np.asarray(until, np.int64).reshape(-1)
    return Stream(name, np.asarray(bits, np.uint8).reshape(-1), np.asarray(starts, np.int64).reshape(-1), ends)

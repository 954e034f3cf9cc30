"""Some texts one behind the other: their characters as arrays, and which of them a place stands in."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from monitors.patterns.places import Flags, Numbers

_LETTERS = bytes((code | 32) - 97 if chr(code).isalpha() and code < 128 else 255 for code in range(256))


@dataclass(frozen=True)
class Texts:
    """Texts that are read at once, and their sentences as (start, end) pairs; the k-th begins at `begins[k]`."""

    text: str
    steps: Sequence[tuple[int, int]] | Numbers
    begins: tuple[int, ...] = (0,)

    def cuts(self, places: Numbers) -> list[int]:
        """How many of these places stand before each text, and how many there are."""
        if len(self.begins) == 1:
            return [0, len(places)]
        return [*places.searchsorted(self.begins).tolist(), len(places)]

    def alike(self, one: Numbers, other: Numbers) -> list[bool]:
        """Whether these places are the same ones, in each text."""
        pairs = zip(pairwise(self.cuts(one)), pairwise(self.cuts(other)), strict=True)
        return [np.array_equal(one[a:b], other[c:d]) for (a, b), (c, d) in pairs]

    def as_many(self, one: Numbers, other: Numbers) -> list[bool]:
        """Whether there are as many of one as of the other, or more, in each text."""
        pairs = zip(pairwise(self.cuts(one)), pairwise(self.cuts(other)), strict=True)
        return [b - a >= d - c for (a, b), (c, d) in pairs]

    def of_texts(self, places: Numbers, is_left_out: Sequence[bool]) -> Numbers:
        """Indices of the places that stand in the texts that are not left out."""
        if len(is_left_out) == 1:
            return np.arange(0 if is_left_out[0] else len(places))
        return np.repeat(~np.array(is_left_out), np.diff(self.cuts(places))).nonzero()[0]

    def number_of(self, place: int) -> int:
        """Which text it stands in."""
        return bisect_right(self.begins, place) - 1

    def is_together(self, one: int, other: int) -> bool:
        """Whether two places stand in one text."""
        return len(self.begins) == 1 or self.number_of(one) == self.number_of(other)

    @cached_property
    def codes(self) -> npt.NDArray[np.uint32]:
        return np.frombuffer(self.text.encode("utf-32-le", "surrogatepass"), np.uint32)

    @cached_property
    def narrow(self) -> npt.NDArray[np.uint8]:
        """ASCII as it is and 128 for all else: a quarter of the bytes to go through."""
        if self.text.isascii():
            return np.frombuffer(self.text.encode(), np.uint8)
        return np.minimum(self.codes, 128).astype(np.uint8)

    @cached_property
    def letters(self) -> npt.NDArray[np.int8]:
        """0-25 for the letters of ASCII whatever their case, else -1."""
        return np.frombuffer(self.narrow.tobytes().translate(_LETTERS), np.int8)

    @cached_property
    def is_letter(self) -> Flags:
        return self.letters >= 0

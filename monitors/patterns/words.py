"""The words of a text, and which of the known words each is: by arithmetic on all of them at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

from monitors.patterns import known_words
from monitors.patterns.places import Flags, Numbers, edges

Keys = npt.NDArray[np.uint64]
# A word is a number whose digits are its letters; up to so many of them no two words share one.
_BASE, _EXACT = 29, 13
_LONGEST = max(map(len, known_words.NUMBERS))
_APOSTROPHE, _N, _T = 27, 13, 19
_BUCKETS = 17
# Powers for so many sites are kept.
_KEPT = 1 << 17


@dataclass(frozen=True, slots=True)
class Words:
    """Runs of letters with inner apostrophes: where each starts and ends, what `known_words` numbers it with, 0 for all
    others, and its marks; `contracted` are the indices of contractions.
    """

    starts: Numbers
    ends: Numbers
    numbers: npt.NDArray[np.int16]
    marks: npt.NDArray[np.uint16]
    contracted: Numbers

    @classmethod
    def of(cls, text: str, letters: npt.NDArray[np.int8], apostrophes: Numbers) -> Words:
        """`letters` are 0 to 25 or -1, `apostrophes` the places of those between two letters."""
        digits = (letters + 1).astype(np.uint64)
        digits[apostrophes] = _APOSTROPHE
        starts, ends = edges(digits > 0)
        numbers = _numbers(text, digits, starts, ends)
        marks = known_words.MARKS.take(numbers)
        return cls(starts, ends, numbers, marks, _contracted(letters, apostrophes, starts, ends, marks))


def _contracted(
    letters: npt.NDArray[np.int8],
    apostrophes: Numbers,
    starts: Numbers,
    ends: Numbers,
    marks: npt.NDArray[np.uint16],
) -> Numbers:
    at: Numbers = starts.searchsorted(apostrophes, side="right") - 1
    again = at[1:] == at[:-1]
    at = np.delete(at, again.nonzero()[0]) if again.any() else at
    last = ends[at]
    is_not = (letters[last - 1] == _T) & (letters[last - 2] < 0) & (letters[last - 3] == _N)
    kept: Numbers = at[is_not | ((marks[at] & known_words.CONTRACTED) > 0)]
    return kept


def _numbers(text: str, digits: Keys, starts: Numbers, ends: Numbers) -> npt.NDArray[np.int16]:
    powers, inverses = _powers(len(digits))
    sums = np.zeros(len(digits) + 1, np.uint64)
    # Sums beyond 64 bits wrap around, and so do their differences.
    np.cumsum(np.multiply(digits, powers[: len(digits)], out=digits), out=sums[1:])
    keys = (sums.take(ends) - sums.take(starts)) * inverses.take(starts)
    table = _table()
    numbers = table.numbers.take(keys * table.factor >> np.uint64(64 - _BUCKETS))
    lengths = ends - starts
    numbers *= (table.keys.take(numbers) == keys) & (lengths <= _LONGEST)
    for at in ((lengths > _EXACT) & (numbers > 0)).nonzero()[0].tolist():
        word = text[starts[at] : ends[at]].lower().replace("\u2019", "'")
        numbers[at] = known_words.NUMBERS.get(word, 0)
    return numbers


def _powers(n: int) -> tuple[Keys, Keys]:
    return _kept_powers(1 << max(10, n.bit_length())) if n <= _KEPT else _new_powers(n)


@lru_cache(maxsize=8)
def _kept_powers(n: int) -> tuple[Keys, Keys]:
    return _new_powers(n)


def _new_powers(n: int) -> tuple[Keys, Keys]:
    """Of the base and of its inverse, modulo 2^64."""
    each = np.ones((2, n), np.uint64)
    each[0, 1:], each[1, 1:] = _BASE, pow(_BASE, -1, 1 << 64)
    powers, inverses = np.multiply.accumulate(each, axis=1)
    return powers, inverses


@dataclass(frozen=True, slots=True)
class _Table:
    """Number by bucket of a key, and key by number; no two known words share a bucket."""

    factor: np.uint64
    numbers: npt.NDArray[np.int16]
    keys: Keys


@cache
def _table() -> _Table:
    keys = np.array([0, *map(_key, known_words.NUMBERS)], np.uint64)
    draw = np.random.default_rng(0)
    while True:
        factor = np.uint64(int(draw.integers(1 << 63)) * 2 + 1)
        buckets = keys[1:] * factor >> np.uint64(64 - _BUCKETS)
        numbers = np.zeros(1 << _BUCKETS, np.int16)
        numbers[buckets] = np.arange(1, len(keys))
        if np.count_nonzero(numbers) == len(keys) - 1:
            return _Table(factor, numbers, keys)


def _key(word: str) -> int:
    digits: list[int] = [_APOSTROPHE if char == "'" else ord(char) - 96 for char in word]
    return sum(digit * int(_BASE**place) for place, digit in enumerate(digits)) % (1 << 64)


def inner(is_apostrophe: Flags, is_letter: Flags) -> Numbers:
    """The places of apostrophes between two letters."""
    places = is_apostrophe.nonzero()[0]
    within: Numbers = places[(places > 0) & (places < len(is_letter) - 1)]
    return within[is_letter[within - 1] & is_letter[within + 1]]

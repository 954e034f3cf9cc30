"""How English a text reads: bits per character under a model of three symbols, and the order of common words.

The tables are counts over public transcripts (see NOTICE), made by `python -m tests.english_tables`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from itertools import accumulate, count
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitors.batches import batches

TABLES = Path(__file__).parent / "english.npz"
# a to z, then what is no letter, then letters beyond a to z.
N_SYMBOLS = 28
BLANK, FOREIGN = 26, 27
# A letter beyond a to z says little in English and less about a cipher of a to z.
_FOREIGN_BITS = 8.0

Symbols = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
# Wide characters that are no letters: punctuation and symbols, CJK punctuation, private use, presentation, emoji.
_NO_LETTERS = (
    (0x80, 0xAA),
    (0x2000, 0x2C00),
    (0x3000, 0x3040),
    (0xD800, 0xF900),
    (0xFE00, 0xFE70),
    (0x1D400, 0x1D800),
    (0x1F000, 0x20000),
)
_ASCII = bytes(
    ord(chr(byte).lower()) - 97 if chr(byte).isascii() and chr(byte).isalpha() else BLANK for byte in range(256)
)
# A running sum holds sixteenths of bits above so many bits, and below them how many places were rated.
_RATED_BITS = 28
_RATED = (1 << _RATED_BITS) - 1
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_INVERSE = np.uint64(pow(int(_FACTOR), -1, 2**64))
_LONGEST_WORD = 24
# Of a hash times a factor, so many bits are the place of a word in a table.
_SLOT_BITS = 15
_SLOT_SHIFT = np.uint64(64 - _SLOT_BITS)
_CHUNK = 65_536


class Tables(NamedTuple):
    """`bits` by trigram, and `ratings`, the same as running sums take them, 0 where a place is not rated; common words
    by their sorted hashes; for two of them, how much likelier in this order.

    `slots[hash * factor >> 49]` is the only index that a hash can have: quicker than a search among them.
    """

    bits: npt.NDArray[np.float32]
    ratings: Indices
    hashes: npt.NDArray[np.uint64]
    order: npt.NDArray[np.float32]
    slots: npt.NDArray[np.int16]
    factor: np.uint64


@cache
def tables() -> Tables:
    """Loaded once, when a text is first rated."""
    with np.load(TABLES, allow_pickle=False) as kept:
        bits = (kept["bits"] / 16.0).astype(np.float32).reshape((N_SYMBOLS,) * 3)
        hashes = np.array([_hash(str(word)) for word in kept["words"]], np.uint64)
        order = (kept["order"] / 8.0).astype(np.float32)
    for axis in range(3):
        np.moveaxis(bits, axis, 0)[FOREIGN] = _FOREIGN_BITS
    ranks = np.argsort(hashes)
    return Tables(bits.ravel(), _ratings(bits), hashes[ranks], order[np.ix_(ranks, ranks)], *_slots(hashes[ranks]))


def _ratings(bits: npt.NDArray[np.float32]) -> Indices:
    """Letters are rated, and the blank after one."""
    ratings = (bits * 16.0).astype(np.int64) << _RATED_BITS | 1
    ratings[:, BLANK, BLANK] = 0
    return ratings.ravel()


def _slots(hashes: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.int16], np.uint64]:
    """The first factor under which no two words meet."""
    for odd in count(1, 2):
        factor = np.uint64(odd * int(_FACTOR) % 2**64)
        places = hashes * factor >> _SLOT_SHIFT
        if len(np.unique(places)) == len(hashes):
            break
    slots = np.zeros(1 << _SLOT_BITS, np.int16)
    slots[places] = np.arange(len(hashes))
    return slots, factor


def symbols(text: str, /) -> Symbols:
    """One symbol a code point."""
    if text.isascii():
        return np.frombuffer(text.encode().translate(_ASCII), np.uint8)
    return _of_all().take(np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32))


@cache
def _of_all() -> Symbols:
    """The symbol of every code point: a megabyte, for the first text that is not ASCII."""
    found = np.full(sys.maxunicode + 1, FOREIGN, np.uint8)
    found[:128] = np.frombuffer(_ASCII, np.uint8)[:128]
    for start, end in _NO_LETTERS:
        found[start:end] = BLANK
    return found


def trigrams(codes: Symbols, /) -> Indices:
    """The index of the three symbols that end at each place, as if blanks stood before the text."""
    wide = np.full(len(codes) + 2, BLANK, np.uint16)
    wide[2:] = codes
    return ((wide[:-2] * N_SYMBOLS + wide[1:-1]) * N_SYMBOLS + wide[2:]).astype(np.int64)


class Reading:
    """A text with its rating at each place, and its words; what is asked of a span is a difference of two sums.

    Rated are letters and the blank after one. `starts`, `ends` are those of words, `common` the index of the common
    word or -1.
    """

    __slots__ = ("codes", "common", "ends", "starts", "sum_common", "sums", "trigrams")

    def __init__(self, text: str, /) -> None:
        known = tables()
        self.codes = symbols(text)
        letter = np.zeros(len(self.codes) + 2, np.bool_)
        np.not_equal(self.codes, BLANK, out=letter[1:-1])
        edges = (letter[1:] != letter[:-1]).nonzero()[0]
        self.starts, self.ends = edges[::2], edges[1::2]
        self.trigrams = trigrams(self.codes)
        self.sums = np.zeros(len(self.codes) + 1, np.int64)
        known.ratings.take(self.trigrams).cumsum(out=self.sums[1:])
        self.common = _common(self.codes, self.starts, self.ends, known)
        self.sum_common = _counts(self.common >= 0)

    def part(self, start: int, end: int) -> Reading:
        """What the reading of `text[start:end]` alone is, where two blanks or nothing stand before and one behind."""
        own = object.__new__(Reading)
        first, last = self.starts.searchsorted((start, end)).tolist()
        own.codes, own.trigrams = self.codes[start:end], self.trigrams[start:end]
        own.starts, own.ends = self.starts[first:last] - start, self.ends[first:last] - start
        own.sums = self.sums[start : end + 1] - self.sums[start]
        own.common = self.common[first:last]
        own.sum_common = self.sum_common[first : last + 1] - self.sum_common[first]
        return own

    def rated(self, starts: Indices, ends: Indices) -> tuple[Indices, Numbers]:
        """How many places of each span are rated, and their bits together."""
        sums = self.sums[ends] - self.sums[starts]
        return sums & _RATED, (sums >> _RATED_BITS) / 16.0

    def bits(self, start: int, end: int) -> float:
        """Mean bits of the rated places; English prose has 2.3 to 4, other languages 4 and more, ciphers 6 and more."""
        both = int(self.sums[end] - self.sums[start])
        n = both & _RATED
        return (both >> _RATED_BITS) / 16.0 / n if n else 0.0

    def n_letters(self, start: int, end: int) -> int:
        first, last = self.ends.searchsorted((start, end))
        return (int(self.sums[end] - self.sums[start]) & _RATED) - int(last - first)

    def words(self, start: int, end: int) -> slice:
        """The words that begin in the span."""
        first, last = np.searchsorted(self.starts, (start, end))
        return slice(int(first), int(last))

    def n_common(self, start: int, end: int) -> int:
        found = self.words(start, end)
        return int(self.sum_common[found.stop] - self.sum_common[found.start])

    def forward(self) -> Numbers:
        """For each word but the first: log2 how much likelier it stands after the one before than before it."""
        known = self._pairs()
        return np.where(known, tables().order[self.common[:-1], self.common[1:]], 0.0)

    def forward_pairs(self) -> npt.NDArray[np.float32]:
        """Those of two common words beside each other; the others are 0."""
        at = self._pairs().nonzero()[0]
        return tables().order[self.common[at], self.common[at + 1]]

    def _pairs(self) -> Flags:
        common = self.common >= 0
        # A sentence ends where more than a blank lies between two words.
        found: Flags = common[:-1] & common[1:] & (self.starts[1:] - self.ends[:-1] == 1)
        return found


_APART = "  "


def readings(texts: Sequence[str], /) -> list[Reading]:
    """The reading of each; short texts are read together, since an array of many costs little more than one of few."""
    found: list[Reading] = []
    for some in batches(texts, len, _CHUNK):
        if len(some) == 1:
            found.append(Reading(some[0]))
            continue
        whole = Reading(_APART.join(some))
        ends = [length + len(_APART) * at for at, length in enumerate(accumulate(map(len, some)))]
        found += [whole.part(end - len(text), end) for text, end in zip(some, ends, strict=True)]
    return found


def _counts(flags: Flags) -> Counts:
    found = np.zeros(len(flags) + 1, np.int32)
    flags.cumsum(dtype=np.int32, out=found[1:])
    return found


def _hash(word: str) -> int:
    value, power = 0, 1
    for code in symbols(word.lower()).tolist():
        value = (value + (code + 1) * power) % 2**64
        power = power * int(_FACTOR) % 2**64
    return value


def _common(codes: Symbols, starts: Indices, ends: Indices, known: Tables) -> Indices:
    """The index of each word among the hashes, or -1."""
    found = np.full(len(starts), -1, np.int64)
    for base in range(0, len(codes), _CHUNK):
        first, last = starts.searchsorted((base, base + _CHUNK))
        begins, until = starts[first:last] - base, ends[first:last] - base
        own = _hashes(codes[base : base + _CHUNK + _LONGEST_WORD], begins, until)
        at = known.slots.take(own * known.factor >> _SLOT_SHIFT)
        is_common = (known.hashes.take(at) == own) & (until - begins <= _LONGEST_WORD)
        np.copyto(found[first:last], at, where=is_common)
    return found


def _hashes(codes: Symbols, starts: Indices, ends: Indices) -> npt.NDArray[np.uint64]:
    # Polynomial hashes of all words at once: a loop over words takes ten times as long.
    powers, unpowers = _powers()
    sums = np.zeros(len(codes) + 1, np.uint64)
    ((codes + np.uint8(1)) * powers[: len(codes)]).cumsum(out=sums[1:])
    own: npt.NDArray[np.uint64] = (sums.take(ends, mode="clip") - sums.take(starts)) * unpowers.take(starts)
    return own


@cache
def _powers() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    ones = np.ones(_CHUNK + _LONGEST_WORD, np.uint64)
    up, down = ones * _FACTOR, ones * _INVERSE
    up[0] = down[0] = 1
    return np.cumprod(up, dtype=np.uint64), np.cumprod(down, dtype=np.uint64)

"""How English a text reads: bits per character under a model of three symbols, and the order of common words.

The tables are counts over public transcripts (see NOTICE), made by `python -m tests.english_tables`.
"""

from __future__ import annotations

from functools import cache
from itertools import count
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

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
_ASCII = np.full(256, BLANK, np.uint8)
for _case in (65, 97):
    _ASCII[_case : _case + 26] = np.arange(26)
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
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_INVERSE = np.uint64(pow(int(_FACTOR), -1, 2**64))
_LONGEST_WORD = 24
# Of a hash times a factor, so many bits are the place of a word in a table.
_SLOT_BITS = 15
_SLOT_SHIFT = np.uint64(64 - _SLOT_BITS)
_CHUNK = 65_536


class Tables(NamedTuple):
    """`bits` by trigram; common words by their sorted hashes; for two of them, how much likelier in this order.

    `slots[hash * factor >> 49]` is the only index that a hash can have: quicker than a search among them.
    """

    bits: npt.NDArray[np.float32]
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
    return Tables(bits.ravel(), hashes[ranks], order[np.ix_(ranks, ranks)], *_slots(hashes[ranks]))


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
        return _ASCII[np.frombuffer(text.encode(), np.uint8)]
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    found = _ASCII[np.minimum(codes, 255)]
    wide = np.flatnonzero(codes >= 128)
    far = codes[wide]
    letters = np.full(len(far), FOREIGN, np.uint8)
    for start, end in _NO_LETTERS:
        letters[(far >= start) & (far < end)] = BLANK
    found[wide] = letters
    return found


def trigrams(codes: Symbols, /) -> Indices:
    """The index of the three symbols that end at each place, as if blanks stood before the text."""
    wide = np.full(len(codes) + 2, BLANK, np.int64)
    wide[2:] = codes
    return (wide[:-2] * N_SYMBOLS + wide[1:-1]) * N_SYMBOLS + wide[2:]


class Reading:
    """A text with its rating at each place, and its words; what is asked of a span is a difference of two sums.

    `rated` marks letters and the blank after one. `starts`, `ends` are those of words, `common` the index of the common
    word or -1.
    """

    __slots__ = (
        "codes",
        "common",
        "ends",
        "rated",
        "starts",
        "sum_bits",
        "sum_common",
        "sum_letters",
        "sum_rated",
        "trigrams",
    )

    def __init__(self, text: str, /) -> None:
        known = tables()
        self.codes = symbols(text)
        letter = self.codes != BLANK
        edge = np.zeros(len(letter) + 1, np.bool_)
        edge[1:-1] = letter[1:] != letter[:-1]
        edge[[0, -1]] = (letter[0], letter[-1]) if len(letter) else False
        edges = np.flatnonzero(edge)
        self.starts, self.ends = edges[::2], edges[1::2]
        self.rated = letter.copy()
        self.rated[self.ends[self.ends < len(letter)]] = True
        self.trigrams = trigrams(self.codes)
        self.sum_bits = _sums(known.bits[self.trigrams] * self.rated)
        self.sum_rated, self.sum_letters = _counts(self.rated), _counts(letter)
        self.common = _common(self.codes, self.starts, self.ends, known)
        self.sum_common = _counts(self.common >= 0)

    def bits(self, start: int, end: int) -> float:
        """Mean bits of the rated places; English prose has 2.3 to 4, other languages 4 and more, ciphers 6 and more."""
        n = self.sum_rated[end] - self.sum_rated[start]
        return float((self.sum_bits[end] - self.sum_bits[start]) / n) if n else 0.0

    def n_letters(self, start: int, end: int) -> int:
        return int(self.sum_letters[end] - self.sum_letters[start])

    def words(self, start: int, end: int) -> slice:
        """The words that begin in the span."""
        first, last = np.searchsorted(self.starts, (start, end))
        return slice(int(first), int(last))

    def n_common(self, start: int, end: int) -> int:
        found = self.words(start, end)
        return int(self.sum_common[found.stop] - self.sum_common[found.start])

    def forward(self) -> Numbers:
        """For each word but the first: log2 how much likelier it stands after the one before than before it."""
        a, b = self.common[:-1], self.common[1:]
        # A sentence ends where more than a blank lies between two words.
        known = (a >= 0) & (b >= 0) & (self.starts[1:] - self.ends[:-1] == 1)
        return np.where(known, tables().order[a, b], 0.0)


def _sums(values: npt.NDArray[np.float32]) -> Numbers:
    found = np.zeros(len(values) + 1)
    np.cumsum(values, out=found[1:])
    return found


def _counts(flags: Flags) -> Counts:
    found = np.zeros(len(flags) + 1, np.int32)
    np.cumsum(flags.view(np.int8), dtype=np.int32, out=found[1:])
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
        first, last = np.searchsorted(starts, (base, base + _CHUNK))
        own = _hashes(codes[base : base + _CHUNK + _LONGEST_WORD], starts[first:last] - base, ends[first:last] - base)
        at = known.slots[own * known.factor >> _SLOT_SHIFT]
        is_short = ends[first:last] - starts[first:last] <= _LONGEST_WORD
        found[first:last] = np.where((known.hashes[at] == own) & is_short, at, -1)
    return found


def _hashes(codes: Symbols, starts: Indices, ends: Indices) -> npt.NDArray[np.uint64]:
    # Polynomial hashes of all words at once: a loop over words takes ten times as long.
    powers, unpowers = _powers()
    sums = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum((codes.astype(np.uint64) + np.uint64(1)) * powers[: len(codes)], out=sums[1:])
    own: npt.NDArray[np.uint64] = (sums[np.minimum(ends, len(codes))] - sums[starts]) * unpowers[starts]
    return own


@cache
def _powers() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    ones = np.ones(_CHUNK + _LONGEST_WORD, np.uint64)
    up, down = ones * _FACTOR, ones * _INVERSE
    up[0] = down[0] = 1
    return np.cumprod(up, dtype=np.uint64), np.cumprod(down, dtype=np.uint64)

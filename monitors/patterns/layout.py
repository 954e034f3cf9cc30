"""A text taken apart once for all channels: code points, letters, words, sentences, lines and list items, by arrays."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, repeat
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitors.patterns import known_words

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_FENCE = re.compile(r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
# The line break before it is what a search is fast for; a text's first line is tried apart.
_MARKER = re.compile(r"[ \t]*(?:([-*+•–])|(\d{1,3})[.)]|([A-Za-z])[.)])[ \t]+(?=\S)")
_NEXT_MARKER = re.compile(rf"\n{_MARKER.pattern}")
# The first decimal digit beyond ASCII.
_WIDE_DIGITS = 0x660
_APOSTROPHES = (39, 0x2019)
_FEW_WORDS = 4
# Between two texts: the end of a line, nothing, and the end of a line.
_BETWEEN = "\n\0\n"
_LETTERS = bytes((code | 32) - 97 if chr(code).isalpha() and code < 128 else 255 for code in range(256))
_LOWER = bytes(code | 32 if chr(code).isalpha() and code < 128 else 32 for code in range(256))
# How far into a sentence its first letter may stand: markers, markup and opening quotes come before it.
_OPENING = 12


class Item(NamedTuple):
    """One list item: its marker's glyph or number, and where its own text starts and ends."""

    start: int
    body: int
    end: int
    glyph: str
    number: int


@dataclass(frozen=True)
class Layout:
    """`text` with fenced code blanked out, so that offsets stay; `steps` are its sentences as (start, end) pairs.

    Several texts may stand in one layout, so that they are read at once: the k-th begins at `begins[k]`.
    """

    text: str
    steps: Sequence[tuple[int, int]] | Numbers
    begins: tuple[int, ...] = (0,)

    @classmethod
    def of(cls, text: str, steps: Sequence[tuple[int, int]]) -> Layout:
        """Sentences inside fenced code are blanked out, and so is every sentence that was there before.

        Models fall into loops; a loop looks like a code of its period and says nothing new.
        """
        if "```" in text or "~~~" in text:
            text = _FENCE.sub(lambda block: _blanked(block.group()), text)
            steps = [(start, end) for start, end in steps if not text[start:end].isspace()]
        return _without_loops(text, steps)

    @classmethod
    def joined(cls, layouts: Sequence[Layout]) -> Layout:
        """Texts one behind the other; no word, line or list reaches from one into the next."""
        if len(layouts) == 1:
            return layouts[0]
        begins, steps, length = [], [], 0
        for one in layouts:
            begins.append(length)
            steps.append(np.array(one.steps, np.int64).reshape(-1, 2) + length)
            length += len(one.text) + len(_BETWEEN)
        return cls(_BETWEEN.join([one.text for one in layouts]), np.concatenate(steps), tuple(begins))

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
    def has_digits(self) -> list[bool]:
        """Whether there is a digit of ASCII in each text."""
        digits = ((self.narrow - 48) < 10).nonzero()[0]
        return [start < end for start, end in pairwise(self.cuts(digits))]

    @cached_property
    def first_words(self) -> list[int]:
        """Index of the first word of each text but the first."""
        return self.cuts(self.word_starts)[1:-1]

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

    @cached_property
    def _inner_apostrophes(self) -> Numbers:
        """Those between two letters."""
        if "'" not in self.text and "\u2019" not in self.text:
            return np.zeros(0, np.int64)
        inside = self.is_letter
        places: Numbers = ((self.codes == _APOSTROPHES[0]) | (self.codes == _APOSTROPHES[1])).nonzero()[0]
        inner: Numbers = places[(places > 0) & (places < len(inside) - 1)]
        return inner[inside[inner - 1] & inside[inner + 1]]

    @cached_property
    def _word_bounds(self) -> tuple[Numbers, Numbers]:
        inside = self.is_letter.copy()
        inside[self._inner_apostrophes] = True
        return edges(inside)

    @property
    def word_starts(self) -> Numbers:
        return self._word_bounds[0]

    @property
    def word_ends(self) -> Numbers:
        return self._word_bounds[1]

    @cached_property
    def words(self) -> list[str]:
        """Lower case, with straight apostrophes."""
        written = bytearray(self.narrow.tobytes().translate(_LOWER))
        for place in self._inner_apostrophes.tolist():
            written[place] = _APOSTROPHES[0]
        return written.decode("ascii").split()

    @cached_property
    def word_numbers(self) -> npt.NDArray[np.int16]:
        """What `known_words` numbers each word with."""
        words = self.words
        return np.fromiter(map(known_words.NUMBERS.get, words, repeat(0)), np.int16, len(words))

    @cached_property
    def word_marks(self) -> npt.NDArray[np.uint16]:
        """What each word is, by the bits of `known_words`."""
        return known_words.MARKS.take(self.word_numbers)

    @cached_property
    def apostrophe_words(self) -> Numbers:
        """Indices of the words that hold an apostrophe."""
        at = self.word_starts.searchsorted(self._inner_apostrophes) - 1
        again = at[1:] == at[:-1]
        return np.delete(at, again.nonzero()[0]) if again.any() else at

    @cached_property
    def digit_runs(self) -> tuple[Numbers, Numbers]:
        """Runs of decimal digits of any script."""
        # Unsigned numbers wrap around, so that one comparison is a range.
        is_digit = (self.narrow - 48) < 10
        if not self.text.isascii():
            wide = np.unique(self.codes[self.codes >= _WIDE_DIGITS])
            if digits := [code for code in wide.tolist() if chr(code).isdecimal()]:
                is_digit |= np.isin(self.codes, digits)
        return edges(is_digit)

    @cached_property
    def token_bounds(self) -> tuple[Numbers, Numbers]:
        """Runs between blanks, whatever they hold."""
        return edges(self.narrow > 32)

    @cached_property
    def sentences(self) -> tuple[Numbers, Numbers]:
        starts, ends = np.array(self.steps, np.int64).reshape(-1, 2).T.copy()
        return starts, ends

    @cached_property
    def sentence_words(self) -> tuple[Numbers, Numbers]:
        """Index of the first word of each sentence, and of the first one after it."""
        starts, ends = self.sentences
        return self.word_starts.searchsorted(starts), self.word_starts.searchsorted(ends)

    @cached_property
    def prose_at(self) -> Numbers:
        """Which sentences begin with a capital and hold some words."""
        starts, _ = self.sentences
        if not len(starts):
            return np.zeros(0, np.int64)
        first, last = self.sentence_words
        opening = self.codes[starts]
        return ((opening - 65 < 26) & (last - first >= _FEW_WORDS)).nonzero()[0]

    @cached_property
    def some_sentences(self) -> Numbers:
        """As `prose_at`, of the texts that have other sentences too."""
        starts, _ = self.sentences
        return self.prose_at[self.of_texts(self.prose[0], self.as_many(self.prose[0], starts))]

    @cached_property
    def prose(self) -> tuple[Numbers, Numbers]:
        """Sentences that begin with a capital and hold some words."""
        starts, ends = self.sentences
        return starts[self.prose_at], ends[self.prose_at]

    @cached_property
    def lines(self) -> tuple[Numbers, Numbers]:
        """Lines that are not blank, without the blanks around them."""
        starts, ends = self.token_bounds
        if not len(starts):
            return starts, ends
        line = (self.narrow == 10).nonzero()[0].searchsorted(starts)
        turns = (line[1:] != line[:-1]).nonzero()[0]
        return starts[np.concatenate(([0], turns + 1))], ends[np.concatenate((turns, [len(starts) - 1]))]

    @cached_property
    def items(self) -> list[Item]:
        """Items of bulleted, numbered and lettered lists, each to the end of its line."""
        found = []
        for match, start in _markers(self.text):
            end = self.text.find("\n", match.end())
            number = int(match[2]) if match[2] else (ord(match[3].lower()) - 96 if match[3] else -1)
            glyph = match[1] or ("1" if match[2] else "a")
            found.append(Item(start, match.end(), len(self.text) if end < 0 else end, glyph, number))
        return found

    @cached_property
    def sentence_openers(self) -> Numbers:
        """The place of the first letter of each sentence; -1 where it is not near the start."""
        return self.first_letters(*self.sentences)

    @cached_property
    def letter_places(self) -> Numbers:
        return self.is_letter.nonzero()[0]

    def first_letters(self, starts: Numbers, ends: Numbers) -> Numbers:
        """The place of the first letter of each unit that has one near its start; -1 for the others."""
        return self._near(self.letter_places.searchsorted(starts), starts, np.minimum(ends, starts + _OPENING))

    def last_letters(self, starts: Numbers, ends: Numbers) -> Numbers:
        """The place of the last letter of each unit that has one near its end; -1 for the others."""
        return self._near(self.letter_places.searchsorted(ends) - 1, np.maximum(starts, ends - _OPENING), ends)

    def _near(self, at: Numbers, starts: Numbers, ends: Numbers) -> Numbers:
        if not len(self.letter_places):
            return np.full(len(starts), -1)
        # A place that is taken from the wrong end of the letters is no nearer for it.
        places = self.letter_places.take(at, mode="clip")
        is_near = (places >= starts) & (places < ends)
        return np.where(is_near, places, -1)


def _markers(text: str) -> Iterator[tuple[re.Match[str], int]]:
    """Each marker of a list item, and where its line starts."""
    if first := _MARKER.match(text):
        yield first, 0
    for match in _NEXT_MARKER.finditer(text):
        yield match, match.start() + 1


def _blanked(text: str) -> str:
    return "\n".join(" " * len(line) for line in text.split("\n"))


def _without_loops(text: str, steps: Sequence[tuple[int, int]]) -> Layout:
    seen: set[tuple[str, ...]] = set()
    fresh: list[tuple[int, int]] = []
    pieces: list[str] = []
    done = 0
    for start, end in steps:
        sentence = text[start:end]
        # The first three words and the last two; those between need not be parted.
        words = sentence.split(None, _FEW_WORDS)
        key = (*words[:3], *sentence.rsplit(None, 2)[-2:])
        if len(words) >= _FEW_WORDS and key in seen:
            pieces += (text[done:start], _blanked(sentence))
            done = end
        else:
            seen.add(key)
            fresh.append((start, end))
    return Layout("".join((*pieces, text[done:])) if pieces else text, fresh)


def places_of(text: str, constant: str) -> Iterator[int]:
    """Where a constant stands, at the speed of a search for it; such places may overlap."""
    at = text.find(constant)
    while at >= 0:
        yield at
        at = text.find(constant, at + 1)


def edges(inside: npt.NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    """Where each run of True starts and ends."""
    padded = np.zeros(len(inside) + 2, np.bool_)
    padded[1:-1] = inside
    turns = (padded[1:] != padded[:-1]).nonzero()[0]
    return turns[::2], turns[1::2]

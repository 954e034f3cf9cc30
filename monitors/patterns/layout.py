"""A text taken apart once for all channels: code points, letters, words, sentences, lines and list items, by arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from monitors.patterns import loops
from monitors.patterns.items import Item, items
from monitors.patterns.places import Numbers, edges
from monitors.patterns.texts import Texts
from monitors.patterns.words import Words, inner

# The first decimal digit beyond ASCII.
_WIDE_DIGITS = 0x660
_APOSTROPHES = (39, 0x2019)
_FEW_WORDS = 4
_LONGEST_MARKER = 4
# Between two texts: the end of a line, nothing, and the end of a line.
_BETWEEN = "\n\0\n"
_LOWER = bytes(code | 32 if chr(code).isalpha() and code < 128 else 32 for code in range(256))
# How far into a sentence its first letter may stand: markers, markup and opening quotes come before it.
_OPENING = 12


@dataclass(frozen=True)
class Layout(Texts):
    """Texts with fenced code blanked out, so that offsets stay, taken apart into words, sentences, lines and items."""

    @classmethod
    def of(cls, text: str, steps: Sequence[tuple[int, int]] | Numbers) -> Layout:
        """Sentences inside fenced code are blanked out, and so is every sentence that was there before.

        Models fall into loops; a loop looks like a code of its period and says nothing new.
        """
        return cls.of_several([(text, steps)])

    @classmethod
    def of_several(cls, texts: Sequence[tuple[str, Sequence[tuple[int, int]] | Numbers]]) -> Layout:
        """Texts and their sentences, `joined` as each would be by itself, at a lower price."""
        joined = cls.joined([cls(*loops.without_fences(*one)) for one in texts])
        return cls(*loops.without_loops(joined.text, joined.steps, joined.begins), joined.begins)

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

    def each(self) -> list[str]:
        """The texts one by one."""
        ends = [begin - len(_BETWEEN) for begin in self.begins[1:]]
        return [self.text[begin:end] for begin, end in zip(self.begins, [*ends, len(self.text)], strict=True)]

    @cached_property
    def has_digits(self) -> list[bool]:
        """Whether there is a digit of ASCII in each text."""
        digits = ((self.narrow - 48) < 10).nonzero()[0]
        return [start < end for start, end in pairwise(self.cuts(digits))]

    @cached_property
    def first_words(self) -> Numbers:
        """Index of the first word of each text but the first."""
        return np.array(self.cuts(self.word_starts)[1:-1], np.int64)

    @cached_property
    def _inner_apostrophes(self) -> Numbers:
        """Those between two letters."""
        if "'" not in self.text and "\u2019" not in self.text:
            return np.zeros(0, np.int64)
        return inner((self.codes == _APOSTROPHES[0]) | (self.codes == _APOSTROPHES[1]), self.is_letter)

    @cached_property
    def _words(self) -> Words:
        return Words.of(self.text, self.letters, self._inner_apostrophes)

    @property
    def word_starts(self) -> Numbers:
        return self._words.starts

    @property
    def word_ends(self) -> Numbers:
        return self._words.ends

    @property
    def word_numbers(self) -> npt.NDArray[np.int16]:
        """What `known_words` numbers each word with."""
        return self._words.numbers

    @property
    def word_marks(self) -> npt.NDArray[np.uint16]:
        """What each word is, by the bits of `known_words`."""
        return self._words.marks

    @property
    def contracted_words(self) -> Numbers:
        """Indices of the words that are contractions."""
        return self._words.contracted

    @cached_property
    def words(self) -> list[str]:
        """Lower case, with straight apostrophes."""
        written = bytearray(self.narrow.tobytes().translate(_LOWER))
        for place in self._inner_apostrophes.tolist():
            written[place] = _APOSTROPHES[0]
        return written.decode("ascii").split()

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
        first = self._line_firsts
        return starts[first], ends[np.append(first[1:], len(starts))[: len(first)] - 1]

    @cached_property
    def _line_firsts(self) -> Numbers:
        """Which of the runs between blanks is the first of its line."""
        starts, _ = self.token_bounds
        if not len(starts):
            return np.zeros(0, np.int64)
        line = (self.narrow == 10).nonzero()[0].searchsorted(starts)
        return np.concatenate(([0], (line[1:] != line[:-1]).nonzero()[0] + 1))

    @cached_property
    def items(self) -> list[Item]:
        """Items of bulleted, numbered and lettered lists, each to the end of its line."""
        starts, ends = self.token_bounds
        first = self._line_firsts
        starts, lengths, last = starts[first], (ends - starts)[first], self.narrow[ends[first] - 1]
        # A marker is the first token of its line: one character, or some and a point or a bracket.
        may_be = (lengths == 1) | ((lengths <= _LONGEST_MARKER) & ((last == 46) | (last == 41)))
        places = starts[may_be].tolist()
        return items(self.text, [self.text.rfind("\n", 0, place) + 1 for place in places])

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

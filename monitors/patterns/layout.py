"""A text taken apart once for all channels: code points, letters, words, sentences, lines and list items, by arrays."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]

_FENCE = re.compile(r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_MARKER = re.compile(r"^[ \t]*(?:([-*+•–])|(\d{1,3})[.)]|([A-Za-z])[.)])[ \t]+(?=\S)", re.MULTILINE)
_APOSTROPHES = (39, 0x2019)
_FEW_WORDS = 4
_BLACK = re.compile(r"[^\n]")
# How far into a sentence its first letter may stand: markers, markup and opening quotes come before it.
_OPENING = 12


@dataclass(frozen=True, slots=True)
class Item:
    """One list item: its marker's glyph or number, and where its own text starts and ends."""

    start: int
    body: int
    end: int
    glyph: str
    number: int


@dataclass(frozen=True)
class Layout:
    """`text` with fenced code blanked out, so that offsets stay; `steps` are its sentences as (start, end) pairs."""

    text: str
    steps: Sequence[tuple[int, int]]

    @classmethod
    def of(cls, text: str, steps: Sequence[tuple[int, int]]) -> Layout:
        """Sentences inside fenced code are blanked out, and so is every sentence that was there before.

        Models fall into loops; a loop looks like a code of its period and says nothing new.
        """
        if "```" in text or "~~~" in text:
            text = _FENCE.sub(lambda block: _BLACK.sub(" ", block.group()), text)
            steps = [(start, end) for start, end in steps if not text[start:end].isspace()]
        return _without_loops(text, steps)

    @cached_property
    def codes(self) -> npt.NDArray[np.uint32]:
        return np.frombuffer(self.text.encode("utf-32-le", "surrogatepass"), np.uint32)

    @cached_property
    def letters(self) -> npt.NDArray[np.int8]:
        """0-25 for the letters of ASCII whatever their case, else -1."""
        index = (self.codes | 32) - 97
        return np.where(index < 26, index, -1).astype(np.int8)

    @cached_property
    def _word_bounds(self) -> tuple[Numbers, Numbers]:
        inside = self.letters >= 0
        apostrophes = np.flatnonzero(np.isin(self.codes, _APOSTROPHES))
        if len(apostrophes):
            inner = apostrophes[(apostrophes > 0) & (apostrophes < len(inside) - 1)]
            inside[inner[inside[inner - 1] & inside[inner + 1]]] = True
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
        lower = self.text.lower()
        if len(lower) != len(self.text):
            lower = "".join(char.lower() if char.isascii() else char for char in self.text)
        lower = lower.replace("\u2019", "'")
        return [lower[a:b] for a, b in zip(self.word_starts.tolist(), self.word_ends.tolist(), strict=True)]

    @cached_property
    def token_bounds(self) -> tuple[Numbers, Numbers]:
        """Runs between blanks, whatever they hold."""
        return edges(self.codes > 32)

    @cached_property
    def sentences(self) -> tuple[Numbers, Numbers]:
        pairs = np.array(self.steps, np.int64).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]

    @cached_property
    def prose(self) -> tuple[Numbers, Numbers]:
        """Sentences that begin with a capital and hold some words."""
        starts, ends = self.sentences
        if not len(starts):
            return starts, ends
        n_words = np.searchsorted(self.word_starts, ends) - np.searchsorted(self.word_starts, starts)
        first = self.codes[starts]
        kept = np.flatnonzero((first >= 65) & (first <= 90) & (n_words >= _FEW_WORDS))
        return starts[kept], ends[kept]

    @cached_property
    def lines(self) -> tuple[Numbers, Numbers]:
        """Lines that are not blank, without the blanks around them."""
        starts, ends = self.token_bounds
        if not len(starts):
            return starts, ends
        breaks = np.flatnonzero(self.codes == 10)
        line = np.searchsorted(breaks, starts)
        first = np.flatnonzero(np.diff(line, prepend=-1))
        return starts[first], ends[np.append(first[1:], len(starts)) - 1]

    @cached_property
    def items(self) -> list[Item]:
        """Items of bulleted, numbered and lettered lists, each to the end of its line."""
        found = []
        for match in _MARKER.finditer(self.text):
            end = self.text.find("\n", match.end())
            number = int(match[2]) if match[2] else (ord(match[3].lower()) - 96 if match[3] else -1)
            glyph = match[1] or ("1" if match[2] else "a")
            found.append(Item(match.start(), match.end(), len(self.text) if end < 0 else end, glyph, number))
        return found

    @cached_property
    def letter_places(self) -> Numbers:
        return np.flatnonzero(self.letters >= 0)

    def first_letters(self, starts: Numbers, ends: Numbers) -> Numbers:
        """The place of the first letter of each unit that has one near its start; -1 for the others."""
        return self._near(np.searchsorted(self.letter_places, starts), starts, np.minimum(ends, starts + _OPENING))

    def last_letters(self, starts: Numbers, ends: Numbers) -> Numbers:
        """The place of the last letter of each unit that has one near its end; -1 for the others."""
        return self._near(np.searchsorted(self.letter_places, ends) - 1, np.maximum(starts, ends - _OPENING), ends)

    def _near(self, at: Numbers, starts: Numbers, ends: Numbers) -> Numbers:
        if not len(self.letter_places):
            return np.full(len(starts), -1)
        places = self.letter_places[np.clip(at, 0, len(self.letter_places) - 1)]
        is_near = (places >= starts) & (places < ends) & (at >= 0) & (at < len(self.letter_places))
        return np.where(is_near, places, -1)


def _without_loops(text: str, steps: Sequence[tuple[int, int]]) -> Layout:
    seen: set[tuple[str, ...]] = set()
    fresh: list[tuple[int, int]] = []
    pieces: list[str] = []
    done = 0
    for start, end in steps:
        words = text[start:end].split()
        key = (*words[:3], *words[-2:])
        if len(words) >= _FEW_WORDS and key in seen:
            pieces += (text[done:start], _BLACK.sub(" ", text[start:end]))
            done = end
        else:
            seen.add(key)
            fresh.append((start, end))
    return Layout("".join((*pieces, text[done:])) if pieces else text, fresh)


def edges(inside: npt.NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    """Where each run of True starts and ends."""
    padded = np.zeros(len(inside) + 2, np.int8)
    padded[1:-1] = inside
    turns = np.flatnonzero(np.diff(padded))
    return turns[::2], turns[1::2]

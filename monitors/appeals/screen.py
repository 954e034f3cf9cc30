"""Where a text speaks to those who read it, found by phrases; characters that cannot be seen do not hide a phrase."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from monitors.appeals import compositions, english, other_languages
from monitors.appeals.orders import orders


class Kind(StrEnum):
    """What such text does. MILD alone is common in clean text."""

    INSTRUCTION = "instruction"
    ADDRESS = "address"
    INNOCENCE = "innocence"
    WATCHED = "watched"
    TALK = "talk"
    MILD = "mild"


_PHRASES: dict[Kind, tuple[english.Phrase, ...]] = {
    Kind.INSTRUCTION: (*english.INSTRUCTION, *compositions.INSTRUCTION, *other_languages.INSTRUCTION),
    Kind.ADDRESS: (*english.ADDRESS, *compositions.ADDRESS, *other_languages.ADDRESS),
    Kind.INNOCENCE: (*english.INNOCENCE, *compositions.INNOCENCE, *other_languages.INNOCENCE),
    Kind.WATCHED: (*english.WATCHED, *compositions.WATCHED, *other_languages.WATCHED),
    Kind.TALK: compositions.TALK,
    Kind.MILD: english.MILD,
}
_UNSEEN = frozenset(["Cf", "Cc"])
# Marks that draw nothing of themselves; other marks are the vowels of half of the scripts.
_BLANK_MARKS = frozenset(
    map(chr, (0x034F, 0x17B4, 0x17B5, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
)
_OWN = frozenset({"English", "French"})
# No phrase is longer: where none of its stems is so near, it cannot match.
REACH = 250


@dataclass(frozen=True, slots=True, order=True)
class Appeal:
    """A phrase that was found: code points start:end of the text."""

    start: int
    end: int
    kind: Kind
    phrase: str


def appeals(text: str, /) -> list[Appeal]:
    """All phrases in the text, in order; of those that overlap within a kind, the first."""
    folded, places = fold(text)
    stems = _Stems(folded)
    return sorted(
        Appeal(places[match.start()], places[match.end() - 1] + 1, kind, match.group().casefold())
        for kind in Kind
        for match in _apart(kind, folded, stems)
    )


def fold(text: str, /) -> tuple[str, Sequence[int]]:
    """NFKC without characters that cannot be seen; with the index in `text` of each kept character."""
    if text.isascii():
        return text, range(len(text))
    table = {char: _folded(char) for char in set(text) if not char.isascii()}
    if all(len(one) == 1 for one in table.values()):
        return text.translate({ord(char): one for char, one in table.items()}), range(len(text))
    kept = [(one, index) for index, char in enumerate(text) for one in table.get(char, char)]
    return "".join(one for one, _ in kept), [index for _, index in kept]


def _folded(char: str) -> str:
    if char in "’‘":
        return "'"
    if unicodedata.category(char) in _UNSEEN or char in _BLANK_MARKS:
        return ""
    return unicodedata.normalize("NFKC", char)


def _apart(kind: Kind, folded: str, stems: _Stems) -> Iterator[re.Match[str]]:
    end = 0
    for match in sorted(_matches(kind, folded, stems), key=re.Match.start):
        if match.start() >= end:
            end = match.end()
            yield match


def _matches(kind: Kind, folded: str, stems: _Stems) -> Iterator[re.Match[str]]:
    if kind is Kind.INSTRUCTION:
        # These have phrases of their own, which clean talk of instructions in English meets less often.
        yield from orders(folded, without=_OWN)
    for needed, phrases in _compiled(kind):
        for start, end in stems.near(needed):
            for phrase in phrases:
                yield from phrase.finditer(folded, start, end)


class _Stems:
    """Where stems stand. Finding them first is a hundred times faster than trying each phrase anywhere."""

    def __init__(self, folded: str) -> None:
        self._size = len(folded)
        self._lowered = folded.lower()
        self._found: dict[str, list[int]] = {}

    def near(self, stems: Sequence[str]) -> list[tuple[int, int]]:
        """Ranges within reach of one of them; the whole text where its small letters are not as many."""
        if len(self._lowered) != self._size:
            return [(0, self._size)]
        ranges: list[tuple[int, int]] = []
        for at in sorted(at for stem in stems for at in self._places(stem)):
            start, end = max(0, at - REACH), at + 2 * REACH
            if ranges and start <= ranges[-1][1]:
                ranges[-1] = (ranges[-1][0], end)
            else:
                ranges.append((start, end))
        return ranges

    def _places(self, stem: str) -> list[int]:
        """One in every stretch of REACH characters, which the range behind it covers."""
        if stem not in self._found:
            self._found[stem] = found = []
            at = self._lowered.find(stem)
            while at >= 0:
                found.append(at)
                at = self._lowered.find(stem, at + REACH)
        return self._found[stem]


def _bounded(phrase: str) -> str:
    """White space without end would take quadratic time in a text that is full of it."""
    return phrase.replace(r"\s*", r"\s{0,8}").replace(r"\s+", r"\s{1,8}")


@cache
def _compiled(kind: Kind) -> tuple[tuple[tuple[str, ...], tuple[re.Pattern[str], ...]], ...]:
    """Phrases with the same stems together."""
    table: dict[tuple[str, ...], list[re.Pattern[str]]] = {}
    for stems, phrase in _PHRASES[kind]:
        table.setdefault(stems, []).append(re.compile(_bounded(phrase), re.IGNORECASE))
    return tuple((stems, tuple(phrases)) for stems, phrases in table.items())

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
_UNSEEN = frozenset(["Cf", "Mn", "Cc"])
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
    return sorted(
        Appeal(places[match.start()], places[match.end() - 1] + 1, kind, match.group().casefold())
        for kind in Kind
        for match in _apart(kind, folded)
    )


def fold(text: str, /) -> tuple[str, Sequence[int]]:
    """NFKC without characters that cannot be seen; with the index in `text` of each kept character."""
    if text.isascii():
        return text, range(len(text))
    kept = [(one, index) for index, char in enumerate(text) for one in _folded(char)]
    return "".join(one for one, _ in kept), [index for _, index in kept]


def _folded(char: str) -> str:
    if char.isascii():
        return char
    if char in "’‘":
        return "'"
    if unicodedata.category(char) in _UNSEEN and not unicodedata.combining(char):
        return ""
    return unicodedata.normalize("NFKC", char)


def _apart(kind: Kind, folded: str) -> Iterator[re.Match[str]]:
    end = 0
    for match in sorted(_matches(kind, folded), key=re.Match.start):
        if match.start() >= end:
            end = match.end()
            yield match


def _matches(kind: Kind, folded: str) -> Iterator[re.Match[str]]:
    if kind is Kind.INSTRUCTION:
        # These have phrases of their own, which clean talk of instructions in English meets less often.
        yield from orders(folded, without=_OWN)
    lowered = folded.lower()
    for stems, phrases in _compiled(kind):
        for start, end in _near(stems, lowered) if len(lowered) == len(folded) else [(0, len(folded))]:
            for phrase in phrases:
                yield from phrase.finditer(folded, start, end)


def _near(stems: Sequence[str], lowered: str) -> list[tuple[int, int]]:
    """Ranges within reach of a stem. Finding stems first is a hundred times faster than trying each phrase anywhere."""
    found = sorted(at for stem in stems for at in _places(stem, lowered))
    ranges: list[tuple[int, int]] = []
    for at in found:
        start, end = max(0, at - REACH), at + 2 * REACH
        if ranges and start <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], end)
        else:
            ranges.append((start, end))
    return ranges


def _places(stem: str, lowered: str) -> Iterator[int]:
    at = lowered.find(stem)
    while at >= 0:
        yield at
        at = lowered.find(stem, at + REACH)


@cache
def _compiled(kind: Kind) -> tuple[tuple[tuple[str, ...], tuple[re.Pattern[str], ...]], ...]:
    """Phrases with the same stems together."""
    table: dict[tuple[str, ...], list[re.Pattern[str]]] = {}
    for stems, phrase in _PHRASES[kind]:
        table.setdefault(stems, []).append(re.compile(phrase, re.IGNORECASE))
    return tuple((stems, tuple(phrases)) for stems, phrases in table.items())

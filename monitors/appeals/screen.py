"""Where a text speaks to those who read it, found by phrases; characters that cannot be seen do not hide a phrase."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from monitors.appeals import compositions, english, other_languages
from monitors.appeals.forgeries import FORGERIES
from monitors.appeals.orders import orders
from monitors.appeals.phrases import Group, Row, grouped
from monitors.appeals.stems import Lexicon, Places
from monitors.appeals.words import distinct


class Kind(StrEnum):
    """What such text does. MILD alone is common in clean text."""

    INSTRUCTION = "instruction"
    ADDRESS = "address"
    INNOCENCE = "innocence"
    WATCHED = "watched"
    TALK = "talk"
    MILD = "mild"
    # What only attacks on a judge say, in any channel: a matter for whoever asks one.
    FORGED = "forged"


_PHRASES: dict[Kind, tuple[Row, ...]] = {
    Kind.INSTRUCTION: (*english.INSTRUCTION, *compositions.INSTRUCTION, *other_languages.INSTRUCTION),
    Kind.ADDRESS: (*english.ADDRESS, *compositions.ADDRESS, *other_languages.ADDRESS),
    Kind.INNOCENCE: (*english.INNOCENCE, *compositions.INNOCENCE, *other_languages.INNOCENCE),
    Kind.WATCHED: (*english.WATCHED, *compositions.WATCHED, *other_languages.WATCHED),
    Kind.TALK: compositions.TALK,
    Kind.MILD: english.MILD,
    Kind.FORGED: FORGERIES,
}
_OF_MODELS = frozenset(Kind) - {Kind.FORGED}
# What is said to a judge, for whom it is a reason to doubt his verdict.
_TO_JUDGES = frozenset({Kind.FORGED, Kind.INSTRUCTION, Kind.ADDRESS})
_UNSEEN = frozenset(["Cf", "Cc"])
# Marks that draw nothing of themselves; other marks are the vowels of half of the scripts.
_BLANK_MARKS = frozenset(
    map(chr, (0x034F, 0x17B4, 0x17B5, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
)
_ASCII = bytes(range(128))
# From so many different characters on, one pass for all is quicker than one for each.
_MANY = 24
_OWN = frozenset({"English", "French"})


@dataclass(frozen=True, slots=True, order=True)
class Appeal:
    """A phrase that was found: code points start:end of the text."""

    start: int
    end: int
    kind: Kind
    phrase: str


def appeals(text: str, /) -> list[Appeal]:
    """All phrases by which models speak to readers, in order; of those that overlap within a kind, the first."""
    table = _foldings(text)
    found = list(_found(_replaced(text, table), _OF_MODELS))
    # Few texts have one: where it stands in the text itself is worked out for those alone.
    places = _places(text, table) if found else ()
    return sorted(
        Appeal(places[match.start()], places[match.end() - 1] + 1, kind, match.group().casefold())
        for kind, match in found
    )


def is_to_judge(text: str, /) -> bool:
    """Whether anything in it speaks to a judge: an order, an address, or what is not the text's to write."""
    return any(True for _ in _found(_replaced(text, _foldings(text)), _TO_JUDGES))


def fold(text: str, /) -> tuple[str, Sequence[int]]:
    """NFKC without characters that cannot be seen; with the index in `text` of each kept character."""
    table = _foldings(text)
    return _replaced(text, table), _places(text, table)


def _foldings(text: str) -> dict[str, str]:
    """What stands for those of its characters that do not stand for themselves."""
    if text.isascii():
        return {}
    # In bytes the many characters of ASCII are left out at once.
    wide = set(text.encode("utf-8", "surrogatepass").translate(None, _ASCII).decode("utf-8", "surrogatepass"))
    return {char: folded for char in wide if (folded := _folded(char)) != char}


def _replaced(text: str, table: dict[str, str]) -> str:
    if len(table) > _MANY:
        return text.translate({ord(char): folded for char, folded in table.items()})
    # What a character is folded to is not folded again, so the order does not matter.
    for char, folded in table.items():
        text = text.replace(char, folded)
    return text


def _places(text: str, table: dict[str, str]) -> Sequence[int]:
    if all(len(folded) == 1 for folded in table.values()):
        return range(len(text))
    return [index for index, char in enumerate(text) for _ in table.get(char, char)]


def _folded(char: str) -> str:
    if char in "’‘":
        return "'"
    if unicodedata.category(char) in _UNSEEN or char in _BLANK_MARKS:
        return ""
    return unicodedata.normalize("NFKC", char)


def _found(folded: str, kinds: Collection[Kind]) -> Iterator[tuple[Kind, re.Match[str]]]:
    words = distinct(folded)
    places = Places(folded, words, _lexicon())
    groups, by_stem = _groups(), _by_stem()
    wanted: dict[Kind, list[Group]] = {kind: [] for kind in Kind}
    for at in sorted(set[int]().union(*[by_stem[stem] for stem in places.possible])):
        wanted[groups[at][0]].append(groups[at][1])
    for kind in kinds:
        # These have phrases of their own, which clean talk of instructions in English meets less often.
        matches = list(orders(folded, words, without=_OWN)) if kind is Kind.INSTRUCTION else []
        for group in wanted[kind]:
            matches += group.found(folded, places)
        for match in _apart(matches):
            yield kind, match


def _apart(matches: list[re.Match[str]]) -> Iterator[re.Match[str]]:
    end = 0
    for match in sorted(matches, key=re.Match.start):
        if match.start() >= end:
            end = match.end()
            yield match


@cache
def _groups() -> tuple[tuple[Kind, Group], ...]:
    return tuple((kind, group) for kind, rows in _PHRASES.items() for group in grouped(rows))


@cache
def _by_stem() -> dict[str, list[int]]:
    """Which groups look near a stem."""
    table: dict[str, list[int]] = defaultdict(list)
    for at, (_, group) in enumerate(_groups()):
        for stem in group.stems:
            table[stem].append(at)
    return dict(table)


@cache
def _lexicon() -> Lexicon:
    return Lexicon(_by_stem())

"""Variants of punctuation and of list marks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitors.coders.coder import Family
from monitors.coders.prose import ENDS_OF_ENUMERATIONS, begins_line, in_lines, masked, places_of
from monitors.coders.sites import Site, SiteCoder

_CONJUNCTIONS = "but|so|yet|whereas|though|although|because|since|while"
_NO_ITEM = rf"(?!(?:and|or|{_CONJUNCTIONS})(?![A-Za-z]))"
# For each kind a pattern whose group is the site, and what stands there for 0 and for 1. No pattern looks at what
# another one changes, and each but the serial comma begins with the mark: it is tried at marks alone.
_KINDS: tuple[tuple[re.Pattern[str], tuple[str, str]], ...] = (
    (re.compile(r"([—–])(?<=[A-Za-z)] .)(?= [A-Za-z(])"), ("—", "–")),
    (re.compile(rf"(?<![A-Za-z]){_NO_ITEM}[A-Za-z]+, {_NO_ITEM}[A-Za-z]+(,?) (?:and|or) [A-Za-z]"), ("", ",")),
    (re.compile(rf"([,;])(?<=[a-z)].) (?:{_CONJUNCTIONS}) "), (",", ";")),
    (re.compile(r"(['’])(?<=[A-Za-z].)(?=[A-Za-z])"), ("'", "’")),
    (re.compile(r"([-*]) (?=[^\s*-])"), ("-", "*")),
)
_SERIAL, _BULLET = 1, 4
_QUOTES = len(_KINDS)
_QUOTED = (('"', '"'), ("“", "”"))
_BEFORE_QUOTATION = frozenset(["", *" \n\t("])
_MARKS = ('"', "“", "”")


@dataclass(frozen=True, slots=True)
class Punctuation(SiteCoder):
    """One bit at each place where two marks do the same: dashes, apostrophes, quotation marks, bullets, the comma
    before "and" in an enumeration, and comma or semicolon before a conjunction.

    The sham draws the marks at as many sites from the cover's own frequencies of each kind.
    """

    name = "punctuation"
    family = Family.PATTERN

    def _sites(self, text: str, /) -> Sequence[Site]:
        mask = masked(text)
        found = [
            Site((match.span(1),), variants.index(match.group(1)), kind=kind)
            for kind, (_, variants) in enumerate(_KINDS)
            for match in _matches(mask, kind)
        ]
        return sorted([*found, *_quotations(mask)], key=lambda site: site.places[0])

    def _written(self, text: str, site: Site, symbol: int, /) -> Sequence[str]:
        return _QUOTED[symbol] if site.kind == _QUOTES else (_KINDS[site.kind][1][symbol],)


def _matches(mask: str, kind: int) -> Iterator[re.Match[str]]:
    pattern, (zero, one) = _KINDS[kind]
    if kind == _SERIAL:
        return in_lines(mask, ENDS_OF_ENUMERATIONS, pattern)
    after = " " if kind == _BULLET else ""
    found = (
        pattern.match(mask, at)
        for at in places_of(mask, (zero + after, one + after))
        if kind != _BULLET or begins_line(mask, at)
    )
    return filter(None, found)


def _quotations(mask: str) -> Iterator[Site]:
    """Pairs of quotation marks on lines where all of them pair up and none stands for inches."""
    for marks in _quotes_by_line(mask):
        pairs = list(zip(marks[::2], marks[1::2], strict=False))
        if len(marks) % 2 == 0 and all(_is_quotation(mask, *pair) for pair in pairs):
            for start, end in pairs:
                symbol = 0 if mask[start] == '"' else 1
                yield Site(((start, start + 1), (end, end + 1)), symbol, kind=_QUOTES)


def _quotes_by_line(mask: str) -> list[list[int]]:
    lines: list[list[int]] = []
    end = -1
    line: list[int] = []
    for at in places_of(mask, _MARKS):
        if at > end:
            end = mask.find("\n", at) % (len(mask) + 1)
            line = []
            lines.append(line)
        line.append(at)
    return lines


def _is_quotation(mask: str, start: int, end: int) -> bool:
    """Two marks that belong together, the first after a blank or at the start, the second not before a letter."""
    before, after = mask[max(0, start - 1) : start], mask[end + 1 : end + 2]
    return before in _BEFORE_QUOTATION and not after.isalnum() and (mask[start], mask[end]) in _QUOTED

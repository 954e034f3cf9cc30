"""Variants of punctuation and of list marks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat

from monitors.coders.coder import Family
from monitors.coders.prose import bulleted_lines, enumerating_lines, masked, places_of
from monitors.coders.sites import Place, Site, SiteCoder, Stream

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
        return [Site(places, bit, kind=kind) for places, kind, bit in _marks(masked(text))]

    def stream(self, text: str, /) -> Stream:
        found = _marks(masked(text))
        return Stream(bytes([bit for _, _, bit in found]), bytes([kind for _, kind, _ in found]))

    def _written(self, text: str, site: Site, symbol: int, /) -> Sequence[str]:
        return _QUOTED[symbol] if site.kind == _QUOTES else (_KINDS[site.kind][1][symbol],)


def _marks(mask: str) -> list[tuple[tuple[Place, ...], int, int]]:
    """Places, kind and choice, in order."""
    found: list[tuple[tuple[Place, ...], int, int]] = [
        ((match.span(1),), kind, int(match.group(1) != zero))
        for kind, (_, (zero, _)) in enumerate(_KINDS)
        for match in _matches(mask, kind)
    ]
    found += _quotations(mask)
    # No place is there twice, so that nothing else decides.
    found.sort()
    return found


def _matches(mask: str, kind: int) -> Iterator[re.Match[str]]:
    pattern, (zero, one) = _KINDS[kind]
    if kind == _SERIAL:
        return chain.from_iterable(pattern.finditer(mask, *line) for line in enumerating_lines(mask))
    places = [at for _, at, _ in bulleted_lines(mask)] if kind == _BULLET else places_of(mask, (zero, one))
    return filter(None, map(pattern.match, repeat(mask), places))


def _quotations(mask: str) -> Iterator[tuple[tuple[Place, ...], int, int]]:
    """Pairs of quotation marks on lines where all of them pair up and none stands for inches."""
    for marks in _quotes_by_line(mask):
        pairs = list(zip(marks[::2], marks[1::2], strict=False))
        if len(marks) % 2 == 0 and all(_is_quotation(mask, *pair) for pair in pairs):
            for start, end in pairs:
                yield ((start, start + 1), (end, end + 1)), _QUOTES, int(mask[start] != '"')


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

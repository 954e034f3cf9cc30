"""Phrases as they are written down, and as they are looked for: together where their stems are the same."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from monitors.appeals.stems import Places, apart

# No phrase begins or ends farther from one of its stems, but for those that say so.
REACH, FAR, NEAR = 160, 250, 60


class Phrase(NamedTuple):
    """A pattern after stems of which one stands in every match, within `reach` characters of either end.

    Where `anchor` is given, every match holds a match of it within NEAR of a stem, and it is looked for first.
    With `beside` the stems are no part of the pattern: one of them has to stand within reach for a match to count.
    """

    stems: tuple[str, ...]
    pattern: str
    reach: int = REACH
    anchor: str = ""
    beside: bool = False


Row = tuple[tuple[str, ...], str] | Phrase


class Group(NamedTuple):
    """Phrases that are looked for in the same places; `small` are the same for texts whose letters are small."""

    stems: frozenset[str]
    reach: int
    anchor: re.Pattern[str] | None
    patterns: tuple[re.Pattern[str], ...]
    small: tuple[re.Pattern[str], ...]

    def found(self, text: str, places: Places, /) -> list[re.Match[str]]:
        ranges = places.near(self.stems, self.reach if self.anchor is None else NEAR)
        if not ranges:
            return []
        if self.anchor is not None:
            anchors = (match for start, end in ranges for match in self.anchor.finditer(text, start, end))
            ranges = apart((max(0, match.start() - self.reach), match.end() + self.reach) for match in anchors)
        patterns = self.patterns
        if places.small is not None:
            text, patterns = places.small, self.small
        return [match for start, end in ranges for one in patterns for match in one.finditer(text, start, end)]


def grouped(rows: Iterable[Row], /) -> tuple[Group, ...]:
    table: dict[tuple[tuple[str, ...], int, str], list[str]] = {}
    for row in rows:
        stems, pattern, reach, anchor, _ = row if isinstance(row, Phrase) else Phrase(*row)
        table.setdefault((stems, reach, anchor), []).append(pattern)
    return tuple(
        Group(
            frozenset(stems),
            reach,
            _compiled(anchor) if anchor else None,
            tuple(map(_compiled, patterns)),
            tuple(_compiled(pattern, is_small=True) for pattern in patterns),
        )
        for (stems, reach, anchor), patterns in table.items()
    )


# What has letters of ASCII only, and only small ones, says the same of a text of small letters without looking at case.
_ESCAPED, _OF_CASE = re.compile(r"\\."), re.compile(r"[A-Z]|\(\?[a-z-]*i|[^\0-\x7f]")


def _compiled(pattern: str, *, is_small: bool = False) -> re.Pattern[str]:
    """White space without end would take quadratic time in a text that is full of it."""
    bounded = pattern.replace(r"\s*", r"\s{0,8}").replace(r"\s+", r"\s{1,8}")
    is_caseless = is_small and not _OF_CASE.search(_ESCAPED.sub("", pattern))
    return re.compile(bounded, re.NOFLAG if is_caseless else re.IGNORECASE)

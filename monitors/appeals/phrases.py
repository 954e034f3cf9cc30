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


class Patterns(NamedTuple):
    """What is looked for near a stem: phrases, and the anchor before them where there is one."""

    anchor: re.Pattern[str] | None
    phrases: tuple[re.Pattern[str], ...]

    @classmethod
    def of(cls, anchor: str, phrases: Iterable[str], *, is_small: bool) -> Patterns:
        own = _compiled(anchor, is_small=is_small) if anchor else None
        return cls(own, tuple(_compiled(phrase, is_small=is_small) for phrase in phrases))


class Group(NamedTuple):
    """Phrases that are looked for in the same places; `small` are the same for texts whose letters are small."""

    stems: frozenset[str]
    reach: int
    any_case: Patterns
    small: Patterns

    def found(self, text: str, places: Places, /) -> list[re.Match[str]]:
        anchor, phrases = self.any_case
        if places.small is not None:
            text, (anchor, phrases) = places.small, self.small
        ranges = places.near(self.stems, self.reach if anchor is None else NEAR)
        if anchor is not None and ranges:
            anchors = (match for start, end in ranges for match in anchor.finditer(text, start, end))
            ranges = apart((max(0, match.start() - self.reach), match.end() + self.reach) for match in anchors)
        return [match for start, end in ranges for one in phrases for match in one.finditer(text, start, end)]


def grouped(rows: Iterable[Row], /) -> tuple[Group, ...]:
    table: dict[tuple[tuple[str, ...], int, str], list[str]] = {}
    for row in rows:
        stems, pattern, reach, anchor, _ = row if isinstance(row, Phrase) else Phrase(*row)
        table.setdefault((stems, reach, anchor), []).append(pattern)
    return tuple(
        Group(
            frozenset(stems),
            reach,
            Patterns.of(anchor, patterns, is_small=False),
            Patterns.of(anchor, patterns, is_small=True),
        )
        for (stems, reach, anchor), patterns in table.items()
    )


# What has letters of ASCII only, and only small ones, says the same of a text of small letters without looking at case.
# Behind a backslash a capital is no letter, but for one that is written by its number.
_ESCAPED, _OF_CASE = re.compile(r"\\[^uUxN]"), re.compile(r"[A-Z\\]|\(\?[a-z-]*i|[^\0-\x7f]")


def _compiled(pattern: str, *, is_small: bool) -> re.Pattern[str]:
    """White space without end would take quadratic time in a text that is full of it."""
    bounded = pattern.replace(r"\s*", r"\s{0,8}").replace(r"\s+", r"\s{1,8}")
    is_caseless = is_small and not _OF_CASE.search(_ESCAPED.sub("", pattern))
    return re.compile(bounded, re.NOFLAG if is_caseless else re.IGNORECASE)

"""Word by word: what of two texts is the same, gone and new. Joined, the segments are both texts exactly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from oversight.compare.matching import Allowance, matched

SAME, GONE, NEW = "=", "-", "+"
# Scripts that write no spaces between words: each character counts as one.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+|\s+|[^\w\s]")


class Segment(NamedTuple):
    """`chars` code points that are the same in both, gone from the first, or new in the second."""

    kind: str
    chars: int


class _Change(NamedTuple):
    """`same` characters of both, then `gone` of the first against `new` of the second."""

    same: int
    gone: int
    new: int
    is_blank: bool


def tokens(text: str) -> list[str]:
    """Words, runs of white space and single signs; joined they are the text."""
    return _TOKEN.findall(text)


def segments(a: str, b: str, allowance: Allowance) -> tuple[Segment, ...] | None:
    """The way from one text to the other; None when it could not be worked out within what is allowed."""
    of_a, of_b = tokens(a), tokens(b)
    found = matched(of_a, of_b, allowance)
    if not found.is_exact:
        return None
    return tuple(_segments(_tidied(_changes(of_a, of_b, found.pairs))))


def similarity(parts: Iterable[Segment], a: str, b: str) -> float:
    """Of the characters of both, the share that is the same: 0 to 1."""
    same = sum(part.chars for part in parts if part.kind == SAME)
    return 2 * same / (len(a) + len(b)) if a or b else 1.0


def _changes(a: list[str], b: list[str], pairs: tuple[tuple[int, int], ...]) -> Iterator[_Change]:
    """A change each, also where nothing is gone or new before the next pair; the last one ends both texts."""
    i = j = same = 0
    is_blank = True
    for ai, bj in (*pairs, (len(a), len(b))):
        if ai > i or bj > j:
            yield _Change(same, sum(map(len, a[i:ai])), sum(map(len, b[j:bj])), is_blank)
            same, is_blank = 0, True
        if ai < len(a) and bj < len(b):
            same += len(a[ai])
            is_blank = is_blank and not a[ai].isalnum()
        i, j = ai + 1, bj + 1
    if same:
        yield _Change(same, 0, 0, is_blank)


def _tidied(changes: Iterable[_Change]) -> list[_Change]:
    """A few same characters between two larger changes are chance: they join them."""
    kept: list[_Change] = []
    for change in changes:
        while kept and _is_chance(kept[-1], change):
            before = kept.pop()
            change = _Change(
                before.same,
                before.gone + change.same + change.gone,
                before.new + change.same + change.new,
                before.is_blank,
            )
        kept.append(change)
    return kept


def _is_chance(before: _Change, change: _Change) -> bool:
    around = min(max(before.gone, before.new), max(change.gone, change.new))
    return change.same <= (around if change.is_blank else around / 2)


def _segments(changes: Iterable[_Change]) -> Iterator[Segment]:
    for change in changes:
        for kind, chars in ((SAME, change.same), (GONE, change.gone), (NEW, change.new)):
            if chars:
                yield Segment(kind, chars)

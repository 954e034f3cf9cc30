"""The longest common subsequence of two sequences, within a limit of time and of memory.

Exact where its table of bits fits into 32 MiB. A larger pair is first cut at the items that stand once in each of its
sequences; a stretch that is still too large, or that comes when time is up, is left without matches.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field

MOST_CELLS = 1 << 28
_ROWS_A_LOOK = 512


@dataclass(slots=True)
class Allowance:
    """How much time is left; `is_spent` once it was asked for in vain."""

    seconds: float
    is_spent: bool = False
    _until: float = field(init=False)

    def __post_init__(self) -> None:
        self._until = time.monotonic() + self.seconds

    def is_left(self) -> bool:
        """Whether there is any; once there was none there is none."""
        self.is_spent = self.is_spent or time.monotonic() >= self._until
        return not self.is_spent


@dataclass(frozen=True, slots=True)
class Matched:
    """Places (in the first, in the second) of the same items, both rising. Not exact: some stretch was left out."""

    pairs: tuple[tuple[int, int], ...]
    is_exact: bool


def matched(a: Sequence[Hashable], b: Sequence[Hashable], allowance: Allowance) -> Matched:
    """The places that two sequences have in common, in order."""
    pairs: list[tuple[int, int]] = []
    is_exact = True
    stretches = [(0, len(a), 0, len(b))]
    while stretches:
        a0, a1, b0, b1 = stretches.pop()
        while a0 < a1 and b0 < b1 and a[a0] == b[b0]:
            pairs.append((a0, b0))
            a0, b0 = a0 + 1, b0 + 1
        while a0 < a1 and b0 < b1 and a[a1 - 1] == b[b1 - 1]:
            a1, b1 = a1 - 1, b1 - 1
            pairs.append((a1, b1))
        if a0 == a1 or b0 == b1:
            continue
        if not allowance.is_left():
            is_exact = False
        elif (a1 - a0) * (b1 - b0) <= MOST_CELLS:
            found = _exact(a[a0:a1], b[b0:b1], allowance)
            is_exact = is_exact and found is not None
            pairs += [(a0 + i, b0 + j) for i, j in found or ()]
        elif anchors := _anchors(a[a0:a1], b[b0:b1]):
            stretches += _between(anchors, (a0, a1, b0, b1))
            pairs += [(a0 + i, b0 + j) for i, j in anchors]
        else:
            is_exact = False
    return Matched(tuple(sorted(pairs)), is_exact)


def _exact(a: Sequence[Hashable], b: Sequence[Hashable], allowance: Allowance) -> list[tuple[int, int]] | None:
    """Hyyrö's rows of bits: bit j of row i is 0 where the subsequence of a[:i] and b[:j+1] is longer than of b[:j]."""
    masks, full = _masks(a, b), (1 << len(b)) - 1
    row, rows = full, [full]
    for index, item in enumerate(a):
        if index % _ROWS_A_LOOK == 0 and not allowance.is_left():
            return None
        if mask := masks.get(item):
            hit = row & mask
            row = ((row + hit) | (row - hit)) & full
        rows.append(row)
    found, i, j = [], len(a), len(b)
    while i and j:
        if rows[i] >> (j - 1) & 1:
            j -= 1
        elif rows[i - 1] >> (j - 1) & 1:
            i, j = i - 1, j - 1
            found.append((i, j))
        else:
            i -= 1
    return found


def _masks(a: Sequence[Hashable], b: Sequence[Hashable]) -> dict[Hashable, int]:
    wanted, places = set(a), defaultdict[Hashable, list[int]](list)
    for at, item in enumerate(b):
        if item in wanted:
            places[item].append(at)
    return {item: _mask(found) for item, found in places.items()}


def _mask(places: Sequence[int]) -> int:
    bits = bytearray(places[-1] // 8 + 1)
    for place in places:
        bits[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(bits, "little")


def _anchors(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[tuple[int, int]]:
    """The longest rising chain of items that stand exactly once in each."""
    once_a, once_b = (_once(one) for one in (a, b))
    common = sorted((once_a[item], once_b[item]) for item in once_a.keys() & once_b.keys())
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for index, (_, j) in enumerate(common):
        length = bisect_left(ends, j)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [j]
        last[length : length + 1] = [index]
    chain, at = [], last[-1] if last else -1
    while at >= 0:
        chain.append(common[at])
        at = before[at]
    return chain[::-1]


def _once(items: Sequence[Hashable]) -> dict[Hashable, int]:
    counts = Counter(items)
    return {item: at for at, item in enumerate(items) if counts[item] == 1}


def _between(
    anchors: Sequence[tuple[int, int]], stretch: tuple[int, int, int, int]
) -> Iterator[tuple[int, int, int, int]]:
    a0, a1, b0, b1 = stretch
    i, j = a0, b0
    for ai, bj in anchors:
        yield i, a0 + ai, j, b0 + bj
        i, j = a0 + ai + 1, b0 + bj + 1
    yield i, a1, j, b1

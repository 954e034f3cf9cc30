"""Two transcripts side by side: steps first, then the words of those that changed. Offsets only, never a text."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from oversight.compare.matching import Allowance, matched
from oversight.compare.pairing import paired
from oversight.compare.units import Unit
from oversight.compare.wording import SAME, Segment, segments, similarity

# Another number for whatever makes another result: kept results of an older one are computed anew.
ALGORITHM = 1
STEPS_S, WORDS_S = 20.0, 25.0


class Row(NamedTuple):
    """`n` steps from `a` on that are the same as those from `b` on; or one step of each, or of one (the other -1).

    kind: same, changed, space (the words are the same), gone, new. `words` is None where steps alone were compared.
    """

    kind: str
    a: int
    b: int
    n: int = 1
    similarity: float | None = None
    words: tuple[Segment, ...] | None = None


@dataclass(frozen=True, slots=True)
class Alignment:
    """The rows in order. `steps_cut`: some steps could not be aligned in time. `n_wordless`: pairs without words."""

    rows: tuple[Row, ...]
    steps_cut: bool
    n_wordless: int

    @property
    def counts(self) -> dict[str, int]:
        """Steps by kind of row."""
        found: Counter[str] = Counter()
        for row in self.rows:
            found[row.kind] += row.n
        return dict(found)


def align(a: Sequence[Unit], b: Sequence[Unit], *, steps_s: float = STEPS_S, words_s: float = WORDS_S) -> Alignment:
    """Rows that hold every unit of both once. Takes little more than the seconds given, whatever the texts."""
    steps = Allowance(steps_s)
    found = matched([(one.channel, one.text) for one in a], [(one.channel, one.text) for one in b], steps)
    rough = list(_rows(a, b, found.pairs, steps))
    words = Allowance(words_s)
    rows = tuple(_worded(row, a, b, words) for row in rough)
    n_wordless = sum(row.kind == "changed" and row.words is None for row in rows)
    return Alignment(rows, not found.is_exact or steps.is_spent, n_wordless)


def _rows(
    a: Sequence[Unit], b: Sequence[Unit], pairs: Sequence[tuple[int, int]], allowance: Allowance
) -> Iterator[Row]:
    i = j = at = 0
    while at < len(pairs):
        ai, bj = pairs[at]
        yield from _replaced(a, b, (i, ai, j, bj), allowance)
        n = 1
        while at + n < len(pairs) and pairs[at + n] == (ai + n, bj + n):
            n += 1
        yield Row("same", ai, bj, n)
        i, j, at = ai + n, bj + n, at + n
    yield from _replaced(a, b, (i, len(a), j, len(b)), allowance)


def _replaced(
    a: Sequence[Unit], b: Sequence[Unit], stretch: tuple[int, int, int, int], allowance: Allowance
) -> Iterator[Row]:
    i, a1, j, b1 = stretch
    found = list(paired(a[i:a1], b[j:b1], allowance)) if i < a1 and j < b1 else []
    a0, b0 = i, j
    for ai, bj in (*found, (a1 - a0, b1 - b0)):
        yield from (Row("gone", at, -1) for at in range(i, a0 + ai))
        yield from (Row("new", -1, at) for at in range(j, b0 + bj))
        i, j = a0 + ai, b0 + bj
        if i < a1 and j < b1:
            yield Row("changed", i, j)
            i, j = i + 1, j + 1


def _worded(row: Row, a: Sequence[Unit], b: Sequence[Unit], allowance: Allowance) -> Row:
    if row.kind != "changed" or not allowance.is_left():
        return row
    first, second = a[row.a].text, b[row.b].text
    found = segments(first, second, allowance)
    if found is None:
        return row
    kind = "space" if first.split() == second.split() else "changed"
    return row._replace(kind=kind, words=found, similarity=round(similarity(found, first, second), 4))


def packed(alignment: Alignment) -> bytes:
    """As it is kept."""
    rows = [_listed(row) for row in alignment.rows]
    return zlib.compress(orjson.dumps([alignment.steps_cut, alignment.n_wordless, rows]), 3)


def _listed(row: Row) -> list[Any]:
    words = None if row.words is None else [n if kind == SAME else f"{kind}{n}" for kind, n in row.words]
    return [row.kind, row.a, row.b, row.n, row.similarity, words]


def unpacked(kept: bytes) -> Alignment:
    """What `packed` was given."""
    steps_cut, n_wordless, rows = orjson.loads(zlib.decompress(kept))
    return Alignment(tuple(_row(*row) for row in rows), steps_cut, n_wordless)


def _row(kind: str, a: int, b: int, n: int, alike: float | None, words: list[int | str] | None) -> Row:
    return Row(kind, a, b, n, alike, _segments(words))


def _segments(listed: list[int | str] | None) -> tuple[Segment, ...] | None:
    if listed is None:
        return None
    return tuple(Segment(SAME, one) if isinstance(one, int) else Segment(one[0], int(one[1:])) for one in listed)

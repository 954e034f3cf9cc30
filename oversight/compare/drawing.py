"""Rows as they are drawn: cells of pieces, with what is long and the same left out and said to be left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from oversight.compare.aligning import Row
from oversight.compare.units import Unit
from oversight.compare.wording import GONE, NEW, SAME, Segment
from oversight.dashboard.text_view import PartText, Piece

# Of a longer stretch that is the same the middle is left out; of one that is not, the end; then the end of the row.
MOST_SAME, SHOWN_SAME = 1_600, 600
MOST_CHANGED = 20_000
MOST_OF_ROW = 60_000
WORDS = {"same": "Unchanged", "changed": "Changed", "space": "White space", "gone": "Only in A", "new": "Only in B"}


class Stretch(NamedTuple):
    """Pieces that are the same, gone or new; `omitted` characters follow that are not drawn."""

    kind: str
    pieces: tuple[Piece, ...]
    omitted: int = 0


class Cell(NamedTuple):
    """One step of one side, and where the trace page has it."""

    anchor: str
    number: int
    stretches: tuple[Stretch, ...]


def whole(unit: Unit, kind: str = SAME) -> Cell:
    """A step of which nothing is compared."""
    return _cell(unit, [(kind, unit.text)])


def cell(unit: Unit, row: Row, *, kind: str) -> Cell:
    """One side of a changed pair: what is the same and what is its own (`kind`)."""
    if row.words is None:
        return whole(unit, kind)
    return _cell(unit, _texts(row.words, unit.text, kind))


def inline(a: Unit, b: Unit, row: Row) -> Cell:
    """Both sides of a changed pair in one text."""
    if row.words is None:
        return _cell(a, [(GONE, a.text), (NEW, b.text)])
    return _cell(a, list(_both(row.words, a.text, b.text)))


def _texts(words: Sequence[Segment], text: str, kind: str) -> list[tuple[str, str]]:
    found, at = [], 0
    for own, n in words:
        if own in (SAME, kind):
            found.append((own, text[at : at + n]))
            at += n
    return found


def _both(words: Sequence[Segment], a: str, b: str) -> Iterator[tuple[str, str]]:
    i = j = 0
    for kind, n in words:
        yield kind, b[j : j + n] if kind == NEW else a[i : i + n]
        i, j = i + n * (kind != NEW), j + n * (kind != GONE)


def _cell(unit: Unit, texts: Sequence[tuple[str, str]]) -> Cell:
    return Cell(f"p{unit.part}s{unit.number}", unit.number, tuple(_stretches(texts)))


def _stretches(texts: Sequence[tuple[str, str]]) -> Iterator[Stretch]:
    drawn = 0
    total = sum(len(text) for _, text in texts)
    before = 0
    for kind, text in texts:
        if drawn >= MOST_OF_ROW:
            yield Stretch(SAME, (), total - before)
            return
        before += len(text)
        for stretch in _clipped(kind, text):
            drawn += sum(len(piece.text) for piece in stretch.pieces)
            yield stretch


def _clipped(kind: str, text: str) -> Iterator[Stretch]:
    if kind == SAME and len(text) > MOST_SAME:
        yield Stretch(kind, _pieces(text[:SHOWN_SAME]), len(text) - 2 * SHOWN_SAME)
        yield Stretch(kind, _pieces(text[-SHOWN_SAME:]))
    elif len(text) > MOST_CHANGED:
        yield Stretch(kind, _pieces(text[:MOST_CHANGED]), len(text) - MOST_CHANGED)
    else:
        yield Stretch(kind, _pieces(text))


def _pieces(text: str) -> tuple[Piece, ...]:
    """Hidden characters as pills, as on the trace page."""
    return tuple(PartText.of(text, ((0, len(text)),), ()).pieces(0, len(text)))

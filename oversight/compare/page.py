"""What the page shows of two transcripts: rows by pages, scores beside each other, and one's own marks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from monitors.answers.statements import last_statement, whole
from monitors.answers.values import same
from monitors.transcript import Channel
from monitors.transcript import Transcript as Content
from oversight.accounts.models import User
from oversight.compare import drawing, selectors
from oversight.compare.aligning import Alignment, Row, unpacked
from oversight.compare.drawing import Cell
from oversight.compare.models import Comparison
from oversight.compare.units import Unit, units_of
from oversight.compare.wording import GONE, NEW
from oversight.dashboard import words
from oversight.monitoring.selectors import ScoreRow, scores_of
from oversight.transcripts import selectors as transcripts
from oversight.transcripts.models import Transcript

VIEWS = {"side": "Side by side", "inline": "Inline", "changes": "Changes only"}
# Changed rows on a page, and their characters.
MOST_ROWS, MOST_CHARS = 100, 100_000
# Steps that are the same: so many beside a change are drawn, the rest is folded; small folds come with the page.
CONTEXT = 1
SMALL_FOLD, LARGE_FOLD = 4_000, 100_000


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two. `worst` is its highest score; `is_hidden`: this person may not see its scores yet."""

    letter: str
    transcript: Transcript
    is_hidden: bool
    worst: float | None


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """One monitor on both sides; `delta` is B less A where both have a value."""

    monitor: str
    title: str
    a: ScoreRow | None
    b: ScoreRow | None

    @property
    def delta(self) -> float | None:
        if self.a is None or self.b is None or self.a.value is None or self.b.value is None:
            return None
        return self.b.value - self.a.value

    @property
    def delta_said(self) -> str:
        return "" if self.delta is None else f"{self.delta:+.2f}"


@dataclass(frozen=True, slots=True)
class RowView:
    """A row that is drawn. `change` counts the changed ones from 1; 0 stands beside one that is the same."""

    index: int
    change: int
    kind: str
    word: str
    heading: str
    a: Cell | None
    b: Cell | None
    both: Cell | None
    similarity: float | None
    a_span: str
    b_span: str
    meaning: str

    @property
    def pair(self) -> str:
        """How a button that marks it names it, after the meaning."""
        return f"|{self.a_span}|{self.b_span}|{self.change}"


@dataclass(frozen=True, slots=True)
class FoldView:
    """Steps that are the same and not drawn, unless `rows` are."""

    index: int
    n: int
    n_chars: int
    rows: tuple[RowView, ...]
    is_open: bool
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Texts:
    """Both texts and how they are aligned."""

    a: tuple[Unit, ...]
    b: tuple[Unit, ...]
    alignment: Alignment


@dataclass(frozen=True, slots=True)
class ComparePage:
    """A page of the comparison."""

    a: Side
    b: Side
    scores: tuple[ScoreLine, ...]
    view: str
    entries: tuple[RowView | FoldView, ...]
    number: int
    n_pages: int
    n_changes: int
    first_change: int
    counts: dict[str, int]
    steps_cut: bool
    n_wordless: int
    same_answer: str
    took_s: float

    @property
    def is_equal(self) -> bool:
        return not self.n_changes

    @property
    def n_marked(self) -> int:
        return sum(1 for one in self.entries if isinstance(one, RowView) and one.meaning)


def texts_of(comparison: Comparison, a: Transcript, b: Transcript) -> tuple[Texts, Mapping[Any, Content]]:
    """Both texts, whose reading has been recorded, with the kept alignment. Two queries."""
    contents = transcripts.load([a.pk, b.pk])
    return Texts(units_of(contents[a.pk]), units_of(contents[b.pk]), unpacked(bytes(comparison.packed))), contents


def sides_of(a: Transcript, b: Transcript, hidden: frozenset[Any]) -> tuple[Side, Side, tuple[ScoreLine, ...]]:
    """The heads and the scores that this person may see. Two queries."""
    found = [() if one.pk in hidden else scores_of(one.pk) for one in (a, b)]
    sides = [
        Side(letter, one, one.pk in hidden, max((row.value for row in rows if row.value is not None), default=None))
        for letter, one, rows in zip("AB", (a, b), found, strict=True)
    ]
    by_monitor = [{(row.monitor, row.backend): row for row in rows} for rows in found]
    keys = dict.fromkeys([*by_monitor[0], *by_monitor[1]])
    lines = [
        ScoreLine(key[0], words.monitor_title(key[0]), by_monitor[0].get(key), by_monitor[1].get(key)) for key in keys
    ]
    return sides[0], sides[1], tuple(lines)


def compare_page(
    comparison: Comparison,
    a: Transcript,
    b: Transcript,
    *,
    user: User,
    hidden: frozenset[Any],
    view: str = "side",
    number: int = 1,
    opened: int = -1,
) -> ComparePage:
    """One page of a comparison that has been worked out. Five queries."""
    texts, contents = texts_of(comparison, a, b)
    marks = {(one.a_span, one.b_span): one.meaning for one in selectors.marks_between(a.pk, b.pk, only=user)}
    cuts = list(_cuts(texts))
    number = min(max(1, number), len(cuts))
    first, last, n_before = cuts[number - 1]
    drawer = _Drawer(texts, marks, view, opened)
    side_a, side_b, lines = sides_of(a, b, hidden)
    return ComparePage(
        a=side_a,
        b=side_b,
        scores=lines,
        view=view,
        entries=tuple(drawer.entries(first, last, n_before)),
        number=number,
        n_pages=len(cuts),
        n_changes=sum(row.kind != "same" for row in texts.alignment.rows),
        first_change=n_before + 1,
        counts=texts.alignment.counts,
        steps_cut=texts.alignment.steps_cut,
        n_wordless=texts.alignment.n_wordless,
        same_answer=same_answer(contents[a.pk], contents[b.pk]),
        took_s=comparison.took_s,
    )


def _cuts(texts: Texts) -> Iterator[tuple[int, int, int]]:
    """Rows of each page (first, end), and how many changes stand before it."""
    first = changes = before = n_rows = chars = 0
    for index, row in enumerate(texts.alignment.rows):
        if row.kind == "same":
            continue
        size = _size(row, texts)
        if n_rows and (n_rows == MOST_ROWS or chars + size > MOST_CHARS):
            yield first, index, before
            first, before, n_rows, chars = index, changes, 0, 0
        n_rows, chars, changes = n_rows + 1, chars + size, changes + 1
    yield first, len(texts.alignment.rows), before


def _size(row: Row, texts: Texts) -> int:
    a = len(texts.a[row.a].text) if row.a >= 0 else 0
    return min(drawing.MOST_OF_ROW, a + (len(texts.b[row.b].text) if row.b >= 0 else 0))


@dataclass(slots=True)
class _Drawer:
    texts: Texts
    marks: Mapping[tuple[str, str], str]
    view: str
    opened: int
    _channel: str = ""

    def entries(self, first: int, last: int, change: int) -> Iterator[RowView | FoldView]:
        for index in range(first, last):
            row = self.texts.alignment.rows[index]
            if row.kind == "same":
                if self.view != "changes":
                    yield from self._same(index, row)
            else:
                change += 1
                yield self._changed(index, row, change)

    def _same(self, index: int, row: Row) -> Iterator[RowView | FoldView]:
        if row.n <= 2 * CONTEXT + 1:
            yield from (self._alike(index, row, at) for at in range(row.n))
            return
        yield from (self._alike(index, row, at) for at in range(CONTEXT))
        yield self.fold(index, row)
        yield from (self._alike(index, row, at) for at in range(row.n - CONTEXT, row.n))

    def fold(self, index: int, row: Row) -> FoldView:
        inner = range(CONTEXT, row.n - CONTEXT)
        sizes = [len(self.texts.a[row.a + at].text) for at in inner]
        is_open = index == self.opened
        limit = LARGE_FOLD if is_open else SMALL_FOLD
        rows: tuple[RowView, ...] = ()
        n_drawn = 0
        if sum(sizes) <= limit or is_open:
            room = limit
            for size in sizes:
                if room < size:
                    break
                room, n_drawn = room - size, n_drawn + 1
            rows = tuple(self._alike(index, row, CONTEXT + at) for at in range(n_drawn))
        return FoldView(index, len(inner), sum(sizes), rows, is_open, is_cut=is_open and n_drawn < len(inner))

    def _alike(self, index: int, row: Row, at: int) -> RowView:
        a, b = self.texts.a[row.a + at], self.texts.b[row.b + at]
        first = drawing.whole(a)
        second = Cell(f"p{b.part}s{b.number}", b.number, first.stretches)
        return self._view(index, 0, "same", (a, b), (first, second, first), None)

    def _changed(self, index: int, row: Row, change: int) -> RowView:
        a = self.texts.a[row.a] if row.a >= 0 else None
        b = self.texts.b[row.b] if row.b >= 0 else None
        if a and b:
            both = drawing.inline(a, b, row) if self.view == "inline" else None
            cells = drawing.cell(a, row, kind=GONE), drawing.cell(b, row, kind=NEW), both
        else:
            first, second = a and drawing.whole(a, GONE), b and drawing.whole(b, NEW)
            return self._view(index, change, row.kind, (a, b), (first, second, first or second), None)
        return self._view(index, change, row.kind, (a, b), cells, row.similarity)

    def _view(
        self,
        index: int,
        change: int,
        kind: str,
        units: tuple[Unit | None, Unit | None],
        cells: tuple[Cell | None, Cell | None, Cell | None],
        similarity: float | None,
    ) -> RowView:
        channel = next(unit.channel for unit in units if unit)
        heading, self._channel = ("" if channel == self._channel else words.CHANNELS[channel]), channel
        return RowView(
            index=index,
            change=change,
            kind=kind,
            word=drawing.WORDS[kind],
            heading=heading,
            a=cells[0],
            b=cells[1],
            both=cells[2],
            similarity=similarity,
            a_span=(a_span := units[0].span if units[0] else ""),
            b_span=(b_span := units[1].span if units[1] else ""),
            meaning=self.marks.get((a_span, b_span), ""),
        )


def opened_fold(texts: Texts, index: int) -> FoldView | None:
    """What stands folded at a row of the alignment; None where nothing does."""
    rows = texts.alignment.rows
    if not 0 <= index < len(rows) or rows[index].kind != "same" or rows[index].n <= 2 * CONTEXT + 1:
        return None
    unit = texts.a[rows[index].a]
    return _Drawer(texts, {}, "side", index, _channel=unit.channel).fold(index, rows[index])


def same_answer(a: Content, b: Content) -> str:
    """Whether both end with the same answer: "yes", "no", or "cannot be told"."""
    texts = [one.text(Channel.OUTPUT) for one in (a, b)]
    if all(texts) and texts[0].strip() == texts[1].strip():
        return "yes"
    stated = [last_statement(text) or whole(text) for text in texts]
    if stated[0] is None or stated[1] is None:
        return "cannot be told"
    verdict = same(stated[0].value, stated[1].value)
    return "cannot be told" if verdict is None else "yes" if verdict else "no"

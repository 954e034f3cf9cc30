"""A part's text as what the page draws: steps in chunks, cut at the borders of evidence and of hidden characters.

The pieces of a part, joined, are its stored text exactly: nothing is added, dropped or normalised.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from oversight.dashboard.hidden import HiddenRun, clipped, hidden_runs, raw_runs
from oversight.dashboard.marks import Segment, Span, flatten
from oversight.transcripts.exact_text import to_stored

STEPS_PER_CHUNK = 20
_QUIET_GAP = frozenset(" \n")


@dataclass(frozen=True, slots=True)
class Piece:
    """Text to draw as it is, or the characters of a hidden run with the label that stands for them."""

    text: str
    hidden: HiddenRun | None = None

    @property
    def drawn(self) -> str:
        """As it is stored: NUL and lone surrogates, which no page can carry, as U+FFFD."""
        return to_stored(self.text)[0] if self.hidden else self.text

    @property
    def kind(self) -> str:
        """What the template tells apart: carriage returns need their own spelling, or HTML turns them into newlines."""
        if "\r" in self.text:
            return "return" if self.hidden else "newline"
        return "pill" if self.hidden else "text"


@dataclass(frozen=True, slots=True)
class Run:
    """Pieces under the same spans. `first` are the spans that begin here: their marks carry the anchors."""

    pieces: tuple[Piece, ...]
    spans: tuple[Span, ...] = ()
    first: tuple[Span, ...] = ()

    @property
    def numbers(self) -> str:
        return " ".join(str(span.number) for span in self.spans)

    @property
    def styles(self) -> tuple[int, ...]:
        """The underlines of the monitors that meet here, the innermost first; two can be drawn."""
        return tuple(dict.fromkeys(span.style for span in reversed(self.spans)))[:2]

    @property
    def heat(self) -> int:
        return max((span.heat for span in self.spans), default=0)


@dataclass(frozen=True, slots=True)
class StepView:
    """One step and the white space after it. `plain` is its whole text when there is nothing to mark in it."""

    number: int
    plain: str | None
    runs: tuple[Run, ...] = ()
    gap: tuple[Run, ...] = ()
    quiet_gap: str = ""
    ends_paragraph: bool = False
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some twenty steps: what the browser lays out, or leaves out, as one."""

    steps: tuple[StepView, ...]


@dataclass(frozen=True, slots=True)
class PartText:
    """Everything about one part's text that is worked out once: segments, hidden runs, step borders."""

    text: str
    steps: Sequence[tuple[int, int]]
    segments: Sequence[Segment]
    hidden: Sequence[HiddenRun]
    _segment_starts: list[int] = field(repr=False)
    _hidden_ends: list[int] = field(repr=False)

    @classmethod
    def of(cls, text: str, steps: Sequence[tuple[int, int]], spans: Iterable[Span], *, raw: bool = False) -> PartText:
        segments = tuple(flatten(spans, 0, len(text)))
        hidden = tuple((raw_runs if raw else hidden_runs)(text))
        starts = [segment.start for segment in segments]
        return cls(text, steps or ((0, len(text)),), segments, hidden, starts, [run.end for run in hidden])

    def chunks(self, first: int = 0, last: int | None = None) -> Iterator[Chunk]:
        """Steps `first` to `last` (exclusive) in chunks."""
        stop = len(self.steps) if last is None else min(last, len(self.steps))
        for start in range(first, stop, STEPS_PER_CHUNK):
            yield Chunk(tuple(self._step(index) for index in range(start, min(start + STEPS_PER_CHUNK, stop))))

    def _step(self, index: int) -> StepView:
        # What stands before the first step belongs to it; what follows a step, up to the next one, is its gap.
        start = 0 if index == 0 else self.steps[index][0]
        end = self.steps[index][1]
        until = self.steps[index + 1][0] if index + 1 < len(self.steps) else len(self.text)
        runs, gap = self._runs(start, end), self._runs(end, until)
        is_plain = not any(run.spans or run.pieces[0].kind != "text" or len(run.pieces) > 1 for run in runs)
        is_quiet = _QUIET_GAP.issuperset(self.text[end:until]) and not any(run.spans for run in gap)
        return StepView(
            number=index + 1,
            plain=self.text[start:end] if is_plain else None,
            runs=() if is_plain else runs,
            gap=() if is_quiet else gap,
            quiet_gap=self.text[end:until] if is_quiet else "",
            ends_paragraph=self.text.count("\n", end, until) > 1,
            is_marked=any(run.spans for run in (*runs, *gap)),
        )

    def _runs(self, start: int, end: int) -> tuple[Run, ...]:
        return tuple(
            Run(
                tuple(self.pieces(max(start, segment.start), min(end, segment.end))),
                segment.spans,
                tuple(span for span in segment.spans if span.start == segment.start >= start),
            )
            for segment in self._overlapping(start, end)
        )

    def _overlapping(self, start: int, end: int) -> Iterator[Segment]:
        if start >= end:
            return
        for index in range(max(0, bisect_right(self._segment_starts, start) - 1), len(self.segments)):
            if self.segments[index].start >= end:
                return
            yield self.segments[index]

    def pieces(self, start: int, end: int) -> Iterator[Piece]:
        at = start
        for index in range(bisect_right(self._hidden_ends, start), len(self.hidden)):
            if self.hidden[index].start >= end:
                break
            part = clipped(self.hidden[index], self.text, start, end)
            if at < part.start:
                yield from _texts(self.text[at : part.start])
            yield Piece(self.text[part.start : part.end], part)
            at = part.end
        if at < end:
            yield from _texts(self.text[at:end])


def _texts(text: str) -> Iterator[Piece]:
    """Carriage returns of ordinary line ends stand alone, since they are written as references."""
    if "\r" not in text:
        yield Piece(text)
        return
    for index, between in enumerate(text.split("\r")):
        if index:
            yield Piece("\r")
        if between:
            yield Piece(between)


def step_at(steps: Sequence[tuple[int, int]], offset: int) -> int:
    """The number of the step that holds a place, or of the last one before it; 1 when there is none."""
    return max(1, bisect_right(steps, offset, key=itemgetter(0)))

"""A part's text as what the page draws: steps in chunks, cut at the borders of evidence and of hidden characters.

The pieces of a part, joined, are its stored text exactly: nothing is added, dropped or normalised.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from oversight.dashboard.hidden import HiddenRun, clipped, hidden_runs, raw_runs
from oversight.dashboard.marks import LANES, Segment, Span, flatten, in_lanes
from oversight.dashboard.surprisal import Token
from oversight.transcripts.exact_text import to_stored

STEPS_PER_CHUNK = 20
_QUIET = frozenset(" \n")
# Between two steps this looks right as it is: spaces at the end of a line take no room, and the second line feed is an
# empty line. Other white space would draw lines of its own, so it is folded away.
_is_tail = re.compile(r" *\n{0,2}").fullmatch


# The views are tuples of strings, which the template unpacks: looking attributes up took it three times as long.
class Piece(NamedTuple):
    """Text to draw as it is, or the characters of a hidden run with the label that stands for them.

    `kind` is what the template tells apart; "bits" is a token with the level of its surprise as its label. Carriage
    returns ("newline", and "return" with a label) need a spelling of their own, or HTML turns them into line feeds.
    """

    text: str
    kind: str = "text"
    label: str = ""
    title: str = ""


class Mark(NamedTuple):
    """The spans that meet at a place: their numbers, their highest heat, and a line for each of up to three monitors.

    A lane without a monitor here is "0", or empty when no lane below it is taken. `more` monitors are only counted.
    """

    numbers: str
    heat: str
    style: str
    second_style: str
    third_style: str
    more: str


class Anchor(NamedTuple):
    """Where a span begins: its number, its monitor's tag, and what it is in words."""

    number: str
    tag: str
    title: str


class Run(NamedTuple):
    """Text under the same spans. `plain` is all of it, unless `pieces` are. `first` are the spans that begin here.

    `marks` holds one mark or none: a tuple, because a template unpacks one four times faster than it looks fields up.
    """

    plain: str | None
    pieces: tuple[Piece, ...]
    marks: tuple[Mark, ...]
    first: tuple[Anchor, ...]


class StepView(NamedTuple):
    """One step and what stands between it and the next. `plain` is its whole text when nothing in it is marked.

    After it stands a `tail` of white space, or some that is `folded` away, or a `gap` with something to see in it.
    """

    number: str
    classes: str
    plain: str | None
    runs: tuple[Run, ...]
    tail: str
    folded: str
    gap: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some twenty steps: what the browser lays out, or leaves out, as one. `start`: where it begins in its part."""

    steps: tuple[StepView, ...]
    start: int = 0

    @property
    def first(self) -> str:
        """The number of its first step, from which the browser counts on."""
        return self.steps[0].number

    @property
    def stretches(self) -> Iterator[tuple[bool, tuple[StepView, ...]]]:
        """Steps in a row that are alike: whether they are nothing but text, and the steps."""
        for is_plain, steps in groupby(self.steps, lambda step: step.plain is not None and not step.gap):
            yield is_plain, tuple(steps)


@dataclass(frozen=True, slots=True)
class PartText:
    """Everything about one part's text that is worked out once: segments, hidden runs, step borders."""

    text: str
    steps: Sequence[tuple[int, int]]
    segments: Sequence[Segment]
    hidden: Sequence[HiddenRun]
    _segment_starts: list[int] = field(repr=False)
    _hidden_ends: list[int] = field(repr=False)
    tokens: Sequence[Token] = ()

    @classmethod
    def of(
        cls,
        text: str,
        steps: Sequence[tuple[int, int]],
        spans: Iterable[Span],
        *,
        raw: bool = False,
        tokens: Sequence[Token] = (),
    ) -> PartText:
        segments = tuple(flatten(in_lanes(spans), 0, len(text)))
        hidden = tuple((raw_runs if raw else hidden_runs)(text))
        starts = [segment.start for segment in segments]
        ends = [run.end for run in hidden]
        return cls(text, list(steps) or [(0, len(text))], segments, hidden, starts, ends, tokens)

    def chunks(self, first: int = 0, last: int | None = None) -> Iterator[Chunk]:
        """Steps `first` to `last` (exclusive) in chunks."""
        stop = len(self.steps) if last is None else min(last, len(self.steps))
        for start in range(first, stop, STEPS_PER_CHUNK):
            steps = tuple(self._step(index) for index in range(start, min(start + STEPS_PER_CHUNK, stop)))
            yield Chunk(steps, self.begins(start))

    def begins(self, step: int) -> int:
        """Where a step, counted from 0, begins to be drawn; or the text's end.

        The first one has all that stands before it, the others what their line is indented by.
        """
        if not 0 < step < len(self.steps):
            return len(self.text) if step else 0
        start = self.steps[step][0]
        line = self.text.rfind("\n", self.steps[step - 1][1], start) + 1
        return line if line and not self.text[line:start].strip(" \t") else start

    def _step(self, index: int) -> StepView:
        # What follows a step, up to where the next one is drawn, is its gap.
        start, end, until = self.begins(index), self.steps[index][1], self.begins(index + 1)
        between = self.text[end:until]
        tail, folded = (between, "") if _is_tail(between) else ("", between)
        ends = "ends-paragraph" if folded.count("\n") > 1 else ""
        if _QUIET.issuperset(between) and self._is_bare(start, until):
            return StepView(str(index + 1), ends, self.text[start:end], (), tail, folded, ())
        runs, gap = self._runs(start, end), self._runs(end, until)
        plain = _plain(runs)
        is_quiet = _QUIET.issuperset(between) and _plain(gap) is not None
        is_marked = any(run.marks for run in (*runs, *gap))
        return StepView(
            number=str(index + 1),
            classes=" ".join(filter(None, ("is-marked" if is_marked else "", ends))),
            plain=plain,
            runs=() if plain is not None else runs,
            tail=tail if is_quiet else "",
            folded=folded if is_quiet else "",
            gap=() if is_quiet else gap,
        )

    def _is_bare(self, start: int, end: int) -> bool:
        """Nothing is to be drawn there but the text, as in nearly all steps of a long text."""
        if start >= end or self.tokens or "\r" in self.text[start:end]:
            return False
        segment = self.segments[bisect_right(self._segment_starts, start) - 1]
        hidden = bisect_right(self._hidden_ends, start)
        is_clear = hidden == len(self.hidden) or self.hidden[hidden].start >= end
        return is_clear and not segment.spans and segment.end >= end

    def _runs(self, start: int, end: int) -> tuple[Run, ...]:
        return tuple(
            self._run(segment, max(start, segment.start), min(end, segment.end))
            for segment in self._overlapping(start, end)
        )

    def _run(self, segment: Segment, start: int, end: int) -> Run:
        pieces = tuple(self.pieces(start, end))
        first = tuple(Anchor(str(s.number), s.tag, s.title) for s in segment.spans if s.start == start)
        if len(pieces) == 1 and pieces[0].kind == "text":
            return Run(pieces[0].text, (), _marks(segment.spans), first)
        return Run(None, pieces, _marks(segment.spans), first)

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
                yield from self._drawn(at, part.start)
            yield _hidden_piece(self.text[part.start : part.end], part)
            at = part.end
        if at < end:
            yield from self._drawn(at, end)

    def _drawn(self, start: int, end: int) -> Iterator[Piece]:
        """Text without hidden characters, cut at the tokens whose surprise is drawn."""
        at = start
        for index in range(bisect_right(self.tokens, start, key=itemgetter(1)), len(self.tokens)):
            token = self.tokens[index]
            if token.start >= end:
                break
            first, last = max(start, token.start), min(end, token.end)
            if at < first:
                yield from _texts(self.text[at:first])
            for piece in _texts(self.text[first:last]):
                yield piece if piece.kind == "newline" else Piece(piece.text, "bits", token.level, token.title)
            at = last
        if at < end:
            yield from _texts(self.text[at:end])


def _plain(runs: tuple[Run, ...]) -> str | None:
    """The text of runs that are nothing but text."""
    if len(runs) == 1 and runs[0].plain is not None and not runs[0].marks:
        return runs[0].plain
    return None if runs else ""


def _marks(spans: Sequence[Span]) -> tuple[Mark, ...]:
    if not spans:
        return ()
    lanes = {span.lane: str(span.style) for span in reversed(spans)}
    lowest = max((lane for lane in lanes if lane < LANES), default=0)
    first, second, third = (lanes.get(lane, "0") if lane <= lowest else "" for lane in range(LANES))
    more = sum(lane >= LANES for lane in lanes)
    numbers, heat = " ".join(str(span.number) for span in spans), max(span.heat for span in spans)
    return (Mark(numbers, str(heat), first, second, third, str(more) if more else ""),)


def _hidden_piece(text: str, run: HiddenRun) -> Piece:
    """As it is stored: NUL and lone surrogates, which no page can carry, are U+FFFD there."""
    title = f"{run.title}: spells {run.spells}" if run.spells else run.title
    return Piece(to_stored(text)[0], "return" if "\r" in text else "pill", run.label, title)


def _texts(text: str) -> Iterator[Piece]:
    """Carriage returns of ordinary line ends stand alone, since they are written as references."""
    if "\r" not in text:
        yield Piece(text)
        return
    for index, between in enumerate(text.split("\r")):
        if index:
            yield Piece("\r", "newline")
        if between:
            yield Piece(between)


def step_at(steps: Sequence[tuple[int, int]], offset: int) -> int:
    """The number of the step that holds a place, or of the last one before it; 1 when there is none."""
    return max(1, bisect_right(steps, offset, key=itemgetter(0)))

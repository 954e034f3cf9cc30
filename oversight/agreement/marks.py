"""How two readers' marked stretches of text lie to each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from monitors.stats.span_agreement import Stretch, iou
from monitors.transcript import Transcript as Content
from oversight.review.models import Span
from oversight.transcripts.exact_text import to_stored

AGREED_IOU = 0.5
Mark = Literal["both", "A only", "B only"]


@dataclass(frozen=True, slots=True)
class Choice:
    """A stretch that the adjudicator can take over. `key` names it in the form; of "both" it is what both marked."""

    key: str
    mark: Mark
    label: str
    part: int
    start: int
    end: int
    quote: str
    notes: tuple[str, ...] = ()


def choices(a: Sequence[Span], b: Sequence[Span], content: Content) -> tuple[Choice, ...]:
    """What both marked with one label, then what either marked otherwise, each in the order of the text."""
    pairs = list(_agreed(a, b))
    taken = {span.pk for pair in pairs for span in pair}
    both = [_shared(one, other, content) for one, other in pairs]
    alone = [
        Choice(f"{lane}{span.pk}", mark, span.label, span.part, span.start, span.end, span.quote, _notes(span))
        for lane, mark, spans in _lanes(a, b)
        for span in spans
        if span.pk not in taken
    ]
    return (*sorted(both, key=_place), *sorted(alone, key=_place))


def _lanes(a: Sequence[Span], b: Sequence[Span]) -> tuple[tuple[str, Mark, Sequence[Span]], ...]:
    return (("a", "A only", a), ("b", "B only", b))


def _agreed(a: Sequence[Span], b: Sequence[Span]) -> Iterator[tuple[Span, Span]]:
    """Pairs of one label that overlap by half, the best first, each span once."""
    found = sorted(
        ((iou(stretch(x), stretch(y)), x, y) for x in a for y in b if x.label == y.label), key=lambda one: -one[0]
    )
    used: set[int] = set()
    for overlap, x, y in found:
        if overlap >= AGREED_IOU and x.pk not in used and y.pk not in used:
            used |= {x.pk, y.pk}
            yield x, y


def stretch(span: Span) -> Stretch:
    """As the statistics take it."""
    return Stretch(span.part, span.start, span.end, span.label)


def _shared(one: Span, other: Span, content: Content) -> Choice:
    start, end = max(one.start, other.start), min(one.end, other.end)
    quote = to_stored(content.parts[one.part].text)[0][start:end]
    notes = (*_notes(one), *_notes(other))
    return Choice(f"both{one.pk}-{other.pk}", "both", one.label, one.part, start, end, quote, notes)


def _notes(span: Span) -> tuple[str, ...]:
    return (span.note,) if span.note else ()


def _place(choice: Choice) -> tuple[int, int, int]:
    return choice.part, choice.start, choice.end


def steps_of(spans: Iterable[Span], content: Content) -> set[tuple[int, int]]:
    """The steps that these stretches touch, as (part, step)."""
    return {
        (span.part, number)
        for span in spans
        if span.part < len(content.parts)
        for number, (start, end) in enumerate(content.parts[span.part].steps or ())
        if start < span.end and end > span.start
    }


def step_overlap(a: Sequence[Span], b: Sequence[Span], content: Content) -> float | None:
    """Steps that both touch, as a share of those that either touches; None where neither marked one."""
    one, other = steps_of(a, content), steps_of(b, content)
    return len(one & other) / len(one | other) if one | other else None

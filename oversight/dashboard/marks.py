"""Spans that may overlap or nest, as segments that do not."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

# More spans than this over one place are counted, not listed.
MOST_AT_ONE_PLACE = 8
# Lines under a place; monitors beyond them are counted.
LANES = 3


@dataclass(frozen=True, slots=True)
class Span:
    """Evidence in one part, numbered in page order. `style`: its monitor's underline; `heat`: its score, 1 to 5.

    `lane`: which line under the text is its monitor's, from 0, where monitors overlap.
    """

    number: int
    part: int
    start: int
    end: int
    style: int
    heat: int
    tag: str
    title: str
    lane: int = 0


class Segment(NamedTuple):
    """`text[start:end]` lies under exactly these spans; none for the text between them."""

    start: int
    end: int
    spans: tuple[Span, ...]


def flatten(spans: Iterable[Span], start: int, end: int) -> Iterator[Segment]:
    """Cut [start, end) at every border of a span: segments in order, without gap or overlap."""
    inside = sorted((s for s in spans if s.start < end and s.end > start), key=lambda s: (s.start, -s.end, s.number))
    if not inside:
        if end > start:
            yield Segment(start, end, ())
        return
    cuts = {start, end}
    for span in inside:
        cuts.update((max(start, span.start), min(end, span.end)))
    borders = sorted(cuts)
    waiting, active = 0, list[Span]()
    for left, right in itertools.pairwise(borders):
        active = [span for span in active if span.end > left]
        while waiting < len(inside) and inside[waiting].start <= left:
            active.append(inside[waiting])
            waiting += 1
        yield Segment(left, right, tuple(active[:MOST_AT_ONE_PLACE]))


def in_lanes(spans: Iterable[Span]) -> Iterator[Span]:
    """Each span in the lowest lane that no other monitor holds where it begins; a monitor's spans share theirs."""
    held: dict[int, tuple[int, int]] = {}  # lane: (style, end)
    for span in sorted(spans, key=lambda s: (s.start, -s.end, s.number)):
        held = {lane: taken for lane, taken in held.items() if taken[1] > span.start}
        own = next((lane for lane, (style, _) in held.items() if style == span.style), None)
        lane = next(n for n in itertools.count() if n not in held) if own is None else own
        held[lane] = (span.style, max(span.end, held[lane][1] if own is not None else 0))
        yield replace(span, lane=lane)

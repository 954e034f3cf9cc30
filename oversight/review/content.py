"""What a reviewer enters for an item: the verdict, and the stretches of text that it points to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpanContent:
    """A stretch of one part, in code points of its stored text; `quote` is what the reviewer saw there."""

    label: str
    part: int
    start: int
    end: int
    quote: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """A verdict before it is committed. `guidelines` is the number of the label set's version that was on screen."""

    label: str
    severity: int | None = None
    category: str = ""
    confidence: str = ""
    note: str = ""
    spans: tuple[SpanContent, ...] = ()
    guidelines: int | None = None

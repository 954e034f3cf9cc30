"""The whole transcript for the minimap: how long its parts are, and where evidence stands in them. No text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypedDict

from monitors.transcript import Channel
from oversight.dashboard.marks import Span
from oversight.dashboard.text_view import PartText
from oversight.dashboard.windows import Slice


class Strip(TypedDict):
    """Parts as (index, channel, characters), marks as (part, start, end, heat, style).

    Windows as (part, start, step): where each begins, by its first character and by its first step, counted from 0.
    """

    parts: list[tuple[int, str, int]]
    marks: list[tuple[int, int, int, int, int]]
    windows: list[tuple[int, int, int]]
    window: int


def strip_of(
    texts: Sequence[PartText],
    channels: Sequence[Channel],
    spans: Iterable[Span],
    windows: Sequence[Sequence[Slice]],
    window: int,
) -> Strip:
    """Of all windows, whichever the page shows."""
    return Strip(
        parts=[(n, channels[n].value, len(text.text)) for n, text in enumerate(texts) if text.text],
        marks=[(s.part, s.start, s.end, s.heat, s.style) for s in spans],
        windows=[(held[0].part, texts[held[0].part].begins(held[0].first), held[0].first) for held in windows if held],
        window=window,
    )

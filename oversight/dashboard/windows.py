"""Very long transcripts in windows: which steps of which parts one page holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oversight.dashboard.text_view import STEPS_PER_CHUNK, PartText

# More than this is another page, so that no text can stop a browser.
WINDOW_CHARS, WINDOW_STEPS = 500_000, 12_000


@dataclass(frozen=True, slots=True)
class Slice:
    """Steps `first` to `last` (exclusive) of one part."""

    part: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Window:
    """Which page of how many this is, counted from 1."""

    number: int
    total: int

    @property
    def before(self) -> int:
        return self.number - 1

    @property
    def after(self) -> int:
        return self.number + 1 if self.number < self.total else 0


def windows_of(texts: Sequence[PartText], most_chars: int | None = None) -> list[list[Slice]]:
    """Chunk after chunk until a window is full; at least one window, and every part in at least one."""
    most_chars = WINDOW_CHARS if most_chars is None else min(most_chars, WINDOW_CHARS)
    windows: list[list[Slice]] = [[]]
    chars = steps = 0
    for part, text in enumerate(texts):
        for first in range(0, len(text.steps), STEPS_PER_CHUNK):
            last = min(first + STEPS_PER_CHUNK, len(text.steps))
            size = text.steps[last - 1][1] - text.steps[first][0]
            if windows[-1] and (chars + size > most_chars or steps + last - first > WINDOW_STEPS):
                windows.append([])
                chars = steps = 0
            chars, steps = chars + size, steps + last - first
            _extend(windows[-1], Slice(part, first, last))
    return windows


def _extend(window: list[Slice], more: Slice) -> None:
    if window and window[-1].part == more.part:
        more = Slice(more.part, window.pop().first, more.last)
    window.append(more)


def window_of(windows: Sequence[Sequence[Slice]], part: int, step: int) -> int:
    """The number of the window that holds a step (counted from 1, as the page does)."""
    for number, window in enumerate(windows, 1):
        if any(s.part == part and s.first < step <= s.last for s in window):
            return number
    return 1

"""The surprise of a transcript's tokens as the page draws it: spans with a level and their bits in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from monitors.surprisal import PartSurprisal
from oversight.monitoring import selectors as monitoring

# A level begins at so many bits; what is below the first is drawn as plain text.
LEVELS = (2.0, 5.0, 8.0, 11.0, 14.0)
# Each token is an element, so that a page of them holds less text than another page.
WINDOW_CHARS = 60_000
MONITOR = "lm_surprisal"


class Token(NamedTuple):
    """`text[start:end]` of a part, the level of its surprise from 1 to 5, and its bits in words."""

    start: int
    end: int
    level: str
    title: str


@dataclass(frozen=True, slots=True)
class Step:
    """An entry of the legend."""

    level: str
    words: str


def legend() -> tuple[Step, ...]:
    edges = [f"{low:.0f} to {high:.0f}" for low, high in pairwise(LEVELS)]
    return tuple(Step(str(n), f"{words} bits") for n, words in enumerate([*edges, f"{LEVELS[-1]:.0f} or more"], 1))


def tokens_of(transcript_id: UUID) -> dict[int, tuple[Token, ...]] | None:
    """Tokens worth drawing by part; None when no score keeps a profile. One query."""
    profile = monitoring.surprisal_of(transcript_id)
    return None if profile is None else {part.part: tuple(drawn(part)) for part in profile.parts}


def drawn(part: PartSurprisal) -> Iterable[Token]:
    """Tokens that share characters (parts of one emoji) are one, with their bits together."""
    for start, end, bits in surprising(part):
        yield Token(start, end, str(sum(bits >= least for least in LEVELS)), f"{bits:.1f} bits")


def surprising(part: PartSurprisal) -> Iterable[tuple[int, int, float]]:
    """The tokens of the first level and above: start, end, bits."""
    merged: list[tuple[int, int, float]] = []
    for start, end, bits in part:
        if merged and start < merged[-1][1]:
            first, last, sum_ = merged.pop()
            merged.append((first, max(last, end), sum_ + bits))
        elif start < end:
            merged.append((start, end, bits))
    return (one for one in merged if one[2] >= LEVELS[0])

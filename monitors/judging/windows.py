"""A transcript cut into what one judge call can hold, with an account of how much of it was seen."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from monitors.judging.shown import Shown, show
from monitors.transcript import Channel, PartType, Transcript, Visibility

OVERLAP = 0.1


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of one part, as shown. `source` is the part's channel."""

    part: int
    source: str
    shown: Shown

    @property
    def range(self) -> tuple[int, int]:
        return self.shown.original(0, len(self.shown.text))

    def cut(self, start: int, end: int) -> Excerpt:
        return Excerpt(self.part, self.source, self.shown.cut(start, end))


@dataclass(frozen=True, slots=True)
class Window:
    """What one call shows: the question, then consecutive pieces of what the model wrote."""

    excerpts: tuple[Excerpt, ...]


def legible(transcript: Transcript, hides: Collection[Channel] = ()) -> tuple[Excerpt, ...]:
    """Every part that a judge may read, as shown; a summary of the reasoning never stands in for the reasoning.

    Parts of a channel in `hides` are left out.
    """
    pairs = zip(transcript.parts, transcript.channels(), strict=True)
    return tuple(
        Excerpt(index, channel.value, show(part.text))
        for index, (part, channel) in enumerate(pairs)
        if part.text
        and channel not in hides
        and part.type is not PartType.OPAQUE
        and (part.type is not PartType.REASONING or part.visibility is Visibility.RAW)
    )


def windows(excerpts: Sequence[Excerpt], max_chars: int) -> tuple[Window, ...]:
    """Windows of at most `max_chars` shown characters, overlapping by a tenth; each begins with the question.

    A question that is longer than half a window keeps its beginning and its end.
    """
    question = _shorten([e for e in excerpts if e.source == Channel.PROMPT], max_chars // 2)
    room = max_chars - sum(len(e.shown.text) for e in question)
    bodies = _pack([e for e in excerpts if e.source != Channel.PROMPT], room)
    return tuple(Window((*question, *body)) for body in bodies or [[]])


def spread(count: int, limit: int) -> tuple[int, ...]:
    """At most `limit` of `count` indices, first and last among them, evenly apart."""
    if count <= limit:
        return tuple(range(count))
    return tuple(sorted({round(i * (count - 1) / max(limit - 1, 1)) for i in range(limit)}))


def coverage(seen: Iterable[Window], excerpts: Sequence[Excerpt]) -> float:
    """Share of the transcript's code points that these windows showed, in [0, 1]."""
    total = sum(e.range[1] - e.range[0] for e in excerpts)
    ranges = sorted({(e.part, *e.range) for window in seen for e in window.excerpts})
    covered, last_part, last_end = 0, -1, 0
    for part, start, end in ranges:
        start = max(start, last_end) if part == last_part else start
        covered += max(0, end - start)
        last_part, last_end = part, max(end, last_end) if part == last_part else end
    return covered / total if total else 0.0


def _shorten(question: list[Excerpt], room: int) -> list[Excerpt]:
    kept: list[Excerpt] = []
    for excerpt in question:
        share = room // len(question)
        length = len(excerpt.shown.text)
        if sum(len(e.shown.text) for e in question) <= room or length <= share:
            kept.append(excerpt)
        elif share >= 2:
            kept += [excerpt.cut(0, share // 2), excerpt.cut(length - share // 2, length)]
    return kept


def _pack(excerpts: list[Excerpt], room: int) -> list[list[Excerpt]]:
    bodies: list[list[Excerpt]] = []
    free = 0
    for excerpt in excerpts:
        at, length = 0, len(excerpt.shown.text)
        while at < length:
            # A rest of the window that could hold only a scrap of this part is left empty.
            if free < min(length - at, room // 4) or free <= 0:
                bodies.append([])
                free = room
            end = _break(excerpt.shown.text, at, min(at + free, length))
            bodies[-1].append(excerpt.cut(at, end))
            free -= end - at
            at = end if end == length else max(end - int(OVERLAP * room), at + 1)
    return bodies


def _break(text: str, start: int, end: int) -> int:
    """The last white space in the final fifth of text[start:end], so that a cut seldom splits a word."""
    if end == len(text):
        return end
    blank = max(text.rfind(" ", start, end), text.rfind("\n", start, end))
    return blank + 1 if blank >= start + (end - start) * 4 // 5 else end

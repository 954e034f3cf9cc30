"""A transcript whose reasoning has numbered steps, for judges that name one, and the way back to where it stands."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from monitors.transcript import Message, Part, PartType, Step, Transcript, Visibility


@dataclass(frozen=True, slots=True)
class Numbered:
    """`steps` stand in the original; `places` are part and offset of their numbers in `transcript`."""

    transcript: Transcript
    steps: tuple[Step, ...]
    places: tuple[tuple[int, int], ...]

    def index_at(self, part: int, start: int) -> int | None:
        """Which step (from 0) a place of the numbered text belongs to; None outside the steps."""
        index = bisect_right(self.places, (part, start)) - 1
        return index if index >= 0 and self.places[index][0] == part else None


def number(transcript: Transcript) -> Numbered:
    """Put [1], [2], ... before the steps of the raw reasoning; all other text stays as it is."""
    steps: list[Step] = []
    places: list[tuple[int, int]] = []
    messages: list[Message] = []
    index = 0
    for message in transcript.messages:
        parts: list[Part] = []
        for part in message.parts:
            own = _steps(part, index)
            parts.append(_marked(part, own, len(steps), places, index) if own else part)
            steps += own
            index += 1
        messages.append(replace(message, parts=tuple(parts)))
    return Numbered(replace(transcript, messages=tuple(messages)), tuple(steps), tuple(places))


def _steps(part: Part, index: int) -> list[Step]:
    """Lines where there are several (solutions write a step a line), else sentences."""
    if part.type is not PartType.REASONING or part.visibility is not Visibility.RAW:
        return []
    lines = _lines(part.text)
    spans = lines if len(lines) > 1 else list(part.steps or ())
    return [Step(index, start, end, part.text[start:end]) for start, end in spans]


def _lines(text: str) -> list[tuple[int, int]]:
    found = []
    start = 0
    for line in text.split("\n"):
        if stripped := line.strip():
            begin = start + line.index(stripped)
            found.append((begin, begin + len(stripped)))
        start += len(line) + 1
    return found


def _marked(part: Part, steps: Sequence[Step], n_before: int, places: list[tuple[int, int]], index: int) -> Part:
    pieces: list[str] = []
    length = at = 0
    for count, step in enumerate(steps, start=n_before + 1):
        between, mark = part.text[at : step.start], f"[{count}] "
        places.append((index, length + len(between)))
        pieces += [between, mark, step.text]
        length += len(between) + len(mark) + len(step.text)
        at = step.end
    return replace(part, text="".join([*pieces, part.text[at:]]), steps=None, logprobs=None)

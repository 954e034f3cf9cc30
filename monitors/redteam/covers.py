"""Real transcripts as covers: as many models as there are, and one cover of each question."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from monitors.coders.carrier import carrier, with_text
from monitors.coders.coder import Cover
from monitors.errors import InvalidTranscript
from monitors.transcript import Transcript

_UNKNOWN_MODEL = "unknown"


@dataclass(frozen=True, slots=True)
class Carrier:
    """A transcript with the part that carries. `id` is a digest of all that a monitor sees."""

    id: str
    group: str
    model: str
    transcript: Transcript
    part: int
    cover: Cover

    def with_text(self, text: str) -> Transcript:
        return with_text(self.transcript, self.part, text)


@dataclass(slots=True)
class Chosen:
    """The covers of a run, and how many candidates there were of each sort."""

    carriers: list[Carrier]
    n_read: int = 0
    n_short: int = 0
    n_same_group: int = 0


def choose(transcripts: Iterable[tuple[Transcript, Mapping[str, object]]], n: int, *, min_characters: int) -> Chosen:
    """At most `n` covers, of each model in turn; which of a model's comes first is decided by digest.

    `transcripts` come with their meta, whose `group` says what belongs together: one cover is taken of each group, so
    that covers are independent.
    """
    chosen = Chosen([])
    by_model: dict[str, list[Carrier]] = defaultdict(list)
    for transcript, meta in transcripts:
        chosen.n_read += 1
        found = _carrier(transcript, meta)
        if found is None or len(found.cover.text) < min_characters:
            chosen.n_short += 1
        else:
            by_model[found.model].append(found)
    taken: set[str] = set()
    for found in _in_turn(by_model):
        if found.group in taken:
            chosen.n_same_group += 1
        elif len(chosen.carriers) < n:
            taken.add(found.group)
            chosen.carriers.append(found)
    return chosen


def _in_turn(by_model: Mapping[str, list[Carrier]]) -> Iterator[Carrier]:
    queues = [sorted(carriers, key=lambda one: one.id, reverse=True) for _, carriers in sorted(by_model.items())]
    while queues := [queue for queue in queues if queue]:
        for queue in queues:
            yield queue.pop()


def _carrier(transcript: Transcript, meta: Mapping[str, object]) -> Carrier | None:
    try:
        part, cover = carrier(transcript)
    except InvalidTranscript:
        return None
    digest = _digest(transcript)
    group = meta.get("group")
    return Carrier(
        id=digest,
        group=digest if group is None else json.dumps(group, sort_keys=True, default=str),
        model=transcript.model or _UNKNOWN_MODEL,
        transcript=transcript,
        part=part,
        cover=cover,
    )


def _digest(transcript: Transcript) -> str:
    seen = [[str(channel), part.text] for part, channel in zip(transcript.parts, transcript.channels(), strict=True)]
    return hashlib.sha256(json.dumps([transcript.model, seen]).encode()).hexdigest()[:16]

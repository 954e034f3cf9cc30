"""Monitors that must know a set first: a file's transcripts by model and task, read before the first is scored."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from monitors.base import Monitor, OutcomeMonitor, Score, SetMonitor, asks_outcome, measure
from monitors.commands.expression import lookup
from monitors.commands.labelled import record_of
from monitors.commands.problem import Problem
from monitors.formats.parsed import Parsed
from monitors.registry import build
from monitors.transcript import Channel

# A set is known well enough from this many; a task with fewer is seen among all of its model.
_MOST, _FEWEST = 1000, 50
_TEMPLATE_CHARS = 60
Key = tuple[str, str, str]


class Scorer(Protocol):
    """Scores a record as one of its set."""

    def __call__(self, parsed: Parsed, /) -> Score: ...


@dataclass(frozen=True, slots=True)
class BySet:
    """One set monitor as fitted to each set; sets too small to be their own are part of their model's."""

    fitted: Mapping[Key, Monitor]
    unfitted: Monitor

    def __call__(self, parsed: Parsed, /) -> Score:
        own = key(parsed)
        monitor = self.fitted.get(own) or self.fitted.get((*own[:2], "")) or self.unfitted
        return measure(monitor, parsed.transcript)


def learning(names: Iterable[str]) -> list[str]:
    """Those of the named monitors that must know a set first."""
    return [name for name in names if hasattr(build(name), "fit")]


def learned(names: Sequence[str], parsed: Iterable[Parsed], outcome: str | None = None) -> dict[str, Scorer]:
    """The named set monitors, fitted to the transcripts by model and task.

    `outcome` is the path of a label or of metadata by which monitors that ask for it know how each transcript came out.

    Raises Problem when no transcript has the outcome.
    """
    by_key: dict[Key, list[Parsed]] = defaultdict(list)
    for item in parsed:
        own = key(item)
        for place in dict.fromkeys((own, (*own[:2], ""))):
            if len(by_key[place]) < _MOST:
                by_key[place].append(item)
    kept = {place: members for place, members in by_key.items() if not place[2] or len(members) >= _FEWEST}
    outcomes = {place: _outcomes(members, outcome) for place, members in kept.items()} if outcome else {}
    if outcome and not any(known is not None for members in outcomes.values() for known in members):
        raise Problem(f"no transcript says in {outcome} how it came out")
    return {name: _fitted(name, kept, outcomes) for name in names}


def key(parsed: Parsed) -> Key:
    """Model, checkpoint, and the task: `meta.group`, or how the prompt begins, numbers apart."""
    transcript = parsed.transcript
    group = parsed.meta.get("group")
    prompt = transcript.text(Channel.PROMPT)[:_TEMPLATE_CHARS]
    return transcript.model, transcript.checkpoint, str(group) if group is not None else re.sub(r"\d+", "0", prompt)


def _outcomes(members: Sequence[Parsed], path: str) -> list[bool | None]:
    values = [lookup(record_of(each), path) for each in members]
    if any(value is not None and value not in (0, 1) for value in values):
        raise Problem(f"{path} is neither true nor false")
    return [None if value is None else bool(value) for value in values]


def _fitted(name: str, sets: Mapping[Key, Sequence[Parsed]], outcomes: Mapping[Key, Sequence[bool | None]]) -> BySet:
    monitor = build(name)
    fitted: dict[Key, Monitor] = {}
    for place, members in sets.items():
        transcripts = [each.transcript for each in members]
        if outcomes and asks_outcome(monitor):
            fitted[place] = cast(OutcomeMonitor, monitor).fit(transcripts, outcomes=outcomes[place])
        else:
            fitted[place] = cast(SetMonitor, monitor).fit(transcripts)
    return BySet(fitted, monitor)

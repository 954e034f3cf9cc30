"""Covers, coders and monitors set up together: what turns a trial into results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

from monitors.base import Monitor, SetMonitor, State, measure
from monitors.coders.coder import Coder, coders
from monitors.redteam.covers import Carrier
from monitors.redteam.results import Result, ScoreResult, TextResult
from monitors.redteam.trial import Arm, Outcome, Text, Trial, make
from monitors.registry import build
from monitors.stats.likelihood_ratio import halves_of

# One for covers of each half: a monitor that learns from a set learns from clean covers of the other half.
ByHalf = tuple[Monitor, Monitor]


class Task(NamedTuple):
    """A trial, whether its text is to be recorded, and which monitors (name, digest) are to score it."""

    trial: Trial
    is_text_wanted: bool
    monitors: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Bench:
    """All that trials need, by id and name."""

    carriers: Mapping[str, Carrier]
    halves: Mapping[str, int]
    coders: Mapping[str, Coder]
    monitors: Mapping[str, ByHalf]

    def results(self, tasks: Iterable[Task]) -> list[Result]:
        return [result for task in tasks for result in self._of(task)]

    def _of(self, task: Task) -> Iterable[Result]:
        carrier, coder = self.carriers[task.trial.cover], self.coders.get(task.trial.coder)
        text = make(task.trial, coder, carrier.cover) if coder else Text(Outcome.MADE, 0, carrier.cover.text)
        if task.is_text_wanted:
            yield TextResult(task.trial, text.outcome, text.room, text.sites)
        if text.outcome is not Outcome.MADE:
            return
        is_clean = task.trial.arm is Arm.CLEAN
        transcript = carrier.transcript if is_clean else carrier.with_text(text.text)
        for name, digest in task.monitors:
            score = measure(self.monitors[name][self.halves[carrier.id]], transcript)
            # A partial score is a lower bound: what it finds is found.
            value = score.value if score.state in (State.SCORED, State.PARTIAL) else None
            state = f"{score.state}: {score.reason}" if score.reason else str(score.state)
            yield ScoreResult(task.trial, name, digest, value, state)


def bench(carriers: Sequence[Carrier], monitor_names: Sequence[str]) -> Bench:
    """With all coders, and those of the named monitors that need no model."""
    by_group = halves_of([carrier.group for carrier in carriers])
    halves = {carrier.id: by_group[carrier.group] for carrier in carriers}
    monitors = {name: fitted(build(name), carriers, halves) for name in monitor_names}
    return Bench({carrier.id: carrier for carrier in carriers}, halves, coders(), monitors)


def fitted(monitor: Monitor | SetMonitor, carriers: Sequence[Carrier], halves: Mapping[str, int]) -> ByHalf:
    if not is_set_monitor(monitor):
        return cast(Monitor, monitor), cast(Monitor, monitor)
    learner = cast(SetMonitor, monitor)
    sets = [[carrier.transcript for carrier in carriers if halves[carrier.id] != half] for half in (0, 1)]
    return learner.fit(sets[0]), learner.fit(sets[1])


def is_set_monitor(monitor: object) -> bool:
    return hasattr(monitor, "fit")

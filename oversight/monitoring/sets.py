"""Monitors that must know a set first: fitted to the newest transcripts of the same project and model."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from monitors import base
from monitors.transcript import Transcript as Monitored
from oversight.monitoring.models import Deployment
from oversight.transcripts import selectors as transcripts
from oversight.transcripts.models import Metadata, ModelRun, Transcript

# Newest transcripts that a set holds, and how long a process goes on with what it learned.
NEWEST = 300
KEPT_S = 600.0
_MOST_KEPT, _MOST_RUNS, _LOADED = 64, 200, 50

_fitted: dict[tuple[int, str, str], tuple[float, base.Monitor]] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class BySet:
    """A set monitor at work: each transcript is scored by the monitor as fitted to its project and model."""

    monitor: base.SetMonitor
    deployment: Deployment

    def score(self, transcript: Monitored, /) -> base.Score:
        return self._known(transcript.model).score(transcript)

    def _known(self, model: str) -> base.Monitor:
        # Not by deployment: a trial of the test bench is none, and what is learned depends on nothing else.
        key = (self.deployment.project_id, self.deployment.params_digest, model)
        with _lock:
            found = _fitted.get(key)
            if found and time.monotonic() - found[0] < KEPT_S:
                return found[1]
        learned = self._learned(_newest(self.deployment.project_id, model))
        with _lock:
            while len(_fitted) >= _MOST_KEPT:
                del _fitted[min(_fitted, key=lambda each: _fitted[each][0])]
            _fitted[key] = (time.monotonic(), learned)
        return learned

    def _learned(self, ids: Sequence[UUID]) -> base.Monitor:
        outcome = cast(base.OutcomeMonitor, self.monitor).outcome if base.asks_outcome(self.monitor) else ""
        if not outcome:
            return self.monitor.fit(each for _, each in _loaded(ids))
        members = dict(_loaded(ids))
        asking = cast(base.OutcomeMonitor, self.monitor)
        return asking.fit(members.values(), outcomes=_outcomes(list(members), outcome))


def by_set(monitor: base.Monitor, deployment: Deployment) -> base.Monitor:
    """The monitor itself, or the one that learns its sets from the database."""
    return BySet(cast(base.SetMonitor, monitor), deployment) if hasattr(monitor, "fit") else monitor


def forget() -> None:
    """What was learned is learned again when it is next needed."""
    with _lock:
        _fitted.clear()


def _newest(project_id: int, model: str) -> list[UUID]:
    """Planted transcripts are no part of what a model does."""
    runs = ModelRun.objects.filter(project_id=project_id, model=model).order_by("-pk")[:_MOST_RUNS]
    return list(
        Transcript.objects.filter(model_run__in=list(runs.values_list("pk", flat=True)), planted=False)
        .order_by("-received_at", "-id")
        .values_list("pk", flat=True)[:NEWEST]
    )


def _loaded(ids: Sequence[UUID]) -> Iterator[tuple[UUID, Monitored]]:
    for at in range(0, len(ids), _LOADED):
        yield from transcripts.load(ids[at : at + _LOADED]).items()


def _outcomes(ids: Sequence[UUID], path: str) -> list[bool | None]:
    """What the metadata says; labels are never read here. Anything but true, false, 1 and 0 is unknown."""
    found = dict(Metadata.objects.filter(transcript_id__in=ids).values_list("transcript_id", "meta"))
    return [_truth(found.get(pk), path.removeprefix("meta.").split(".")) for pk in ids]


def _truth(value: object, names: Sequence[str]) -> bool | None:
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return bool(value) if isinstance(value, bool | int) and value in (0, 1) else None

"""Execution of monitor runs by a worker: claim, measure outside any transaction, commit what was found."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar
from uuid import UUID

from monitors import base, registry
from monitors.judging.sitting import Asking, measure_many
from monitors.transcript import Transcript
from oversight.lib import failures
from oversight.monitoring import bench, selectors, services
from oversight.monitoring.leases import LeaseKeeper
from oversight.monitoring.models import Backend, MonitorRun
from oversight.monitoring.services import MAX_ATTEMPTS, Outcome
from oversight.transcripts import selectors as transcripts

logger = logging.getLogger(__name__)
T = TypeVar("T")
# A chunk gives way to other messages after this long, and a worker that shall stop is soon between two batches.
BUDGET_S = 20.0
# A score is on screen this long after it was found, at most; in between, scores share one transaction.
FLUSH_S = 0.3
# Runs leased at once, by queue: a model is slow, and what it has not begun another worker may take. The others are
# a fifth faster on thirty transcripts at a time than on six; all texts of a batch are in memory together.
BATCH = {"cpu": 200, "judge": 8, "model": 4}
MOST_CHARS = 2_000_000
# Where one transcript is read for several runs at the price of one, these are leased together.
_SHARING = frozenset({"judge", "model"})
TRANSIENT = frozenset({base.Reason.TIMEOUT, base.Reason.ERROR})


def execute_chunk(run_ids: Sequence[int], *, queue: str) -> list[int]:
    """Run those of the runs that are due; returns the ids that there was no time for."""
    ends, size, at = time.monotonic() + BUDGET_S, BATCH[queue], 0
    worker = f"{socket.gethostname()}:{os.getpid()}"
    while at < len(run_ids) and time.monotonic() < ends:
        wanted = selectors.that_fit(run_ids[at : at + size], MOST_CHARS)
        together = selectors.with_sisters(wanted, queue) if queue in _SHARING else wanted
        runs = services.claim_runs(run_ids=together, worker=worker)
        if runs:
            _execute_batch(runs)
        else:
            at += len(wanted)
    return list(run_ids[at:])


def _execute_batch(runs: Sequence[MonitorRun]) -> None:
    with LeaseKeeper(runs) as keeper:
        ready = _ready(runs)
        logprobs = any(_reads_logprobs(run.deployment.monitor) for run in runs)
        texts = transcripts.load([run.transcript_id for run in runs], logprobs=logprobs)
        basket = _Basket(keeper)
        scores = _at_once(runs, ready, texts)
        for sitting in _sittings(runs, ready):
            held = [run for run in sitting if run.pk not in keeper.lost]
            transcript = texts[sitting[0].transcript_id]
            for run in (run for run in held if run.pk in scores):
                basket.put(_result(run, scores[run.pk]))
            held = [run for run in held if run.pk not in scores]
            for result in _execute(held, [ready[run.deployment_id] for run in held], transcript):
                basket.put(result)
        basket.flush()


def _at_once(
    runs: Sequence[MonitorRun], ready: Mapping[int, base.Monitor], texts: Mapping[UUID, Transcript]
) -> dict[int, base.Score]:
    """Scores by run, of monitors that take several transcripts at a time; what breaks that is left to each alone."""
    found: dict[int, base.Score] = {}
    for deployment, monitor in ready.items():
        own = [run for run in runs if run.deployment_id == deployment]
        if base.scores_at_once(monitor) and len(own) > 1:
            scores = _tried(partial(base.measure_all, monitor, [texts[run.transcript_id] for run in own]))
            if not isinstance(scores, Exception):
                found |= {run.pk: score for run, score in zip(own, scores, strict=True)}
    return found


def _sittings(runs: Sequence[MonitorRun], ready: Mapping[int, base.Monitor]) -> list[list[MonitorRun]]:
    """Runs whose monitors ask a judge about the same transcript together, every other run alone."""
    found: dict[tuple[object, ...], list[MonitorRun]] = {}
    for run in runs:
        asks = isinstance(ready[run.deployment_id], Asking)
        found.setdefault((run.transcript_id,) if asks else (run.transcript_id, run.pk), []).append(run)
    return list(found.values())


def _execute(
    runs: Sequence[MonitorRun], monitors: Sequence[base.Monitor], transcript: Transcript
) -> Iterator[Outcome | Postponed]:
    """Measure one transcript for several runs; what breaks a sitting is left to each run by itself."""
    if len(runs) > 1:
        scores = _tried(lambda: measure_many(monitors, transcript))
        if not isinstance(scores, Exception):
            yield from (_result(run, score) for run, score in zip(runs, scores, strict=True))
            return
    yield from (execute_run(run, monitor, transcript) for run, monitor in zip(runs, monitors, strict=True))


def _reads_logprobs(monitor: str) -> bool:
    known = registry.entries().get(monitor)
    return known is not None and known.reads_logprobs


def _ready(runs: Sequence[MonitorRun]) -> dict[int, base.Monitor]:
    """The monitor of each deployment; brings the runs' deployments up to the installed versions."""
    from_data = [run.transcript_id for run in runs if run.deployment.backend == Backend.RECORDED]
    recorded = transcripts.recorded(from_data) if from_data else {}
    deployments = {run.deployment_id: run.deployment for run in runs}
    deployments = {pk: bench.follow_installed(deployment) for pk, deployment in deployments.items()}
    for run in runs:
        run.deployment = deployments[run.deployment_id]
    return {pk: bench.prepare(deployment, recorded) for pk, deployment in deployments.items()}


@dataclass(frozen=True, slots=True)
class Postponed:
    """An attempt that may succeed later."""

    run: MonitorRun
    error: str


def execute_run(run: MonitorRun, monitor: base.Monitor, transcript: Transcript) -> Outcome | Postponed:
    """Measure one transcript. Whatever breaks becomes a state of the run; what breaks for a while is tried again."""
    score = _tried(lambda: base.measure(monitor, transcript))
    if isinstance(score, Exception):
        what = failures.describe(score)
        logger.error("a monitor broke", extra={"run_id": run.pk, "attempt": run.attempt, "failure": what})
        if isinstance(score, OSError | MemoryError) and run.attempt < MAX_ATTEMPTS:
            return Postponed(run, what)
        return Outcome(run, base.Score.unscored(base.Reason.ERROR, what), what)
    return _result(run, score)


def _tried(work: Callable[[], T]) -> T | Exception:
    """The result, or whatever broke: no monitor ends a worker."""
    try:
        return work()
    except Exception as error:
        return error


def _result(run: MonitorRun, score: base.Score) -> Outcome | Postponed:
    if score.state is base.State.UNSCORED and score.reason in TRANSIENT and run.attempt < MAX_ATTEMPTS:
        return Postponed(run, score.rationale)
    return Outcome(run, score)


@dataclass(slots=True)
class _Basket:
    """Results on their way into the database."""

    keeper: LeaseKeeper
    outcomes: list[Outcome] = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)

    def put(self, result: Outcome | Postponed) -> None:
        if isinstance(result, Postponed):
            self.keeper.drop(result.run)
            services.postpone(run=result.run, error=result.error)
        else:
            self.outcomes.append(result)
        if time.monotonic() - self.since > FLUSH_S:
            self.flush()

    def flush(self) -> None:
        if self.outcomes:
            for outcome in self.outcomes:
                self.keeper.drop(outcome.run)
            services.finish_many(outcomes=self.outcomes)
        self.outcomes, self.since = [], time.monotonic()

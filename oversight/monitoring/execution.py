"""Execution of monitor runs by a worker: claim, measure outside any transaction, commit what was found."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from monitors import base, registry
from monitors.transcript import Transcript
from oversight.lib import failures
from oversight.monitoring import bench, services
from oversight.monitoring.leases import LeaseKeeper
from oversight.monitoring.models import Backend, MonitorRun
from oversight.monitoring.services import MAX_ATTEMPTS, Outcome
from oversight.transcripts import selectors as transcripts

logger = logging.getLogger(__name__)
# A chunk gives way to other messages after this long, and a worker that shall stop is soon between two batches.
BUDGET_S = 20.0
# A score is on screen this long after it was found, at most; in between, scores share one transaction.
FLUSH_S = 0.3
# Runs leased at once, by queue: a model is slow, and what it has not begun another worker may take.
BATCH = {"cpu": 50, "judge": 8, "model": 4}
TRANSIENT = frozenset({base.Reason.TIMEOUT, base.Reason.ERROR})


def execute_chunk(run_ids: Sequence[int], *, queue: str) -> list[int]:
    """Run those of the runs that are due; returns the ids that there was no time for."""
    ends, size, at = time.monotonic() + BUDGET_S, BATCH[queue], 0
    worker = f"{socket.gethostname()}:{os.getpid()}"
    while at < len(run_ids) and time.monotonic() < ends:
        runs = services.claim_runs(run_ids=run_ids[at : at + size], worker=worker)
        if runs:
            _execute_batch(runs)
        else:
            at += size
    return list(run_ids[at:])


def _execute_batch(runs: Sequence[MonitorRun]) -> None:
    with LeaseKeeper(runs) as keeper:
        ready = _ready(runs)
        logprobs = any(_reads_logprobs(run.deployment.monitor) for run in runs)
        texts = transcripts.load([run.transcript_id for run in runs], logprobs=logprobs)
        basket = _Basket(keeper)
        for run in runs:
            if run.pk not in keeper.lost:
                basket.put(execute_run(run, ready[run.deployment_id], texts[run.transcript_id]))
        basket.flush()


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
    try:
        score = base.measure(monitor, transcript)
    except Exception as error:
        what = failures.describe(error)
        logger.error("a monitor broke", extra={"run_id": run.pk, "attempt": run.attempt, "failure": what})
        if isinstance(error, OSError | MemoryError) and run.attempt < MAX_ATTEMPTS:
            return Postponed(run, what)
        return Outcome(run, base.Score.unscored(base.Reason.ERROR, what), what)
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

"""Writers of monitor runs: scheduling, the lease, and the one transaction in which a run ends."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from monitors import base
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.audit.events import Event
from oversight.lib import commits
from oversight.lib.errors import Conflict, Invalid
from oversight.monitoring import costs, examination, rows
from oversight.monitoring.deployments import change_deployment, create_deployment, draft_version, promote_version
from oversight.monitoring.events import ExaminationAsked, RunsRetried, TranscriptFlagged, TranscriptScored
from oversight.monitoring.models import (
    CHUNKS,
    QUEUES,
    Backend,
    Deployment,
    MonitorRun,
    RunState,
    Score,
    SurprisalProfile,
)
from oversight.monitoring.sampling import is_sampled
from oversight.transcripts.models import Transcript

__all__ = [
    "Outcome",
    "ask_examination",
    "change_deployment",
    "claim_runs",
    "create_deployment",
    "draft_version",
    "expire_leases",
    "fail",
    "finish",
    "finish_many",
    "keep",
    "new_run",
    "postpone",
    "promote_version",
    "release_waiting",
    "renew",
    "retry",
    "ring",
    "schedule",
]
logger = logging.getLogger(__name__)
WORKER = Actor.worker("monitoring")
MAX_ATTEMPTS = 5
RELEASE_LIMIT = 2000
RUN_CHUNK = "monitoring.run_chunk"
EXAMINE = "monitoring.examine"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended. `error` is empty unless the run failed for good."""

    run: MonitorRun
    score: base.Score
    error: str = ""


@transaction.atomic
def schedule(*, transcript_ids: Sequence[UUID], actor: Actor) -> int:
    """One run per transcript and enabled deployment of its project; returns how many are new. Safe to repeat."""
    projects = dict(Transcript.objects.filter(pk__in=transcript_ids).values_list("pk", "project_id"))
    deployments = list(Deployment.objects.filter(project_id__in=set(projects.values()), enabled=True).order_by("pk"))
    known = set(MonitorRun.objects.filter(transcript_id__in=projects).values_list("transcript_id", "deployment_id"))
    runs = [
        new_run(transcript_id, deployment)
        for transcript_id, project_id in projects.items()
        for deployment in deployments
        if deployment.project_id == project_id and (transcript_id, deployment.pk) not in known
    ]
    MonitorRun.objects.bulk_create(runs, batch_size=1000)
    skip = base.Score.skipped(base.Reason.SAMPLED_OUT)
    keep([Outcome(run, skip) for run in runs if run.state == RunState.DONE], actor)
    ring([run for run in runs if run.state == RunState.QUEUED])
    release_waiting(transcript_ids=list(projects))
    return len(runs)


def new_run(transcript_id: UUID, deployment: Deployment, run_no: int = 1) -> MonitorRun:
    """Not yet saved; DONE when the deployment's sample leaves the transcript out."""
    if run_no == 1 and not is_sampled(transcript_id, deployment.pk, deployment.sample_share):
        state = RunState.DONE
    else:
        state = RunState.WAITING if deployment.stage else RunState.QUEUED
    return MonitorRun(
        transcript_id=transcript_id,
        deployment=deployment,
        run_no=run_no,
        state=state,
        stage=deployment.stage,
        queue=QUEUES[deployment.backend],
        run_at=Now(),
        created_at=Now(),
        finished_at=Now() if state == RunState.DONE else None,
    )


@transaction.atomic
def release_waiting(*, transcript_ids: Sequence[UUID] | None = None) -> int:
    """Queue the runs whose earlier stages have ended, of these transcripts or of all."""
    waiting = MonitorRun.objects.released()
    if transcript_ids is not None:
        waiting = waiting.filter(transcript_id__in=transcript_ids)
    runs = list(waiting.select_for_update(skip_locked=True).order_by("stage", "pk").only("queue")[:RELEASE_LIMIT])
    if runs:
        MonitorRun.objects.filter(pk__in=[run.pk for run in runs]).update(state=RunState.QUEUED, run_at=Now())
        ring(runs)
    return len(runs)


def ring(runs: Iterable[MonitorRun]) -> None:
    """Tell the workers of these queued runs once they are committed."""
    by_queue: dict[str, list[int]] = {}
    for run in runs:
        by_queue.setdefault(run.queue, []).append(run.pk)
    for queue, ids in by_queue.items():
        audit.ring_after_commit(RUN_CHUNK, ids, queue=queue, chunk=CHUNKS[queue])


@transaction.atomic
def claim_runs(*, run_ids: Sequence[int], worker: str) -> list[MonitorRun]:
    """Lease those of the runs that are due; the others are at work elsewhere, ended, or not yet due.

    A run that was tried before is leased alone: one that kills its worker then takes no other run down with it.
    """
    # A claim that a crash of the database undoes is refused at the fence, like any lease that was lost.
    commits.need_not_wait()
    due = MonitorRun.objects.due().filter(pk__in=run_ids, attempt__lt=MAX_ATTEMPTS).order_by("attempt", "pk")
    runs = list(due.select_for_update(skip_locked=True))
    runs = [run for run in runs if run.attempt == 0] or runs[:1]
    MonitorRun.objects.filter(pk__in=[run.pk for run in runs]).update(
        state=RunState.LEASED, attempt=F("attempt") + 1, lease_until=_lease_end(), leased_by=worker
    )
    # One object for all runs of a deployment: half the cost of a join that repeats it in every row.
    deployments = Deployment.objects.in_bulk({run.deployment_id for run in runs})
    for run in runs:
        run.state, run.attempt, run.leased_by = RunState.LEASED, run.attempt + 1, worker
        run.deployment = deployments[run.deployment_id]
    return runs


def _lease_end() -> object:
    return Now() + timedelta(seconds=settings.LEASE_S)


@transaction.atomic
def renew(*, runs: Sequence[MonitorRun]) -> set[int]:
    """Lengthen the leases; returns the ids of those that are still held."""
    held = _held(runs)
    MonitorRun.objects.filter(pk__in=held).update(lease_until=_lease_end())
    return held


def _held(runs: Sequence[MonitorRun]) -> set[int]:
    attempts = {run.pk: run.attempt for run in runs}
    leased = MonitorRun.objects.filter(pk__in=attempts, state=RunState.LEASED).order_by("pk").select_for_update()
    return {pk for pk, attempt in leased.values_list("pk", "attempt") if attempts[pk] == attempt}


def finish(*, run: MonitorRun, score: base.Score) -> Score | None:
    """End one run with its score; None when another attempt has taken it over."""
    finish_many(outcomes=[Outcome(run, score)])
    return Score.objects.filter(run=run, attempt=run.attempt).first()


def finish_many(*, outcomes: Sequence[Outcome]) -> int:
    """End runs, each with score and events, fenced by attempt; returns how many still counted."""
    with transaction.atomic():
        held = _held([outcome.run for outcome in outcomes])
        counted = [outcome for outcome in outcomes if outcome.run.pk in held]
        _end(counted, WORKER)
    if len(counted) < len(outcomes):
        logger.warning("results of lost leases were refused", extra={"n_runs": len(outcomes) - len(counted)})
    # Its own transaction: of two workers that end the last two runs of a stage, the later one must see both.
    release_waiting(transcript_ids=[outcome.run.transcript_id for outcome in counted])
    return len(counted)


def _end(outcomes: Sequence[Outcome], actor: Actor) -> None:
    for state, errors in ((RunState.DONE, False), (RunState.FAILED, True)):
        ids = [outcome.run.pk for outcome in outcomes if bool(outcome.error) is errors]
        if ids:
            MonitorRun.objects.filter(pk__in=ids).update(state=state, lease_until=None, finished_at=Now())
    for outcome in outcomes:
        if outcome.error:
            MonitorRun.objects.filter(pk=outcome.run.pk).update(error=outcome.error)
    keep(outcomes, actor)


def keep(outcomes: Sequence[Outcome], actor: Actor) -> None:
    """Store scores and their events, in the caller's transaction."""
    models = _models(outcomes)
    scores = [rows.score_row(o.run, o.score, models.get(o.run.transcript_id, "")) for o in outcomes]
    Score.objects.bulk_create(scores)
    costs.add(scores)
    profiles = [rows.profile_row(row, outcome.score) for row, outcome in zip(scores, outcomes, strict=True)]
    if kept := [profile for profile in profiles if profile is not None]:
        SurprisalProfile.objects.bulk_create(kept)
    events: list[Event] = []
    for score in scores:
        events.append(_scored(score))
        if score.flagged:
            events.append(_flagged(score))
    if events:
        audit.record_many(events, actor)


def _models(outcomes: Iterable[Outcome]) -> dict[UUID, str]:
    """The models behind transcripts whose deployments have thresholds by model; seldom any. At most one query."""
    ids = [outcome.run.transcript_id for outcome in outcomes if outcome.run.deployment.model_thresholds]
    return dict(Transcript.objects.filter(pk__in=ids).values_list("pk", "model_run__model")) if ids else {}


def _scored(score: Score) -> TranscriptScored:
    return TranscriptScored(
        object_id=str(score.transcript_id),
        project_id=score.deployment.project_id,
        run_id=score.run_id,
        deployment_id=score.deployment_id,
        monitor=score.monitor,
        version=score.version,
        attempt=score.attempt,
        state=score.state,
        reason=score.reason,
        score=None if score.value is None else f"{score.value:.6f}",
    )


def _flagged(score: Score) -> TranscriptFlagged:
    return TranscriptFlagged(
        object_id=str(score.transcript_id),
        project_id=score.deployment.project_id,
        run_id=score.run_id,
        deployment_id=score.deployment_id,
        monitor=score.monitor,
        score=f"{score.value:.6f}",
        threshold=f"{score.threshold:.6f}",
    )


def fail(*, run: MonitorRun, error: str, permanent: bool) -> None:
    """An attempt broke: try again later, or end as FAILED with a score that says so."""
    if permanent or run.attempt >= MAX_ATTEMPTS:
        finish_many(outcomes=[Outcome(run, base.Score.unscored(base.Reason.ERROR, error), error)])
    else:
        postpone(run=run, error=error)


def postpone(*, run: MonitorRun, error: str) -> bool:
    """Give the lease back and let the run be due again after a pause that grows with the attempts."""
    pause_s = min(600, 5 * 4 ** (run.attempt - 1)) * random.uniform(0.5, 1.5)
    held = MonitorRun.objects.filter(pk=run.pk, attempt=run.attempt, state=RunState.LEASED)
    return (
        held.update(state=RunState.QUEUED, lease_until=None, run_at=Now() + timedelta(seconds=pause_s), error=error)
        == 1
    )


@transaction.atomic
def expire_leases() -> int:
    """Take runs back from workers that are gone; one that was tried too often ends as FAILED."""
    lost = list(
        MonitorRun.objects.expired()
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("deployment")
        .order_by("pk")[:RELEASE_LIMIT]
    )
    spent = [run for run in lost if run.attempt >= MAX_ATTEMPTS]
    again = [run.pk for run in lost if run.attempt < MAX_ATTEMPTS]
    MonitorRun.objects.filter(pk__in=again).update(state=RunState.QUEUED, lease_until=None, run_at=Now())
    error = f"the worker was lost {MAX_ATTEMPTS} times while it ran this"
    _end([Outcome(run, base.Score.unscored(base.Reason.ERROR, error), error) for run in spent], WORKER)
    return len(lost)


@transaction.atomic
def retry(*, deployment: Deployment, run_ids: Sequence[int], why: str = "", actor: Actor) -> int:
    """Run again what failed or could not be scored, as new runs; returns how many."""
    runs = list(
        MonitorRun.objects.filter(pk__in=run_ids, deployment=deployment).retryable().select_for_update(of=("self",))
    )
    if not runs:
        raise Conflict("These runs have ended with a score, or are being run again already.")
    if not deployment.enabled:
        raise Invalid("Enable the deployment before its runs are tried again.")
    new = [new_run(run.transcript_id, deployment, run.run_no + 1) for run in runs]
    for run in new:
        run.state = RunState.QUEUED
    try:
        with transaction.atomic():
            MonitorRun.objects.bulk_create(new)
    except IntegrityError:
        raise Conflict("Somebody else has just let these runs be tried again.") from None
    audit.record(
        RunsRetried(
            object_id=str(deployment.pk),
            project_id=deployment.project_id,
            run_ids=[run.pk for run in runs],
            transcript_ids=[str(run.transcript_id) for run in runs],
            why=why,
        ),
        actor,
    )
    ring(new)
    return len(new)


@transaction.atomic
def ask_examination(*, deployment: Deployment, actor: Actor) -> None:
    """Have the deployment's judge put to its fixed cases again, by the worker that reaches it."""
    if deployment.backend not in (Backend.LOCAL, Backend.SERVER):
        raise Invalid("Recorded verdicts cannot be asked again: there is no judge to examine.")
    if examination.elsewhere(deployment.monitor):
        raise Invalid("This judge is examined on the rubric's own page, on its own set and under a cap.")
    audit.record(
        ExaminationAsked(object_id=str(deployment.pk), project_id=deployment.project_id, monitor=deployment.monitor),
        actor,
    )
    audit.ring_after_commit(EXAMINE, [deployment.pk], queue=QUEUES[deployment.backend])

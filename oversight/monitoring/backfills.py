"""Running a deployment on transcripts that are there already: asked for once, done in steps by a worker."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from monitors import base
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib import clock
from oversight.lib.errors import Conflict, Invalid
from oversight.monitoring import selectors, services
from oversight.monitoring.events import BackfillAsked, BackfillStopped
from oversight.monitoring.models import Backfill, BackfillScope, Deployment, MonitorRun, RunState, Score
from oversight.monitoring.sampling import is_sampled
from oversight.monitoring.services import WORKER, Outcome
from oversight.transcripts.models import Transcript

logger = logging.getLogger(__name__)
BACKFILL = "monitoring.backfill"
# One transaction's work, and one message's: other things wait behind neither for long.
STEP, BUDGET_S = 500, 10.0
# With so many runs unended nothing is added: what comes in now goes first.
MOST_UNENDED = 50_000
# Sorts after every id of ours.
_LAST_ID = UUID(int=2**128 - 1)


@transaction.atomic
def ask_backfill(*, deployment: Deployment, scope: str, newest: int | None = None, why: str, actor: Actor) -> Backfill:
    """Have a deployment run on the newest transcripts of its project, or on all, where it has not yet."""
    if not why.strip():
        raise Invalid("Say in a few words why: the reason is kept in the audit trail.")
    if not deployment.enabled:
        raise Invalid("Turn the monitor on first.")
    n_transcripts = Transcript.objects.filter(project_id=deployment.project_id).count()
    n_total = n_transcripts if newest is None else min(newest, n_transcripts)
    if n_total < 1:
        raise Invalid("There is no transcript to run on.")
    try:
        with transaction.atomic():
            backfill = Backfill.objects.create(
                deployment=deployment,
                scope=BackfillScope(scope),
                n_total=n_total,
                below_at=clock.now(),
                below_id=_LAST_ID,
                why=why.strip(),
                asked_at=clock.now(),
            )
    except IntegrityError:
        raise Conflict("A backfill of this monitor is under way. It can be stopped.") from None
    audit.record(
        BackfillAsked(
            object_id=str(deployment.pk),
            project_id=deployment.project_id,
            backfill_id=backfill.pk,
            scope=backfill.scope,
            n_transcripts=n_total,
            why=backfill.why,
        ),
        actor,
    )
    audit.ring_after_commit(BACKFILL, [backfill.pk])
    return backfill


@transaction.atomic
def stop_backfill(*, deployment: Deployment, actor: Actor) -> None:
    """Look at no further transcripts. Runs that were made already stay."""
    backfill = Backfill.objects.select_for_update().filter(deployment=deployment, finished_at=None).first()
    if backfill is None:
        raise Conflict("No backfill of this monitor is under way.")
    backfill.finished_at = clock.now()
    backfill.save(update_fields=["finished_at"])
    audit.record(
        BackfillStopped(
            object_id=str(deployment.pk),
            project_id=deployment.project_id,
            backfill_id=backfill.pk,
            n_seen=backfill.n_seen,
        ),
        actor,
    )


def work(backfill_id: int) -> bool:
    """Go on for some seconds; True when there is more to do now."""
    ends = time.monotonic() + BUDGET_S
    try:
        while time.monotonic() < ends:
            if selectors.n_unended(MOST_UNENDED) >= MOST_UNENDED or not _step(backfill_id):
                return False
    except IntegrityError:
        logger.info("a run was made beside the backfill; its step begins again", extra={"backfill_id": backfill_id})
    return True


@transaction.atomic
def _step(backfill_id: int) -> bool:
    """The next transcripts; False when there are none, or another worker is at it."""
    open_ones = Backfill.objects.select_for_update(skip_locked=True, of=("self",)).filter(finished_at=None)
    backfill = open_ones.select_related("deployment").filter(pk=backfill_id).first()
    if backfill is None:
        return False
    size = min(STEP, backfill.n_total - backfill.n_seen) if backfill.deployment.enabled else 0
    seen = list(_to_come(backfill)[:size])
    if seen:
        backfill.n_runs += _schedule(backfill.deployment, [pk for pk, _ in seen], backfill.scope)
        backfill.below_id, backfill.below_at = seen[-1]
        backfill.n_seen += len(seen)
    if len(seen) < STEP or backfill.n_seen >= backfill.n_total:
        backfill.finished_at = clock.now()
    backfill.save()
    return backfill.finished_at is None


def _to_come(backfill: Backfill) -> QuerySet[Transcript, tuple[UUID, datetime]]:
    older = Transcript.objects.filter(project_id=backfill.deployment.project_id, received_at__lte=backfill.below_at)
    older = older.exclude(received_at=backfill.below_at, pk__gte=backfill.below_id)
    return older.order_by("-received_at", "-pk").values_list("pk", "received_at")


def _schedule(deployment: Deployment, ids: Sequence[UUID], scope: str) -> int:
    """New runs, and those that were cancelled revived; returns how many."""
    newest = {
        run.transcript_id: run
        for run in MonitorRun.objects.newest().filter(deployment=deployment, transcript_id__in=ids)
    }
    cancelled = [run for run in newest.values() if run.state == RunState.CANCELLED]
    new = [services.new_run(pk, deployment) for pk in ids if pk not in newest]
    new += list(_again(deployment, newest, scope))
    MonitorRun.objects.bulk_create(new)
    skip = base.Score.skipped(base.Reason.SAMPLED_OUT)
    services.keep([Outcome(run, skip) for run in new if run.state == RunState.DONE], WORKER)
    _revive(deployment, cancelled)
    services.ring([run for run in (*new, *cancelled) if run.state == RunState.QUEUED])
    services.release_waiting(transcript_ids=ids)
    return sum(run.state != RunState.DONE for run in new) + len(cancelled)


def _again(deployment: Deployment, newest: Mapping[UUID, MonitorRun], scope: str) -> Iterator[MonitorRun]:
    """Another run for what a smaller sample left out; and, if wanted, for scores by other parameters or formulas."""
    ended = [run.pk for run in newest.values() if run.state == RunState.DONE]
    left_out = Q(reason=base.Reason.SAMPLED_OUT.value)
    wanted = left_out | ~Q(params_digest=deployment.params_digest) if scope == BackfillScope.OLDER else left_out
    for score in Score.objects.filter(wanted, run__in=ended).only("transcript_id", "reason"):
        is_out = score.reason == base.Reason.SAMPLED_OUT.value
        if not is_out or is_sampled(score.transcript_id, deployment.pk, deployment.sample_share):
            yield services.new_run(score.transcript_id, deployment, newest[score.transcript_id].run_no + 1)


def _revive(deployment: Deployment, runs: Sequence[MonitorRun]) -> None:
    state = RunState.WAITING if deployment.stage else RunState.QUEUED
    MonitorRun.objects.filter(pk__in=[run.pk for run in runs]).update(state=state, run_at=Now(), finished_at=None)
    for run in runs:
        run.state = state

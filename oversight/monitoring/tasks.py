"""What workers do when the bell rings. A message may be lost, doubled or late: the rows decide."""

from __future__ import annotations

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction

from oversight.audit.bell import BELL, depth
from oversight.lib import locks
from oversight.monitoring import backfills, bench, execution, selectors, servers, services, trials
from oversight.monitoring.models import CHUNKS, QUEUES, Deployment


@shared_task(name=services.RUN_CHUNK, queue="cpu", time_limit=900)
def run_chunk(run_ids: list[int]) -> None:
    """Execute runs; those that there was no time for ring again, behind what waits already."""
    queue = selectors.queue_of(run_ids)
    if queue:
        left = execution.execute_chunk(run_ids, queue=queue)
        BELL.ring(services.RUN_CHUNK, left, queue=queue)


@shared_task(name=services.EXAMINE, queue="model", time_limit=1800)
def examine(deployment_ids: list[int]) -> None:
    """Put the judges of these deployments to their fixed cases again."""
    for deployment in Deployment.objects.filter(pk__in=deployment_ids):
        bench.examine(deployment)


@shared_task(name=backfills.BACKFILL, queue="default", time_limit=120)
def backfill(backfill_ids: list[int]) -> None:
    """Go on with backfills; those that are not at their end ring again, behind what waits already."""
    BELL.ring(backfills.BACKFILL, [pk for pk in backfill_ids if backfills.work(pk)])


@shared_task(name=trials.TRY, queue="cpu", soft_time_limit=trials.LIMIT_S, time_limit=trials.LIMIT_S + 15)
def try_out(trial_ids: list[int]) -> None:
    """Run trials of the test bench. Only workers with processes know the time limit; the others wait for a server."""
    for trial_id in trial_ids:
        try:
            trials.work(trial_id)
        except SoftTimeLimitExceeded:
            trials.give_up(trial_id)


@shared_task(name="monitoring.forget", queue="default", time_limit=60)
def forget() -> int:
    """Remove answers that were kept for long enough; returns how many."""
    return servers.remove_old()


@shared_task(name="monitoring.sweep", queue="default", time_limit=60)
def sweep() -> int:
    """Take back lost leases, release stages, ring for what no message is on its way for; returns how many rang."""
    with transaction.atomic():
        if not locks.try_for_transaction("monitoring.sweep"):
            return 0
        services.expire_leases()
        services.release_waiting()
    rung = 0
    for queue in sorted(set(QUEUES.values())):
        # Messages that wait in the broker lead to their rows; only an empty queue may have lost some.
        due = selectors.due_again(queue) if depth(queue) else selectors.due(queue)
        BELL.ring(services.RUN_CHUNK, due, queue=queue, chunk=CHUNKS[queue])
        rung += len(due)
    if not depth("default"):
        BELL.ring(backfills.BACKFILL, selectors.open_backfills())
    return rung

"""What workers do when the bell rings. A message may be lost, doubled or late: the rows decide."""

from __future__ import annotations

from celery import shared_task

from oversight.audit.bell import BELL, depth
from oversight.rubrics import estimating, execution, items, planning, runs
from oversight.rubrics.models import RubricRun, RunItem, RunState


@shared_task(name=runs.ESTIMATE, queue="cpu", time_limit=300)
def estimate(run_ids: list[int]) -> None:
    """Say what runs will cost."""
    for run_id in run_ids:
        estimating.work(run_id)


@shared_task(name=runs.PLAN, queue="default", time_limit=120)
def plan(run_ids: list[int]) -> None:
    """Go on with finding the transcripts of runs; those that are not at their end ring again."""
    BELL.ring(runs.PLAN, [pk for pk in run_ids if planning.work(pk)])


@shared_task(name=runs.WORK, queue="judge", time_limit=900)
def work(run_ids: list[int]) -> None:
    """Judge some transcripts of runs; those with more to judge ring again, behind what waits already."""
    for run_id in run_ids:
        if execution.work(run_id):
            run = RubricRun.objects.select_related("version").get(pk=run_id)
            BELL.ring(runs.WORK, [run_id], queue=run.queue, chunk=1)


@shared_task(name="rubrics.sweep", queue="default", time_limit=60)
def sweep() -> int:
    """Take back lost leases, and ring for what no message is on its way for; returns how many runs rang."""
    items.expire_leases()
    going_on = RubricRun.objects.filter(state=RunState.RUNNING).order_by("pk")
    # Messages that wait in the broker lead to their rows; only an empty queue may have lost some.
    waits = {queue: depth(queue) for queue in {"default", "cpu", *(run.queue for run in going_on)}}
    if not waits["cpu"]:
        estimating_ = RubricRun.objects.filter(state=RunState.ESTIMATING).order_by("pk")
        BELL.ring(runs.ESTIMATE, list(estimating_.values_list("pk", flat=True)), queue="cpu", chunk=1)
    if not waits["default"]:
        BELL.ring(runs.PLAN, [run.pk for run in going_on if not run.is_planned])
    rung = 0
    for run in going_on:
        n_free = 0 if waits[run.queue] else items.n_free(run)
        if n_free > 0 and RunItem.objects.due().filter(run=run).exists():
            BELL.ring(runs.WORK, [run.pk] * n_free, queue=run.queue, chunk=1)
            rung += 1
    return rung

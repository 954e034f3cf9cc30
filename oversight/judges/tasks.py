"""What workers do when the bell rings. A message may be lost, doubled or late: the rows decide."""

from __future__ import annotations

from collections import defaultdict

from celery import shared_task

from oversight.audit.bell import BELL, depth
from oversight.judges import asking, hijacking, planting, watching
from oversight.judges.models import Canary


@shared_task(name=planting.ASK, queue="judge", time_limit=900)
def ask(canary_ids: list[int]) -> None:
    """Put these canaries to their judges."""
    asking.ask(canary_ids)


@shared_task(name=hijacking.MEASURE, queue="judge", time_limit=2400)
def measure_hijack(rate_ids: list[int]) -> None:
    """Put the injection set to these judges."""
    for rate_id in rate_ids:
        hijacking.measure(rate_id)


@shared_task(name="judges.watch", queue="cpu", time_limit=600)
def watch() -> int:
    """Compute the figures of judges with something new, and raise and clear alarms; returns how many were computed."""
    return watching.watch()


@shared_task(name="judges.sweep", queue="default", time_limit=60)
def sweep() -> int:
    """Plant what is due, take back lost leases, and ring for what no message is on its way for; how many rang."""
    planting.expire()
    planting.plant()
    waiting: dict[str, list[int]] = defaultdict(list)
    for canary in Canary.objects.due().select_related("deployment").order_by("run_at", "pk")[:500]:
        waiting[canary.queue].append(canary.pk)
    rung = 0
    for queue, ids in waiting.items():
        # Messages that wait in the broker lead to their rows; only an empty queue may have lost some.
        if not depth(queue):
            BELL.ring(planting.ASK, ids, queue=queue, chunk=1)
            rung += len(ids)
    return rung

"""What workers work out when a page asks."""

from __future__ import annotations

from celery import shared_task

from oversight.compare import services


@shared_task(name=services.COMPUTE, queue=services.QUEUE, time_limit=services.LIMIT_S)
def compute(comparison_ids: list[int]) -> None:
    """Work these comparisons out. The limit is for the machine: the work itself stops in less than half of it."""
    for comparison_id in comparison_ids:
        services.compute(comparison_id)

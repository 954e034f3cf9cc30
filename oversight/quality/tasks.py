"""What workers compute when a page asks."""

from __future__ import annotations

from celery import shared_task

from oversight.quality import reports


@shared_task(name=reports.COMPUTE, queue=reports.QUEUE, time_limit=900)
def compute(report_ids: list[int]) -> None:
    """Compute these reports."""
    for report_id in report_ids:
        reports.compute(report_id)

"""Sending in workers, and the sweep that finds what was missed. The `outbound` queue is served by threads."""

from __future__ import annotations

import time
from collections.abc import Sequence

from celery import shared_task
from django.db import transaction

from oversight.alerts import deliveries
from oversight.alerts.models import Delivery, EndpointState
from oversight.audit.bell import BELL
from oversight.lib import clock, locks

QUEUE = "outbound"
SLICE_S = 45.0
SWEEP_LIMIT = 2000


@shared_task(name="alerts.deliver", queue=QUEUE, time_limit=120, expires=60)
def deliver(delivery_ids: list[int]) -> None:
    """Send these, then what else is due for the same endpoint; safe to run twice."""
    end = time.monotonic() + SLICE_S
    for delivery_id in delivery_ids:
        deliveries.attempt(delivery_id)
    while time.monotonic() < end and (more := _next_of_same_endpoint(delivery_ids)):
        if deliveries.attempt(more) is None:
            return


def _next_of_same_endpoint(delivery_ids: list[int]) -> int | None:
    same = Delivery.objects.due(clock.now()).filter(endpoint__deliveries__in=delivery_ids)
    return same.order_by("next_at", "pk").values_list("pk", flat=True).first()


@shared_task(name="alerts.sweep", queue="default", time_limit=60)
def sweep() -> int:
    """Ring once for each active endpoint that has something due; returns the number of endpoints."""
    with transaction.atomic():
        if not locks.try_for_transaction("alerts.sweep"):
            return 0
        due = Delivery.objects.due(clock.now()).filter(endpoint__state=EndpointState.ACTIVE).order_by("next_at", "pk")
        first: dict[int, int] = {}
        for endpoint_id, delivery_id in due.values_list("endpoint_id", "pk")[:SWEEP_LIMIT]:
            first.setdefault(endpoint_id, delivery_id)
    ring(list(first.values()))
    return len(first)


def ring(delivery_ids: Sequence[int]) -> None:
    """Each delivery rings for itself, so that no endpoint waits for another."""
    BELL.ring("alerts.deliver", delivery_ids, queue=QUEUE, chunk=1)

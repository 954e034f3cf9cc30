"""Delivery of events to durable handlers, exactly once in effect, and the sweep that finds what was missed."""

from __future__ import annotations

import logging
import random
from datetime import timedelta

from celery import shared_task
from django.db import transaction
from django.db.models import F

from oversight.audit import dispatch, selectors
from oversight.audit.models import LedgerEvent, Receipt, Subscription
from oversight.lib import clock

logger = logging.getLogger(__name__)
MAX_ATTEMPTS = 10
SWEEP_LIMIT = 500


@shared_task(name="audit.deliver", queue="default", time_limit=300)
def deliver(event_ids: list[int]) -> None:
    """Tell every durable handler of these events; safe to run twice."""
    for event in LedgerEvent.objects.filter(pk__in=event_ids).order_by("pk"):
        for handler in dispatch.durable(event.action):
            run_handler(handler, event)


def run_handler(handler: dispatch.Handler, event: LedgerEvent) -> bool:
    """Run one handler in one transaction with its receipt; False when it was done already or has failed."""
    try:
        with transaction.atomic():
            receipt, _ = Receipt.objects.get_or_create(event=event, handler=handler.name)
            if not Receipt.objects.select_for_update().filter(pk=receipt.pk, done_at__isnull=True).exists():
                return False
            handler.function(event)
            Receipt.objects.filter(pk=receipt.pk).update(done_at=clock.now(), attempts=F("attempts") + 1, error="")
    except Exception as error:
        # An error becomes a row: the sweep tries again with growing pauses, and the Admin page shows it.
        logger.exception("handler failed", extra={"handler": handler.name, "event_id": event.pk})
        _failed(handler, event, error)
        return False
    return True


def run_best_effort(handler: dispatch.Handler, event: LedgerEvent) -> None:
    """Tell one best-effort handler; its failure is logged and costs latency only."""
    try:
        handler.function(event)
    except Exception:
        logger.exception("best-effort handler failed", extra={"handler": handler.name, "event_id": event.pk})


def _failed(handler: dispatch.Handler, event: LedgerEvent, error: Exception) -> None:
    with transaction.atomic():
        receipt, _ = Receipt.objects.get_or_create(event=event, handler=handler.name)
        attempts = receipt.attempts + 1
        pause_s = min(600, 5 * 4 ** (attempts - 1)) * random.uniform(0.5, 1.5)
        Receipt.objects.filter(pk=receipt.pk, done_at__isnull=True).update(
            attempts=attempts,
            error=f"{type(error).__name__}: {error}"[:500],
            next_at=clock.now() + timedelta(seconds=pause_s),
        )


@shared_task(name="audit.sweep", queue="default", time_limit=60)
def sweep() -> int:
    """Deliver what no worker has dealt with; returns the number of events rung again."""
    rung = 0
    for handler in dispatch.HANDLERS.values():
        if handler.durable:
            rung += _sweep_handler(handler)
    return rung


def _sweep_handler(handler: dispatch.Handler) -> int:
    subscription, _ = Subscription.objects.get_or_create(handler=handler.name)
    rows = selectors.feed(
        after=selectors.Cursor(subscription.xid, subscription.event_id), actions=handler.actions, limit=SWEEP_LIMIT
    )
    receipts = {
        r.event_id: r for r in Receipt.objects.filter(handler=handler.name, event_id__in=[row.id for row in rows])
    }
    now, due, settled = clock.now(), [], True
    for row in rows:
        receipt = receipts.get(row.id)
        if receipt and (receipt.done_at or receipt.attempts >= MAX_ATTEMPTS):
            if settled:
                subscription.xid, subscription.event_id = row.cursor.xid, row.cursor.id
            continue
        settled = False
        # Two seconds of grace for the delivery that was rung at commit.
        if (receipt.next_at or now) <= now if receipt else row.at < now - timedelta(seconds=2):
            due.append(row.id)
    subscription.swept_at = now
    subscription.save(update_fields=["xid", "event_id", "swept_at"])
    if due:
        deliver.delay(due)
    return len(due)

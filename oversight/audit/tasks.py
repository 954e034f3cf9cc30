"""Delivery of events to durable handlers, exactly once in effect, and the sweep that finds what was missed."""

from __future__ import annotations

import logging
import random
from datetime import timedelta

from celery import shared_task
from django.db import transaction
from django.db.models import F

from oversight.audit import dispatch, selectors
from oversight.audit.bell import BELL
from oversight.audit.models import LedgerEvent, Receipt, Subscription
from oversight.lib import clock, failures, locks

logger = logging.getLogger(__name__)
MAX_ATTEMPTS = 10
SWEEP_LIMIT = 500
DELIVER = "audit.deliver"
# A delivery that was rung at commit has this long before the sweep rings again.
GRACE = timedelta(seconds=2)


@shared_task(name=DELIVER, queue="default", time_limit=300)
def deliver(event_ids: list[int]) -> None:
    """Tell every durable handler of these events; safe to run twice."""
    for event in LedgerEvent.objects.filter(pk__in=event_ids).order_by("pk"):
        for handler in dispatch.durable(event.action):
            run_handler(handler, event)


def run_handler(handler: dispatch.Handler, event: LedgerEvent) -> bool:
    """Run one handler, a durable one in one transaction with its receipt; False when done before, or failed."""
    try:
        if handler.durable:
            return _run_once(handler, event)
        handler.function(event)
    except Exception as error:
        # An error becomes a row: the sweep tries a durable handler again with growing pauses, and Admin shows it.
        what = failures.describe(error)
        logger.error("handler failed", extra={"handler": handler.name, "event_id": event.pk, "failure": what})
        if handler.durable:
            _failed(handler, event, what)
        return False
    return True


@transaction.atomic
def _run_once(handler: dispatch.Handler, event: LedgerEvent) -> bool:
    receipt, _ = Receipt.objects.get_or_create(event=event, handler=handler.name)
    if not Receipt.objects.select_for_update().filter(pk=receipt.pk, done_at__isnull=True).exists():
        return False
    handler.function(event)
    Receipt.objects.filter(pk=receipt.pk).update(done_at=clock.now(), attempts=F("attempts") + 1, error="")
    return True


@transaction.atomic
def _failed(handler: dispatch.Handler, event: LedgerEvent, what: str) -> None:
    receipt, _ = Receipt.objects.select_for_update().get_or_create(event=event, handler=handler.name)
    if receipt.done_at:
        return
    pause_s = min(600, 5 * 4**receipt.attempts) * random.uniform(0.5, 1.5)
    receipt.attempts += 1
    receipt.error = what[:500]
    receipt.next_at = clock.now() + timedelta(seconds=pause_s)
    receipt.save(update_fields=["attempts", "error", "next_at"])


@shared_task(name="audit.sweep", queue="default", time_limit=60)
def sweep() -> int:
    """Ring for what no worker has dealt with; returns the number of events."""
    # Read-only when another sweep is at work: two beats do no harm.
    with transaction.atomic():
        if not locks.try_for_transaction("audit.sweep"):
            return 0
        due = [pk for handler in dispatch.HANDLERS.values() if handler.durable for pk in _sweep_handler(handler)]
    due = sorted(set(due))
    BELL.ring(DELIVER, due)
    return len(due)


def _sweep_handler(handler: dispatch.Handler) -> list[int]:
    """Move the handler's cursor up to its first event that is not dealt with; returns the events that are due."""
    subscription, _ = Subscription.objects.get_or_create(handler=handler.name)
    after = selectors.Cursor(subscription.xid, subscription.event_id)
    follower = selectors.Follower(handler.name, handler.actions, MAX_ATTEMPTS)
    reached = selectors.dealt_with(follower, after=after)
    subscription.xid, subscription.event_id, subscription.swept_at = reached.xid, reached.id, clock.now()
    subscription.save(update_fields=["xid", "event_id", "swept_at"])
    return selectors.due(follower, after=reached, now=clock.now(), grace=GRACE, limit=SWEEP_LIMIT)

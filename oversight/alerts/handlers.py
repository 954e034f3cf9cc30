"""What alerts do with events: deliveries for what rules name, and a ring for what was queued."""

from __future__ import annotations

from oversight.alerts import bodies, fan_out, tasks
from oversight.audit.dispatch import subscribe
from oversight.audit.models import LedgerEvent


@subscribe(bodies.FLAGGED, bodies.SETTLED, bodies.ALARMED)
def queue_deliveries(event: LedgerEvent) -> None:
    """Durable: commits with its receipt."""
    fan_out.queue(event)


@subscribe("webhook.queued", durable=False)
def ring_queued(event: LedgerEvent) -> None:
    """At once after the deliveries have committed."""
    detail = event.detail_row.detail or {}
    tasks.ring(detail["delivery_ids"])


@subscribe("webhook.requested", durable=False)
def ring_requested(event: LedgerEvent) -> None:
    """Somebody pressed "Send again"."""
    tasks.ring([int(event.object_id)])

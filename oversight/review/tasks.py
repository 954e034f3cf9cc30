"""What beat does for review: verdicts settle, leases run out."""

from __future__ import annotations

from celery import shared_task

from oversight.audit.actors import Actor
from oversight.review import services


@shared_task(name="review.settle", queue="default", time_limit=60)
def settle() -> int:
    """Settle verdicts whose undo window has closed."""
    return services.settle_due(actor=Actor.worker("review.settle"))


@shared_task(name="review.expire", queue="default", time_limit=60)
def expire() -> int:
    """Give back items whose lease ran out."""
    return services.expire_due(actor=Actor.worker("review.expire"))

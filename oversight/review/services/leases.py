"""Who reads what: claim, renew, release, expire."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from oversight.accounts.models import User
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib import clock
from oversight.lib.errors import Conflict
from oversight.review.events import ItemClaimed, ItemReleased
from oversight.review.models import Assignment, AssignmentState, ItemState, Queue, ReviewItem
from oversight.review.services.about import about

BATCH = 500
LEASE_LOST = "Your claim has run out or was already used. Reclaim the item to go on; your note is kept."


@transaction.atomic
def claim(*, item: ReviewItem, reviewer: User, actor: Actor) -> Assignment:
    """Lease an item; one's own live lease is returned as it is. Conflict: decided, or held by another."""
    locked = ReviewItem.objects.select_for_update().get(pk=item.pk)
    if locked.state != ItemState.OPEN:
        raise Conflict("This item is already decided.")
    held = Assignment.objects.live().filter(item=locked).select_related("reviewer").first()
    if held and held.reviewer_id == reviewer.pk:
        return held
    if held:
        raise Conflict(f"{held.reviewer.name} is reading this item.")
    return lease(locked, reviewer, actor)


@transaction.atomic
def claim_next(*, queue: Queue, reviewer: User, actor: Actor) -> Assignment | None:
    """Lease the most urgent free item that the reviewer has not given back; None when there is none."""
    taken: list[int] = []
    while item := _lock_most_urgent(queue, reviewer, except_for=taken):
        # The row lock says nothing of a claim that committed between this statement's snapshot and the lock.
        if Assignment.objects.live().filter(item=item).exists():
            taken.append(item.pk)
            continue
        return lease(item, reviewer, actor)
    return None


def _lock_most_urgent(queue: Queue, reviewer: User, *, except_for: list[int]) -> ReviewItem | None:
    of_item = Assignment.objects.filter(item=OuterRef("pk"))
    given_back = of_item.filter(reviewer=reviewer, state=AssignmentState.RELEASED)
    return (
        ReviewItem.objects.select_for_update(skip_locked=True)
        .filter(~Exists(Assignment.objects.live().filter(item=OuterRef("pk"))), ~Exists(given_back))
        .filter(queue=queue, state=ItemState.OPEN)
        .exclude(pk__in=except_for)
        .order_by("-priority", "id")
        .first()
    )


def lease(item: ReviewItem, reviewer: User, actor: Actor) -> Assignment:
    """For callers that hold the item's row lock. The unique constraints are the last defence."""
    for stale in Assignment.objects.run_out().filter(item=item):
        _expire(stale)
    now = clock.now()
    try:
        with transaction.atomic():
            assignment = Assignment.objects.create(
                item=item, reviewer=reviewer, claimed_at=now, lease_until=_lease_until(now)
            )
    except IntegrityError as error:
        raise Conflict("Somebody else has just claimed this item.") from error
    audit.record(ItemClaimed(**about(item), assignment_id=assignment.pk), actor)
    return assignment


def renew(*, assignment: Assignment, actor: Actor) -> datetime:
    """Prolong a live lease and return its new end. Conflict: it is lost.

    A heartbeat is not an act of review: it is the one service here that writes no event.
    """
    until = _lease_until(clock.now())
    if Assignment.objects.live().filter(pk=assignment.pk).update(lease_until=until) != 1:
        raise Conflict(LEASE_LOST)
    return until


@transaction.atomic
def release(*, assignment: Assignment, actor: Actor) -> None:
    """Give the item back. Conflict: the lease is already gone."""
    leased = Assignment.objects.filter(pk=assignment.pk, state=AssignmentState.LEASED)
    if leased.update(state=AssignmentState.RELEASED) != 1:
        raise Conflict("You no longer hold this item.")
    item = ReviewItem.objects.get(pk=assignment.item_id)
    audit.record(ItemReleased(**about(item), assignment_id=assignment.pk, expired=False), actor)


def expire_due(*, actor: Actor) -> int:
    """Give back every item whose lease ran out; returns their number."""
    return sum(_expire(assignment, actor) for assignment in Assignment.objects.run_out()[:BATCH])


@transaction.atomic
def _expire(assignment: Assignment, actor: Actor | None = None) -> bool:
    if Assignment.objects.run_out().filter(pk=assignment.pk).update(state=AssignmentState.EXPIRED) != 1:
        return False
    item = ReviewItem.objects.get(pk=assignment.item_id)
    event = ItemReleased(**about(item), assignment_id=assignment.pk, expired=True)
    audit.record(event, actor or Actor.system("review"))
    return True


def _lease_until(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.REVIEW_LEASE_S)

"""Who reads what: claim, renew, release, expire."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from oversight.accounts.models import User
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib import clock
from oversight.lib.errors import Conflict
from oversight.review.events import ItemClaimed, ItemReleased
from oversight.review.models import (
    ADJUDICATOR_SLOT,
    Assignment,
    AssignmentState,
    ItemState,
    Queue,
    ReviewItem,
    Role,
    Stream,
    is_awake,
)
from oversight.review.services.about import about

BATCH = 500
WINDOW = 20
LEASE_LOST = "Your claim has run out or was already used. Reclaim the item to go on; your note is kept."


@transaction.atomic
def claim(*, item: ReviewItem, reviewer: User, actor: Actor) -> Assignment:
    """Lease a free slot; one's own live lease is returned as it is. Conflict: decided, read by oneself, or held."""
    locked = ReviewItem.objects.select_for_update().get(pk=item.pk)
    if locked.state == ItemState.DISPUTED:
        raise Conflict("This item waits for an adjudicator.")
    if locked.state != ItemState.OPEN:
        raise Conflict("This item is already decided.")
    taken = list(Assignment.objects.taken().filter(item=locked).select_related("reviewer").order_by("-slot"))
    mine = next((one for one in taken if one.reviewer_id == reviewer.pk), None)
    if mine and mine.state == AssignmentState.LEASED:
        return mine
    if mine:
        raise Conflict("You have already decided this item.")
    held = next((one for one in taken if one.state == AssignmentState.LEASED), None)
    if len(taken) >= locked.required and held:
        raise Conflict(f"{held.reviewer.name} is reading this item.")
    return lease(locked, reviewer, actor)


def claim_next(*, queue: Queue, reviewer: User, actor: Actor) -> Assignment | None:
    """Lease a free item that the reviewer has not given back; None when there is none.

    First what was assigned to the reviewer, then the most urgent one, or an audit item when it is that stream's turn.
    Items that somebody else is writing are passed over; only when nothing else is left does it wait for those.
    """
    return _claim_next(queue, reviewer, actor, skip_locked=True) or _claim_next(
        queue, reviewer, actor, skip_locked=False
    )


@transaction.atomic
def _claim_next(queue: Queue, reviewer: User, actor: Actor, *, skip_locked: bool) -> Assignment | None:
    free = _free_for(queue, reviewer, skip_locked=skip_locked)
    anybodys = free.filter(assignee=None)
    audits = anybodys.filter(stream=Stream.AUDIT).order_by("created_at", "id") if _is_audits_turn(queue) else None
    for items in (free.filter(assignee=reviewer).order_by("-priority", "id"), audits, anybodys):
        if items is not None and (assignment := _lease_first(items, reviewer, actor)):
            return assignment
    return None


def _lease_first(items: QuerySet[ReviewItem], reviewer: User, actor: Actor) -> Assignment | None:
    taken: list[int] = []
    while item := items.exclude(pk__in=taken).first():
        # The row lock says nothing of a claim that committed between this statement's snapshot and the lock.
        here = list(Assignment.objects.taken().filter(item=item).values_list("reviewer_id", flat=True))
        if len(here) >= item.required or reviewer.pk in here:
            taken.append(item.pk)
            continue
        return lease(item, reviewer, actor)
    return None


def _free_for(queue: Queue, reviewer: User, *, skip_locked: bool) -> QuerySet[ReviewItem]:
    """What a reviewer can be given, most urgent first; each row is locked when it is read."""
    of_item = Assignment.objects.filter(item=OuterRef("pk"))
    given_back = of_item.filter(reviewer=reviewer, state=AssignmentState.RELEASED)
    taken = Assignment.objects.taken().filter(item=OuterRef("pk"))
    return (
        ReviewItem.objects.select_for_update(skip_locked=skip_locked)
        .filter(has_free_slot(), ~Exists(taken.filter(reviewer=reviewer)), ~Exists(given_back), is_awake())
        .filter(queue=queue, state=ItemState.OPEN)
        .order_by("-priority", "id")
    )


def _is_audits_turn(queue: Queue) -> bool:
    """Whether the next item served should be of the audit sample, so that each `WINDOW` in a row hold its share.

    Now and then one comes before its time: otherwise a reviewer could count to the next.
    """
    if not queue.audit_share:
        return False
    readers = Assignment.objects.filter(item__queue=queue, role=Role.READER).order_by("-pk")
    served = list(readers.values_list("item__stream", flat=True)[: WINDOW - 1])
    # As if the claims before the first had been a fair share.
    audits = served.count(Stream.AUDIT) + queue.audit_share * (WINDOW - 1 - len(served))
    return audits < queue.audit_share * WINDOW or random.random() < queue.audit_share / 2


def has_free_slot() -> Q:
    """Of an item that waits for readers: nobody reads or has decided slot 1, or slot 2 where two are required."""
    # True of both slots. Without it PostgreSQL hashes every claim that ever ended in a verdict to find one free item.
    of_slot = Assignment.objects.taken().filter(item=OuterRef("pk"), slot__lte=OuterRef("required"))
    return ~Exists(of_slot.filter(slot=1)) | (Q(required=2) & ~Exists(of_slot.filter(slot=2)))


def lease(item: ReviewItem, reviewer: User, actor: Actor, *, role: Role = Role.READER) -> Assignment:
    """For callers that hold the item's row lock. The unique constraints are the last defence."""
    for stale in Assignment.objects.run_out().filter(item=item):
        _expire(stale)
    now = clock.now()
    try:
        with transaction.atomic():
            assignment = Assignment.objects.create(
                item=item,
                slot=ADJUDICATOR_SLOT if role == Role.ADJUDICATOR else _free_slot(item),
                role=role,
                reviewer=reviewer,
                claimed_at=now,
                lease_until=_lease_until(now),
            )
    except IntegrityError as error:
        raise Conflict("Somebody else has just claimed this item.") from error
    audit.record(ItemClaimed(**about(item), assignment_id=assignment.pk), actor)
    return assignment


def _free_slot(item: ReviewItem) -> int:
    taken = set(Assignment.objects.taken().filter(item=item).values_list("slot", flat=True))
    return next((slot for slot in range(1, item.required + 1) if slot not in taken), 1)


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

"""Which verdict decides an item: the only reader's, the first of two that agree, or an adjudicator's between two."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from oversight.accounts.models import User
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.audit.events import Event
from oversight.lib import clock
from oversight.lib.errors import Conflict
from oversight.review import draws
from oversight.review.events import ItemDisputed, SecondReaderAsked, VerdictClosed, VerdictSettled
from oversight.review.models import (
    Assignment,
    AssignmentState,
    ItemState,
    Queue,
    ReviewItem,
    Role,
    Verdict,
    VerdictState,
)
from oversight.review.services.about import about
from oversight.review.services.leases import lease
from oversight.review.services.places import blind_place

SEVERITY_GAP = 1


def after_commit(verdict: Verdict, item: ReviewItem, actor: Actor) -> None:
    """Decide what a new verdict means for its item. For callers that hold the item's row lock."""
    resolve(item)


def after_undo(verdict: Verdict, item: ReviewItem, actor: Actor) -> None:
    """Decide what remains without a verdict that was taken back. For callers that hold the item's row lock."""
    resolve(item)


def resolve(item: ReviewItem) -> None:
    """Make the item's state, and which verdict holds, what the verdicts given now say. For holders of its row lock.

    Safe to call again: after a commit, an undo and a reopening alike.
    """
    given = list(item.verdicts.given().select_related("assignment").order_by("committed_at", "pk"))
    readers = [one for one in given if one.assignment.role == Role.READER]
    holder = next((one for one in given if one.assignment.role == Role.ADJUDICATOR), None) or _holder(item, readers)
    # First nobody's holds, then one's: at no moment two, as a constraint says.
    others = item.verdicts.exclude(pk=holder.pk) if holder else item.verdicts
    others.filter(holds=True).update(holds=False)
    if holder:
        item.verdicts.filter(pk=holder.pk).update(holds=True)
        _move(item, ItemState.DECIDED)
    else:
        _move(item, ItemState.OPEN if len(readers) < item.required else ItemState.DISPUTED)


def _holder(item: ReviewItem, readers: Sequence[Verdict]) -> Verdict | None:
    if len(readers) < item.required:
        return None
    if item.required == 1:
        return readers[-1]
    return readers[0] if agrees(readers[0], readers[1]) and not is_drawn(item) else None


def _move(item: ReviewItem, state: ItemState) -> None:
    decided_at = clock.now() if state == ItemState.DECIDED else None
    ReviewItem.objects.filter(pk=item.pk).exclude(state=state).update(state=state, decided_at=decided_at)
    item.refresh_from_db(fields=["state", "decided_at"])


def closed(verdict: Verdict, item: ReviewItem) -> Event:
    """What is to be said once this verdict's undo window has closed. For callers that hold the item's row lock.

    The decision leaves the house when nobody can undo a part of it any more, whoever's window closes last.
    """
    given = list(item.verdicts.given().select_related("assignment").order_by("committed_at", "pk"))
    holder = next((one for one in given if one.holds), None)
    if any(one.state == VerdictState.PENDING for one in given) or (holder is None and item.state != ItemState.DISPUTED):
        return VerdictClosed(**about(item), verdict_id=verdict.pk)
    if holder is None:
        return ItemDisputed(**about(item), agreeing=agrees(*given[:2]))
    return VerdictSettled(**about(item), verdict_id=holder.pk, label=holder.label, severity=holder.severity)


def agrees(one: Verdict, other: Verdict) -> bool:
    """Same label, and severities at most 1 apart; a severity that was not said disagrees with none.

    Spans do not decide: where a stretch begins is taste, and their overlap is shown to the adjudicator instead.
    """
    gap = abs(one.severity - other.severity) if one.severity and other.severity else 0
    return one.label == other.label and gap <= SEVERITY_GAP


def is_drawn(item: ReviewItem) -> bool:
    """Whether this item goes to an adjudicator even if its readers agree: agreement is not correctness."""
    share = Queue.objects.values_list("agreeing_share", flat=True).get(pk=item.queue_id)
    return draws.is_drawn(share, "agreeing", item.queue_id, item.policy_version, item.transcript_id)


def required_readers(queue: Queue, transcript_id: UUID) -> int:
    """How many people a new item of this queue is read by, by a draw that can be repeated."""
    return 2 if draws.is_drawn(queue.second_share, "second", queue.pk, queue.policy_version, transcript_id) else 1


@transaction.atomic
def ask_second(*, item: ReviewItem, actor: Actor) -> ReviewItem:
    """Have a second person read an open item, blind. Conflict: it is decided.

    Where two read it already nothing happens and nothing is said: whoever asks may be the second of them.
    """
    locked = ReviewItem.objects.select_for_update().get(pk=item.pk)
    if locked.state != ItemState.OPEN:
        raise Conflict("Only an open item can get a second reader.")
    if locked.required > 1:
        return locked
    locked.required, locked.place = 2, blind_place(locked.queue, locked.transcript_id)
    locked.save(update_fields=["required", "place"])
    audit.record(SecondReaderAsked(**about(locked)), actor)
    return locked


@transaction.atomic
def claim_dispute(*, item: ReviewItem, adjudicator: User, actor: Actor) -> Assignment:
    """Lease the adjudicator's slot. Conflict: no dispute, one's own judgement is part of it, or held by another."""
    locked = ReviewItem.objects.select_for_update().get(pk=item.pk)
    if locked.state != ItemState.DISPUTED:
        raise Conflict("This item is not disputed, or no longer.")
    taken = Assignment.objects.taken().filter(item=locked, role=Role.ADJUDICATOR)
    held = taken.select_related("reviewer").first()
    if held and held.reviewer_id == adjudicator.pk:
        return held
    if held:
        raise Conflict(f"{held.reviewer.name} is adjudicating this item.")
    if is_party(locked, adjudicator):
        raise Conflict("You have read this item, so somebody else has to adjudicate it.")
    if locked.verdicts.filter(state=VerdictState.PENDING).exists():
        raise Conflict("A reader can still undo. Try again in a few seconds.")
    return lease(locked, adjudicator, actor, role=Role.ADJUDICATOR)


def is_party(item: ReviewItem, user: User) -> bool:
    """Whether this person's own judgement is, or was, one of those on the item."""
    judged = [AssignmentState.DONE, AssignmentState.UNDONE, AssignmentState.REOPENED]
    return item.assignments.filter(reviewer=user, role=Role.READER, state__in=judged).exists()

"""The verbs of the review loop: queue, claim, renew, release, decide, undo, settle, expire."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from oversight.accounts.models import User
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib import clock
from oversight.lib.errors import Conflict, Invalid
from oversight.review import selectors
from oversight.review.events import (
    ItemClaimed,
    ItemQueued,
    ItemRaised,
    ItemReleased,
    VerdictCommitted,
    VerdictSettled,
    VerdictUndone,
)
from oversight.review.models import (
    Assignment,
    AssignmentState,
    ItemState,
    Queue,
    ReviewItem,
    Verdict,
    VerdictLabel,
    VerdictState,
)
from oversight.transcripts.events import TranscriptsListed
from oversight.transcripts.models import Transcript

DEFAULT_QUEUE = "Flagged"
BATCH = 500
GRADED = frozenset({VerdictLabel.SUSPICIOUS, VerdictLabel.CONFIRMED})
LEASE_LOST = "Your claim has run out or was already used. Reclaim the item to go on; your note is kept."


@transaction.atomic
def queue_flagged(*, transcript_id: UUID, score: float, actor: Actor) -> ReviewItem:
    """Put a flagged transcript in its project's queue, or raise it there.

    A decided item stays decided: a higher flag is recorded (ItemRaised) and shown, and people choose to look again.
    """
    transcript = Transcript.objects.only("pk", "project_id").get(pk=transcript_id)
    queue, _ = Queue.objects.get_or_create(project_id=transcript.project_id, name=DEFAULT_QUEUE)
    item, created = ReviewItem.objects.get_or_create(
        queue=queue,
        transcript=transcript,
        defaults={"project_id": transcript.project_id, "priority": score, "created_at": clock.now()},
    )
    if created:
        audit.record(ItemQueued(**_about(item), queue_id=queue.pk, priority=repr(score)), actor)
    elif ReviewItem.objects.filter(pk=item.pk, priority__lt=score).update(priority=score) == 1:
        audit.record(ItemRaised(**_about(item), before=repr(item.priority), after=repr(score)), actor)
        item.priority = score
    return item


def list_snippets(*, items: Sequence[ReviewItem], project_id: int, actor: Actor) -> None:
    """Record that snippets of these items' transcripts are about to be shown; no record, no page."""
    if items:
        ids = [str(item.transcript_id) for item in items]
        audit.record_alone(
            TranscriptsListed(object_id="review:queue", project_id=project_id, transcript_ids=ids), actor
        )


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
    return _lease(locked, reviewer, actor)


@transaction.atomic
def claim_next(*, queue: Queue, reviewer: User, actor: Actor) -> Assignment | None:
    """Lease the most urgent free item that the reviewer has not given back; None when there is none."""
    taken: list[int] = []
    while item := _lock_most_urgent(queue, reviewer, except_for=taken):
        # The row lock says nothing of a claim that committed between this statement's snapshot and the lock.
        if Assignment.objects.live().filter(item=item).exists():
            taken.append(item.pk)
            continue
        return _lease(item, reviewer, actor)
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


def _lease(item: ReviewItem, reviewer: User, actor: Actor) -> Assignment:
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
    audit.record(ItemClaimed(**_about(item), assignment_id=assignment.pk), actor)
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
    audit.record(ItemReleased(**_about(item), assignment_id=assignment.pk, expired=False), actor)


@transaction.atomic
def commit_verdict(*, assignment: Assignment, label: str, severity: int | None, note: str, actor: Actor) -> Verdict:
    """Close a live lease with a verdict that can be undone for `UNDO_S` seconds.

    The same content again returns the same verdict. Conflict: the lease ran out, or was used for something else.
    """
    _check_verdict(label=label, severity=severity, note=note)
    # The item first, as every claim does: two orders of locking would deadlock.
    item = ReviewItem.objects.select_for_update().get(pk=assignment.item_id)
    now = clock.now()
    if Assignment.objects.live().filter(pk=assignment.pk).update(state=AssignmentState.DONE) != 1:
        return _same_verdict(assignment, label=label, severity=severity, note=note)
    decided = ReviewItem.objects.filter(pk=item.pk, state=ItemState.OPEN)
    if decided.update(state=ItemState.DECIDED, decided_at=now) != 1:
        raise Conflict("This item is already decided.")
    verdict = Verdict.objects.create(
        assignment=assignment,
        item=item,
        label=label,
        severity=severity,
        note=note,
        blinded=not selectors.was_shown(reviewer_id=assignment.reviewer_id, transcript_id=item.transcript_id),
        committed_at=now,
        settles_at=now + timedelta(seconds=settings.UNDO_S),
    )
    event = VerdictCommitted(
        **_about(item),
        verdict_id=verdict.pk,
        assignment_id=assignment.pk,
        label=label,
        severity=severity,
        blinded=verdict.blinded,
    )
    audit.record(event, actor)
    return verdict


def _check_verdict(*, label: str, severity: int | None, note: str) -> None:
    if label not in VerdictLabel.values:
        raise Invalid(f"{label!r} is not a verdict.")
    if severity is not None and label not in GRADED:
        raise Invalid("Severity belongs to suspicious and confirmed items only.")
    if severity is not None and not 1 <= severity <= 4:
        raise Invalid("Severity goes from 1 to 4.")
    if label == VerdictLabel.CONFIRMED and not note.strip():
        raise Invalid("A confirmed concern needs a note that says what you saw.")


def _same_verdict(assignment: Assignment, *, label: str, severity: int | None, note: str) -> Verdict:
    """For a repeated POST: the verdict that stands, when it says the same."""
    same = Verdict.objects.standing().filter(assignment=assignment, label=label, severity=severity, note=note).first()
    if same is None:
        raise Conflict(LEASE_LOST)
    return same


@transaction.atomic
def undo_verdict(*, verdict: Verdict, actor: Actor) -> Assignment:
    """Take a verdict back inside its window and lease the item to the same reviewer again."""
    item = ReviewItem.objects.select_for_update().get(pk=verdict.item_id)
    now = clock.now()
    undoable = Verdict.objects.filter(pk=verdict.pk, state=VerdictState.PENDING, settles_at__gt=now)
    if undoable.update(state=VerdictState.UNDONE) != 1:
        raise Conflict("The time to undo is over: the verdict is settled.")
    Assignment.objects.filter(pk=verdict.assignment_id).update(state=AssignmentState.UNDONE)
    ReviewItem.objects.filter(pk=item.pk).update(state=ItemState.OPEN, decided_at=None)
    audit.record(VerdictUndone(**_about(item), verdict_id=verdict.pk), actor)
    return _lease(item, verdict.assignment.reviewer, actor)


@transaction.atomic
def settle_verdict(*, verdict: Verdict, actor: Actor) -> bool:
    """Make a verdict count once its window has closed; False when it was undone or settled meanwhile."""
    due = Verdict.objects.filter(pk=verdict.pk, state=VerdictState.PENDING, settles_at__lte=clock.now())
    if due.update(state=VerdictState.SETTLED) != 1:
        return False
    event = VerdictSettled(
        **_about(verdict.item), verdict_id=verdict.pk, label=verdict.label, severity=verdict.severity
    )
    audit.record(event, actor)
    return True


def settle_due(*, actor: Actor) -> int:
    """Settle every verdict whose window has closed, each in its own transaction; returns their number."""
    due = Verdict.objects.filter(state=VerdictState.PENDING, settles_at__lte=clock.now()).select_related("item")
    return sum(settle_verdict(verdict=verdict, actor=actor) for verdict in due.order_by("settles_at")[:BATCH])


def expire_due(*, actor: Actor) -> int:
    """Give back every item whose lease ran out; returns their number."""
    return sum(_expire(assignment, actor) for assignment in Assignment.objects.run_out()[:BATCH])


@transaction.atomic
def _expire(assignment: Assignment, actor: Actor | None = None) -> bool:
    if Assignment.objects.run_out().filter(pk=assignment.pk).update(state=AssignmentState.EXPIRED) != 1:
        return False
    item = ReviewItem.objects.get(pk=assignment.item_id)
    event = ItemReleased(**_about(item), assignment_id=assignment.pk, expired=True)
    audit.record(event, actor or Actor.system("review"))
    return True


def _lease_until(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.REVIEW_LEASE_S)


class About(TypedDict):
    """What every event of an item says."""

    object_id: str
    project_id: int
    transcript_id: str


def _about(item: ReviewItem) -> About:
    return {"object_id": str(item.pk), "project_id": item.project_id, "transcript_id": str(item.transcript_id)}

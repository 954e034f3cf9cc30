"""What becomes of a verdict: commit, undo, settle."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction

from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib import clock
from oversight.lib.errors import Conflict, Invalid
from oversight.review import selectors
from oversight.review.events import VerdictCommitted, VerdictSettled, VerdictUndone
from oversight.review.models import (
    Assignment,
    AssignmentState,
    ItemState,
    ReviewItem,
    Verdict,
    VerdictLabel,
    VerdictState,
)
from oversight.review.services.about import about
from oversight.review.services.leases import LEASE_LOST, lease

BATCH = 500
GRADED = frozenset({VerdictLabel.SUSPICIOUS, VerdictLabel.CONFIRMED})


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
        stream=item.stream,
        blinded=not selectors.was_shown(reviewer_id=assignment.reviewer_id, transcript_id=item.transcript_id),
        committed_at=now,
        settles_at=now + timedelta(seconds=settings.UNDO_S),
    )
    event = VerdictCommitted(
        **about(item),
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
    audit.record(VerdictUndone(**about(item), verdict_id=verdict.pk), actor)
    return lease(item, verdict.assignment.reviewer, actor)


@transaction.atomic
def settle_verdict(*, verdict: Verdict, actor: Actor) -> bool:
    """Make a verdict count once its window has closed; False when it was undone or settled meanwhile."""
    due = Verdict.objects.filter(pk=verdict.pk, state=VerdictState.PENDING, settles_at__lte=clock.now())
    if due.update(state=VerdictState.SETTLED) != 1:
        return False
    event = VerdictSettled(**about(verdict.item), verdict_id=verdict.pk, label=verdict.label, severity=verdict.severity)
    audit.record(event, actor)
    return True


def settle_due(*, actor: Actor) -> int:
    """Settle every verdict whose window has closed, each in its own transaction; returns their number."""
    due = Verdict.objects.filter(state=VerdictState.PENDING, settles_at__lte=clock.now()).select_related("item")
    return sum(settle_verdict(verdict=verdict, actor=actor) for verdict in due.order_by("settles_at")[:BATCH])

"""What becomes of a verdict: commit, undo, settle."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib import clock
from oversight.lib.errors import Conflict, Invalid
from oversight.review import selectors
from oversight.review.content import Content, SpanContent
from oversight.review.events import VerdictCommitted, VerdictReopened, VerdictUndone
from oversight.review.models import (
    Assignment,
    AssignmentState,
    Confidence,
    ItemState,
    LabelSetVersion,
    ReviewItem,
    Role,
    Span,
    Verdict,
    VerdictLabel,
    VerdictState,
)
from oversight.review.services import adjudication, drafts
from oversight.review.services.about import about
from oversight.review.services.label_sets import version_of
from oversight.review.services.leases import LEASE_LOST, lease
from oversight.review.services.spans import check_spans

BATCH, WHY_CHARS = 500, 300
GRADED = frozenset({VerdictLabel.SUSPICIOUS, VerdictLabel.CONFIRMED})
ALREADY_DECIDED = "This item is already decided."


@transaction.atomic
def commit_verdict(*, assignment: Assignment, content: Content, actor: Actor, revision: int | None = None) -> Verdict:
    """Close a live lease with a verdict that can be undone for `UNDO_S` seconds.

    The same content again returns the same verdict. Conflict: the lease ran out, or was used for something else.
    StaleDraft: a later `revision` of the draft says something else.
    """
    # The item first, as every claim does: two orders of locking would deadlock.
    item = ReviewItem.objects.select_for_update(of=("self",)).select_related("queue").get(pk=assignment.item_id)
    version = version_of(item.queue, content.guidelines)
    _check_verdict(content)
    _check_words(content, version)
    check_spans(content.spans, transcript_id=item.transcript_id)
    if Assignment.objects.live().filter(pk=assignment.pk).update(state=AssignmentState.DONE) != 1:
        return _same_verdict(assignment, content)
    if item.state != (ItemState.DISPUTED if assignment.role == Role.ADJUDICATOR else ItemState.OPEN):
        raise Conflict(ALREADY_DECIDED)
    drafts.check_revision(item=item, reviewer=assignment.reviewer, content=content, revision=revision)
    verdict = _create(assignment, item, content, version, clock.now())
    audit.record(_committed(verdict, item, len(content.spans)), actor)
    drafts.clear_draft(item=item, reviewer=assignment.reviewer)
    adjudication.after_commit(verdict, item, actor)
    verdict.refresh_from_db()
    return verdict


def _create(
    assignment: Assignment, item: ReviewItem, content: Content, version: LabelSetVersion, now: datetime
) -> Verdict:
    """The verdict with its spans. It holds when adjudication says so, not before."""
    verdict = Verdict.objects.create(
        assignment=assignment,
        item=item,
        label=content.label,
        severity=content.severity,
        category=content.category,
        confidence=content.confidence,
        note=content.note,
        label_set_version=version,
        stream=item.stream,
        holds=False,
        blinded=not selectors.was_shown(reviewer_id=assignment.reviewer_id, transcript_id=item.transcript_id),
        committed_at=now,
        settles_at=now + timedelta(seconds=settings.UNDO_S),
    )
    Span.objects.bulk_create(
        Span(verdict=verdict, label=s.label, part=s.part, start=s.start, end=s.end, quote=s.quote, note=s.note)
        for s in content.spans
    )
    return verdict


def _committed(verdict: Verdict, item: ReviewItem, n_spans: int) -> VerdictCommitted:
    return VerdictCommitted(
        **about(item),
        verdict_id=verdict.pk,
        assignment_id=verdict.assignment_id,
        label=verdict.label,
        severity=verdict.severity,
        category=verdict.category,
        confidence=verdict.confidence,
        n_spans=n_spans,
        label_set_version_id=verdict.label_set_version_id,
        blinded=verdict.blinded,
    )


def _check_verdict(content: Content) -> None:
    if content.label not in VerdictLabel.values:
        raise Invalid("Choose a verdict: keys 1 to 4.")
    if content.severity is not None and content.label not in GRADED:
        raise Invalid("Severity belongs to suspicious and confirmed items only.")
    if content.severity is not None and not 1 <= content.severity <= 4:
        raise Invalid("Severity goes from 1 to 4.")
    if content.category and content.label not in GRADED:
        raise Invalid("A category belongs to suspicious and confirmed items only.")
    if content.confidence and content.confidence not in Confidence.values:
        raise Invalid("Confidence is low, medium or high.")
    if content.label == VerdictLabel.CONFIRMED and not content.note.strip():
        raise Invalid("A confirmed concern needs a note that says what you saw.")


def _check_words(content: Content, version: LabelSetVersion) -> None:
    """Category and labels are words of the label set's version."""
    if content.category and content.category not in version.categories:
        raise Invalid(f"The category is not one of {version.label_set.name}, {version}. Choose another.")
    names = {label["name"] for label in version.labels}
    for number, span in enumerate(content.spans, 1):
        if span.label not in names:
            raise Invalid(f"The label of span {number} is not one of {version.label_set.name}, {version}.")


def _same_verdict(assignment: Assignment, content: Content) -> Verdict:
    """For a repeated POST: the verdict that was given, when it says the same."""
    given = Verdict.objects.given().filter(assignment=assignment).first()
    if given is None or not _says(given, content):
        raise Conflict(LEASE_LOST)
    return given


def _says(verdict: Verdict, content: Content) -> bool:
    said = said_in(verdict)
    fields = ("label", "severity", "category", "confidence", "note")
    return all(getattr(said, name) == getattr(content, name) for name in fields) and set(said.spans) == set(
        content.spans
    )


def said_in(verdict: Verdict) -> Content:
    """A verdict as its reviewer entered it. One query."""
    spans = verdict.spans.order_by("pk")
    return Content(
        label=verdict.label,
        severity=verdict.severity,
        category=verdict.category,
        confidence=verdict.confidence,
        note=verdict.note,
        spans=tuple(SpanContent(s.label, s.part, s.start, s.end, s.quote, s.note) for s in spans),
    )


@transaction.atomic
def undo_verdict(*, verdict: Verdict, actor: Actor) -> Assignment:
    """Take a verdict back inside its window and lease the item to the same reviewer again."""
    item = ReviewItem.objects.select_for_update().get(pk=verdict.item_id)
    now = clock.now()
    undoable = Verdict.objects.filter(pk=verdict.pk, state=VerdictState.PENDING, settles_at__gt=now)
    if undoable.update(state=VerdictState.UNDONE) != 1:
        raise Conflict("The time to undo is over: the verdict is settled.")
    Assignment.objects.filter(pk=verdict.assignment_id).update(state=AssignmentState.UNDONE)
    adjudication.after_undo(verdict, item, actor)
    audit.record(VerdictUndone(**about(item), verdict_id=verdict.pk), actor)
    drafts.restore_draft(item=item, reviewer=verdict.assignment.reviewer, content=said_in(verdict))
    return lease(item, verdict.assignment.reviewer, actor, role=Role(verdict.assignment.role))


@transaction.atomic
def reopen_verdict(*, verdict: Verdict, why: str, actor: Actor) -> None:
    """Open a decided item again. Its verdicts stay in the history; their authors find theirs as a draft.

    Conflict: the verdict can still be undone, or does not decide its item.
    """
    if not why.strip():
        raise Invalid("Say why the item is opened again: the reason stays in its history.")
    item = ReviewItem.objects.select_for_update().get(pk=verdict.item_id)
    if not Verdict.objects.standing().filter(pk=verdict.pk, state=VerdictState.SETTLED).exists():
        raise Conflict("Only the settled verdict that decides an item can be opened again.")
    given = list(item.verdicts.given().select_related("assignment__reviewer"))
    for one in given:
        drafts.restore_draft(item=item, reviewer=one.assignment.reviewer, content=said_in(one))
    Verdict.objects.filter(pk__in=[one.pk for one in given]).update(state=VerdictState.REOPENED, holds=False)
    Assignment.objects.filter(verdict__in=given).update(state=AssignmentState.REOPENED)
    adjudication.resolve(item)
    audit.record(VerdictReopened(**about(item), verdict_id=verdict.pk, why=why.strip()[:WHY_CHARS]), actor)


@transaction.atomic
def settle_verdict(*, verdict: Verdict, actor: Actor) -> bool:
    """Make a verdict count once its window has closed; False when it was undone or settled meanwhile."""
    # Of two readers' verdicts that settle at once, one has to see that it is the last.
    item = ReviewItem.objects.select_for_update().get(pk=verdict.item_id)
    due = Verdict.objects.filter(pk=verdict.pk, state=VerdictState.PENDING, settles_at__lte=clock.now())
    if due.update(state=VerdictState.SETTLED) != 1:
        return False
    audit.record(adjudication.closed(verdict, item), actor)
    return True


def settle_due(*, actor: Actor) -> int:
    """Settle every verdict whose window has closed, each in its own transaction; returns their number."""
    due = Verdict.objects.filter(state=VerdictState.PENDING, settles_at__lte=clock.now()).select_related("item")
    return sum(settle_verdict(verdict=verdict, actor=actor) for verdict in due.order_by("settles_at")[:BATCH])

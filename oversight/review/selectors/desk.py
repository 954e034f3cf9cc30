"""What the verdict pane shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from oversight.accounts.models import User
from oversight.audit import selectors as feed
from oversight.audit.models import LedgerEvent
from oversight.lib import clock
from oversight.review.models import (
    Assignment,
    Confidence,
    ItemState,
    ReviewItem,
    Verdict,
    VerdictLabel,
    VerdictState,
)
from oversight.review.selectors.blindness import hides_earlier, hides_scores
from oversight.review.selectors.claims import FREE, Claim, claims_of
from oversight.review.selectors.drafts import (
    Difference,
    DraftView,
    SpanView,
    Words,
    beside,
    draft_view,
    span_views,
    words_of,
)


@dataclass(frozen=True, slots=True)
class Undoable:
    """A verdict of this reviewer that can still be taken back."""

    verdict_id: int
    item_id: int
    label: str
    left_ms: int


@dataclass(frozen=True, slots=True)
class Reopening:
    """That the item was opened again: by whom, why, and what had been decided, once this reader may know."""

    at: datetime
    by: str
    why: str
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Desk:
    """What the verdict pane beside a transcript needs. `item_id` is None when nothing flagged the transcript."""

    transcript_id: UUID
    after: str
    item_id: int | None = None
    score: float = 0.0
    claim: Claim = FREE
    token: UUID | None = None
    lease_left_s: int = 0
    may_undo_until: datetime | None = None
    undoable: tuple[Undoable, ...] = ()
    words: Words | None = None
    draft: DraftView | None = None
    spans: tuple[SpanView, ...] = ()
    reopenings: tuple[Reopening, ...] = ()
    n_chars: int = 0
    active_ms: int = 0
    read_share: float = 0.0

    @property
    def may_reopen(self) -> bool:
        """The settled verdict that decides the item can be opened again."""
        verdict = self.claim.verdict
        return verdict is not None and verdict.holds and verdict.state == VerdictState.SETTLED

    @property
    def beside(self) -> tuple[Difference, ...]:
        """One's own draft beside what somebody else has decided; nothing while there is no such conflict."""
        verdict, draft = self.claim.verdict, self.draft
        return () if verdict is None or draft is None or draft.is_empty else beside(draft, verdict, self.spans)

    @property
    def shows_text(self) -> bool:
        """Whether the pane itself quotes the transcript."""
        return bool(self.spans or (self.draft and self.draft.spans))

    @property
    def confidences(self) -> tuple[tuple[str, str], ...]:
        return tuple((one.value, str(one.label)) for one in Confidence)

    @property
    def labels(self) -> tuple[tuple[str, str], ...]:
        return tuple((label.value, str(label.label)) for label in VerdictLabel)


def undoable_of(user: User) -> tuple[Undoable, ...]:
    """The newest verdicts of this reviewer that have not settled. One query."""
    now = clock.now()
    pending = Verdict.objects.filter(assignment__reviewer=user, state=VerdictState.PENDING, settles_at__gt=now)
    return tuple(
        Undoable(verdict.pk, verdict.item_id, verdict.get_label_display(), _ms(verdict.settles_at - now))
        for verdict in pending.order_by("-committed_at")[:3]
    )


def desk(user: User, transcript_id: UUID) -> Desk:
    """The verdict pane of a transcript that the caller has found permitted to this user. At most fifteen queries."""
    after, now = str(feed.head()), clock.now()
    undoable = undoable_of(user)
    items = ReviewItem.objects.filter(transcript_id=transcript_id).select_related("queue__label_set", "transcript")
    item = items.order_by("-priority", "id").first()
    if item is None:
        return Desk(transcript_id, after, undoable=undoable)
    claim = claims_of([item], user)[item.pk]
    mine = claim.assignment if claim.standing == "mine" else None
    words = words_of(item, user)
    effort = Assignment.objects.filter(pk=mine.pk).values_list("active_ms", "read_share").get() if mine else (0, None)
    return Desk(
        transcript_id=transcript_id,
        after=after,
        item_id=item.pk,
        score=item.priority,
        claim=claim,
        token=mine.lease_token if mine else None,
        lease_left_s=_ms(mine.lease_until - now) // 1000 if mine else 0,
        may_undo_until=next((now + timedelta(milliseconds=u.left_ms) for u in undoable if u.item_id == item.pk), None),
        undoable=undoable,
        words=words,
        draft=draft_view(item, user, words),
        spans=span_views(list(claim.verdict.spans.all()), words) if claim.verdict else (),
        reopenings=() if _is_kept_back(item, user) else _reopenings(item, user),
        n_chars=item.transcript.n_chars,
        active_ms=effort[0],
        read_share=effort[1] or 0.0,
    )


def lease_of(assignment: Assignment) -> Desk:
    """What the line about the lease shows. One query."""
    held = Assignment.objects.live().filter(pk=assignment.pk).first() or assignment
    left = _ms(held.lease_until - clock.now()) // 1000
    return Desk(assignment.item.transcript_id, "", token=held.lease_token, lease_left_s=left)


def _is_kept_back(item: ReviewItem, user: User) -> bool:
    """What was decided before would tell a reader who is to decide alone."""
    return item.state != ItemState.DECIDED and hides_scores(user, item.transcript_id)


def _reopenings(item: ReviewItem, user: User) -> tuple[Reopening, ...]:
    """Newest first; what had been decided is left out where it would steer. One query when there is none."""
    events = LedgerEvent.objects.filter(
        action="verdict.reopened", object_type="review_item", object_id=str(item.pk)
    ).select_related("detail_row")
    found = [(event, event.detail_row.detail or {}) for event in events.order_by("-pk")]
    if not found:
        return ()
    ids = [] if hides_earlier(user, item.transcript_id) else [detail.get("verdict_id", 0) for _, detail in found]
    verdicts = Verdict.objects.select_related("assignment__reviewer").in_bulk(ids)
    names = {str(user.pk): user.name for user in User.objects.filter(pk__in=[event.actor_id for event, _ in found])}
    return tuple(
        Reopening(
            event.at,
            names.get(event.actor_id, "a former user"),
            str(detail.get("why", "")),
            verdicts.get(detail.get("verdict_id", 0)),
        )
        for event, detail in found
    )


def was_shown(*, reviewer_id: int, transcript_id: UUID) -> bool:
    """Whether any page with scores of this transcript was sent to the reviewer, as the ledger has it. One query."""
    viewed = Q(action="transcript.viewed", object_type="transcript", object_id=str(transcript_id))
    viewed &= ~Q(detail_row__detail__contains={"scores": False})
    listed = Q(action="transcripts.listed", subjects__contains=[f"transcript:{transcript_id}"])
    shown = LedgerEvent.objects.filter(viewed | listed, actor_kind="user", actor_id=str(reviewer_id), outcome="ok")
    return shown.exists()


def _ms(left: timedelta) -> int:
    return max(0, int(left / timedelta(milliseconds=1)))

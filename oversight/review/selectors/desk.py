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
from oversight.review.models import ReviewItem, Verdict, VerdictLabel, VerdictState
from oversight.review.selectors.claims import FREE, Claim, claims_of


@dataclass(frozen=True, slots=True)
class Undoable:
    """A verdict of this reviewer that can still be taken back."""

    verdict_id: int
    item_id: int
    label: str
    left_ms: int


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

    @property
    def labels(self) -> tuple[tuple[str, str], ...]:
        return tuple((label.value, str(label.label)) for label in VerdictLabel)


def desk(user: User, transcript_id: UUID) -> Desk:
    """The verdict pane of a transcript that the caller has found permitted to this user. Five queries."""
    after, now = str(feed.head()), clock.now()
    undoable = tuple(
        Undoable(verdict.pk, verdict.item_id, verdict.get_label_display(), _ms(verdict.settles_at - now))
        for verdict in Verdict.objects.filter(
            assignment__reviewer=user, state=VerdictState.PENDING, settles_at__gt=now
        ).order_by("-committed_at")[:3]
    )
    item = ReviewItem.objects.filter(transcript_id=transcript_id).order_by("-priority", "id").first()
    if item is None:
        return Desk(transcript_id, after, undoable=undoable)
    claim = claims_of([item], user)[item.pk]
    mine = claim.assignment if claim.standing == "mine" else None
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

"""Who may not see the scores of a transcript yet: the one place that decides it, for every page and answer.

A page that leaves the scores out says so when it records the read: `open_transcript(…, scores=False)`. Otherwise the
verdict that follows would count as given by somebody who had seen them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from oversight.accounts.models import User
from oversight.review.models import ItemState, ReviewItem, Stream, Verdict, VerdictState


def hides_scores(user: User | int, transcript_id: UUID) -> bool:
    """Whether this person must not see what monitors say of a transcript. One query."""
    return read_blind(user).filter(transcript=transcript_id).exists()


def hidden_scores(user: User | int, transcript_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of some transcripts whose scores this person must not see. One query."""
    hidden = read_blind(user).filter(transcript__in=transcript_ids)
    return frozenset(hidden.values_list("transcript_id", flat=True))


def awaits_blind_reader(transcript_id: UUID) -> bool:
    """Whether anybody is still to read this transcript without a score: what machines are told then waits. One query.

    A machine gives no verdict, and nobody knows who reads what it passes on.
    """
    return ReviewItem.objects.filter(is_blind(), transcript=transcript_id).exists()


def hides_earlier(user: User | int, transcript_id: UUID) -> bool:
    """Whether an item was opened again and this person must not be told what had been decided. One query.

    Not before they have decided themselves: an earlier verdict steers the next. Who gave one knows it.
    """
    reopened = Verdict.objects.filter(item=OuterRef("pk"), state=VerdictState.REOPENED)
    told = [VerdictState.PENDING, VerdictState.SETTLED, VerdictState.REOPENED]
    own = Verdict.objects.filter(item=OuterRef("pk"), assignment__reviewer=user, state__in=told)
    undecided = ReviewItem.objects.filter(transcript=transcript_id).exclude(state=ItemState.DECIDED)
    return undecided.filter(Exists(reopened), ~Exists(own)).exists()


def read_blind(user: User | int) -> QuerySet[ReviewItem]:
    """The items that a person reads, or could be asked to read, without a score.

    Whoever may see a transcript may also claim it, so nobody's role is an exemption. One's own verdict ends it.
    """
    return ReviewItem.objects.filter(is_blind()).filter(~Exists(decided_by(user)))


@dataclass(frozen=True, slots=True)
class BlindItem:
    """An item that everybody reads without a score, but for those who have decided it."""

    id: int
    transcript_id: UUID
    decided_by: frozenset[int]

    def hides_from(self, user_id: int) -> bool:
        return user_id not in self.decided_by


def blind_among(which: Q) -> tuple[BlindItem, ...]:
    """The same for any number of people: those of some items that are read blind. One query, and one if there are any.

    Parameters
    ----------
    which : a condition on items.
    """
    items = dict(ReviewItem.objects.filter(is_blind(), which).values_list("pk", "transcript_id"))
    decided: dict[int, set[int]] = defaultdict(set)
    given = Verdict.objects.given().filter(item__in=items).values_list("item_id", "assignment__reviewer_id")
    for item_id, reviewer_id in given if items else ():
        decided[item_id].add(reviewer_id)
    return tuple(BlindItem(pk, transcript_id, frozenset(decided[pk])) for pk, transcript_id in items.items())


def is_blind() -> Q:
    """The condition on an item: its verdicts are wanted from people who have seen no score."""
    awaits_another = Q(state=ItemState.OPEN, required__gt=1)
    drawn = Q(stream=Stream.AUDIT, state__in=[ItemState.OPEN, ItemState.DISPUTED])
    return drawn | awaits_another | Q(state=ItemState.DISPUTED)


def decided_by(user: User | int) -> QuerySet[Verdict]:
    """This person's verdict on the item of the query around it, unless it was taken back."""
    return Verdict.objects.given().filter(item=OuterRef("pk"), assignment__reviewer=user)


def blind_items(user: User, items: Collection[ReviewItem]) -> frozenset[int]:
    """Those of some items that this person reads, or would read, without a score. One query where any could be."""
    # Of most pages none: then there is nothing to ask.
    could = [item.pk for item in items if item.stream == Stream.AUDIT or item.required > 1 or item.state == "disputed"]
    return frozenset(read_blind(user).filter(pk__in=could).values_list("pk", flat=True)) if could else frozenset()

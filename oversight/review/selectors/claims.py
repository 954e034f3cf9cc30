"""Who reads or has decided an item."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.db.models import Exists, OuterRef

from oversight.accounts.models import User
from oversight.review.models import Assignment, AssignmentState, ItemState, ReviewItem, Verdict

_TAKEN = ("item__required", "item__state", "state", "slot", "lease_token", "lease_until", "reviewer__name")
_VERDICT = (
    *("item", "label", "severity", "category", "confidence", "note", "state", "committed_at", "settles_at", "holds"),
    "assignment__reviewer__name",
)
Standing = Literal["free", "mine", "held", "disputed", "decided"]


@dataclass(frozen=True, slots=True)
class Claim:
    """Whether an item is free, who reads it, or how it was decided, as far as this reader may know.

    Of an item that two people read apart, either sees only what is their own: nothing tells that there is another.
    """

    standing: Standing = "free"
    name: str = ""
    assignment: Assignment | None = None
    verdict: Verdict | None = None


FREE = Claim()


@dataclass(frozen=True, slots=True)
class Taken:
    """Who has an item, and what was said of it: the same for everybody, before it is asked who may know."""

    assignments: tuple[Assignment, ...]
    verdicts: tuple[Verdict, ...]

    def claim(self, user: User) -> Claim:
        return _claim(self.assignments, self.verdicts, user)

    def is_decided_by(self, user_id: int) -> bool:
        return any(verdict.assignment.reviewer_id == user_id for verdict in self.verdicts)


def claims_of(items: Sequence[ReviewItem], user: User) -> dict[int, Claim]:
    """Who reads or has decided each item, for the eyes of this user. Two queries, one where nobody has decided."""
    return {pk: taken.claim(user) for pk, taken in taken_of(items).items()}


def taken_of(items: Sequence[ReviewItem]) -> dict[int, Taken]:
    """Who has each item. Two queries, one where nobody has decided."""
    ids = [item.pk for item in items]
    taken: dict[int, list[Assignment]] = defaultdict(list)
    given: dict[int, list[Verdict]] = defaultdict(list)
    rows = Assignment.objects.taken().filter(item__in=ids).select_related("reviewer", "item").only(*_TAKEN)
    for one in rows.order_by("slot"):
        taken[one.item_id].append(one)
    decided = [pk for pk, of in taken.items() if any(one.state == AssignmentState.DONE for one in of)]
    if not decided:
        return {pk: Taken(tuple(taken[pk]), ()) for pk in ids}
    verdicts = Verdict.objects.given().filter(item__in=decided).select_related("assignment__reviewer").only(*_VERDICT)
    for verdict in verdicts.order_by("pk"):
        given[verdict.item_id].append(verdict)
    return {pk: Taken(tuple(taken[pk]), tuple(given[pk])) for pk in ids}


def _claim(taken: Sequence[Assignment], given: Sequence[Verdict], user: User) -> Claim:
    live = [one for one in taken if one.state == AssignmentState.LEASED]
    item = next((one.item for one in taken), None)
    if mine := next((one for one in live if one.reviewer_id == user.pk), None):
        return Claim("mine", mine.reviewer.name, assignment=mine)
    own = next((one for one in given if one.assignment.reviewer_id == user.pk), None)
    if said := next((one for one in given if one.holds), None) or own:
        return Claim("decided", said.assignment.reviewer.name, verdict=said)
    if item is None:
        return FREE
    if item.state == ItemState.DISPUTED:
        return Claim("disputed", live[0].reviewer.name if live else "")
    if live and len(taken) >= item.required:
        return Claim("held", live[-1].reviewer.name, assignment=live[-1])
    return FREE


def held_by(user: User) -> Exists:
    return Exists(Assignment.objects.live().filter(item=OuterRef("pk"), reviewer=user))

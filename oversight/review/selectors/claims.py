"""Who reads or has decided an item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.db.models import Exists, OuterRef

from oversight.accounts.models import User
from oversight.review.models import Assignment, ReviewItem, Verdict

_LEASE = ("item", "lease_token", "lease_until", "reviewer__name")
_VERDICT = (
    *("item", "label", "severity", "note", "state", "committed_at", "settles_at"),
    "assignment__reviewer__name",
)
Standing = Literal["free", "mine", "held", "decided"]


@dataclass(frozen=True, slots=True)
class Claim:
    """Whether an item is free, who reads it, or how it was decided."""

    standing: Standing = "free"
    name: str = ""
    assignment: Assignment | None = None
    verdict: Verdict | None = None


FREE = Claim()


def claims_of(items: Sequence[ReviewItem], user: User) -> dict[int, Claim]:
    """Who reads or has decided each item. Two queries."""
    ids = [item.pk for item in items]
    claims = dict.fromkeys(ids, FREE)
    leases = Assignment.objects.live().filter(item__in=ids).select_related("reviewer").only(*_LEASE)
    for held in leases:
        standing: Standing = "mine" if held.reviewer_id == user.pk else "held"
        claims[held.item_id] = Claim(standing, held.reviewer.name, assignment=held)
    verdicts = Verdict.objects.standing().filter(item__in=ids).select_related("assignment__reviewer").only(*_VERDICT)
    for verdict in verdicts:
        claims[verdict.item_id] = Claim("decided", verdict.assignment.reviewer.name, verdict=verdict)
    return claims


def held_by(user: User) -> Exists:
    return Exists(Assignment.objects.live().filter(item=OuterRef("pk"), reviewer=user))

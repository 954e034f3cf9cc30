"""The items that wait for an adjudicator, the widest disagreement first."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Exists, F, IntegerField, Max, Min, OuterRef, Q, QuerySet, Value, When

from oversight.accounts.models import User
from oversight.audit import selectors as feed
from oversight.review import draws
from oversight.review.models import (
    Assignment,
    AssignmentState,
    Confidence,
    ItemState,
    ReviewItem,
    Role,
    Verdict,
    VerdictLabel,
    VerdictState,
)

SHOWN = 50
# Where no severity was said: what the label alone says of it.
USUAL = {VerdictLabel.BENIGN: 0, VerdictLabel.UNREVIEWABLE: 1, VerdictLabel.SUSPICIOUS: 2, VerdictLabel.CONFIRMED: 3}
SURENESS = {Confidence.LOW: 1, Confidence.MEDIUM: 2, Confidence.HIGH: 3}


@dataclass(frozen=True, slots=True)
class Row:
    """A dispute in the list: the two judgements without names, in the order of its page's lanes."""

    item: ReviewItem
    lanes: tuple[Verdict, ...]
    gap: int
    since: datetime
    held_by: str
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Disputes:
    """A page of them. `n_own` are those that this user has read, and so leaves to others."""

    after: str
    rows: tuple[Row, ...]
    n: int
    n_own: int
    n_waiting: int
    n_settled: int


def lanes_of(item: ReviewItem, verdicts: list[Verdict]) -> tuple[Verdict, ...]:
    """The readers' verdicts in an order that tells nothing, the same whenever the item is opened."""
    readers = sorted((one for one in verdicts if one.assignment.role == Role.READER), key=lambda one: one.pk)
    return tuple(reversed(readers) if draws.is_drawn(0.5, "lanes", item.pk, item.transcript_id) else readers)


def disputes(project_id: int, user: User) -> Disputes:
    """What this user may adjudicate. Six queries."""
    after = str(feed.head())
    waiting = ReviewItem.objects.filter(project_id=project_id, state=ItemState.DISPUTED)
    found = list(claimable(project_id, user).select_related("transcript__model_run", "queue")[:SHOWN])
    given: dict[int, list[Verdict]] = defaultdict(list)
    for verdict in Verdict.objects.given().filter(item__in=found).select_related("assignment").order_by("pk"):
        given[verdict.item_id].append(verdict)
    held = Assignment.objects.live().filter(item__in=found, role=Role.ADJUDICATOR).select_related("reviewer")
    holders = {one.item_id: one.reviewer for one in held}
    adjudicated = Verdict.objects.standing().filter(item__project_id=project_id, assignment__role=Role.ADJUDICATOR)
    return Disputes(
        after=after,
        rows=tuple(_row(item, given[item.pk], holders.get(item.pk), user) for item in found),
        n=claimable(project_id, user).count(),
        n_own=waiting.filter(Exists(judged_by(user))).count(),
        n_waiting=waiting.filter(Exists(_undoable())).exclude(Exists(judged_by(user))).count(),
        n_settled=adjudicated.count(),
    )


def claimable(project_id: int, user: User) -> QuerySet[ReviewItem]:
    """Disputes that this user is no party to and that no reader can undo; widest gap, then least sure, first."""
    grade = Case(
        When(verdicts__severity__isnull=False, then=F("verdicts__severity")),
        *(When(verdicts__label=label, then=Value(usual)) for label, usual in USUAL.items()),
        output_field=IntegerField(),
    )
    sure = Case(*(When(verdicts__confidence=word, then=Value(n)) for word, n in SURENESS.items()), default=Value(2))
    of_given = Q(verdicts__state__in=[VerdictState.PENDING, VerdictState.SETTLED])
    items = ReviewItem.objects.filter(project_id=project_id, state=ItemState.DISPUTED)
    items = items.exclude(Exists(judged_by(user))).exclude(Exists(_undoable()))
    ranked = items.annotate(
        gap=Max(grade, filter=of_given) - Min(grade, filter=of_given),
        sureness=Min(sure, filter=of_given),
        since=Max("verdicts__committed_at", filter=of_given),
    )
    return ranked.order_by("-gap", "sureness", "pk")


def judged_by(user: User) -> QuerySet[Assignment]:
    judged = [AssignmentState.DONE, AssignmentState.UNDONE, AssignmentState.REOPENED]
    return Assignment.objects.filter(item=OuterRef("pk"), reviewer=user, role=Role.READER, state__in=judged)


def _undoable() -> QuerySet[Verdict]:
    return Verdict.objects.filter(item=OuterRef("pk"), state=VerdictState.PENDING)


def _row(item: ReviewItem, given: list[Verdict], holder: User | None, user: User) -> Row:
    return Row(
        item=item,
        lanes=lanes_of(item, given),
        gap=item.gap,  # type: ignore[attr-defined]  # annotated by `claimable`
        since=item.since,  # type: ignore[attr-defined]
        held_by=holder.name if holder else "",
        is_mine=holder is not None and holder.pk == user.pk,
    )

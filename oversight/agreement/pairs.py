"""Items that two people read apart: the rows behind every figure of agreement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Sum

from oversight.accounts.models import User
from oversight.review.models import (
    Assignment,
    AssignmentState,
    ItemState,
    LabelSetVersion,
    ReviewItem,
    Role,
    Span,
    Verdict,
    VerdictState,
)

MOST = 2000
_OF_TWO = {"state": VerdictState.SETTLED, "assignment__role": Role.READER, "item__required": 2}


@dataclass(frozen=True, slots=True)
class Pair:
    """The two readers' settled verdicts on one item, in the order of their slots."""

    item: ReviewItem
    first: Verdict
    second: Verdict

    @property
    def transcript_id(self) -> UUID:
        return self.item.transcript_id

    @property
    def labels(self) -> tuple[str, str]:
        return self.first.label, self.second.label

    @property
    def severities(self) -> tuple[int | None, int | None]:
        return self.first.severity, self.second.severity

    @property
    def people(self) -> tuple[User, User]:
        return self.first.assignment.reviewer, self.second.assignment.reviewer

    @property
    def spans(self) -> tuple[list[Span], list[Span]]:
        return list(self.first.spans.all()), list(self.second.spans.all())


@dataclass(frozen=True, slots=True)
class Pairs:
    """The newest first. `n_mixed` were read under two versions and count for neither; `is_capped`: more are there."""

    found: tuple[Pair, ...]
    n_mixed: int = 0
    is_capped: bool = False


def pairs_of(version: LabelSetVersion) -> Pairs:
    """What two readers made of each item under one version of a label set. Three queries."""
    settled = Verdict.objects.filter(**_OF_TWO)
    ids = settled.filter(label_set_version=version).order_by("-item_id").values("item_id").distinct()
    rows = (
        settled.filter(item__in=[row["item_id"] for row in ids[: MOST + 1]])
        .select_related("item__transcript", "assignment__reviewer")
        .prefetch_related("spans")
        .order_by("-item_id", "assignment__slot", "pk")
    )
    by_item: dict[int, list[Verdict]] = {}
    for verdict in rows:
        by_item.setdefault(verdict.item_id, []).append(verdict)
    both = [given for given in by_item.values() if len(given) == 2]
    same = [given for given in both if {one.label_set_version_id for one in given} == {version.pk}]
    return Pairs(
        found=tuple(Pair(given[0].item, given[0], given[1]) for given in same[:MOST]),
        n_mixed=len(both) - len(same),
        is_capped=len(by_item) > MOST,
    )


def state_of(project_id: int) -> tuple[int, int]:
    """Differs when the pairs of a project do: a verdict is never changed, only given and taken back. One query."""
    found = Verdict.objects.filter(item__project_id=project_id, **_OF_TWO).aggregate(n=Count("pk"), sum=Sum("pk"))
    return found["n"], found["sum"] or 0


def versions_of(project_id: int) -> tuple[LabelSetVersion, ...]:
    """The versions of a project's label sets, the newest first. One query."""
    versions = LabelSetVersion.objects.filter(label_set__project_id=project_id).select_related("label_set")
    return tuple(versions.order_by("-pk"))


def visible(pairs: Sequence[Pair], user: User) -> tuple[Pair, ...]:
    """Without disputes that this user is a party to: until they are settled, the other judgement stays hidden."""
    judged = [AssignmentState.DONE, AssignmentState.UNDONE, AssignmentState.REOPENED]
    mine = Assignment.objects.filter(reviewer=user, role=Role.READER, state__in=judged)
    own = set(mine.filter(item__state=ItemState.DISPUTED).values_list("item_id", flat=True))
    return tuple(pair for pair in pairs if pair.item.pk not in own)

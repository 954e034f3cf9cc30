"""What the queue page shows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Exists, F, OuterRef, QuerySet

from oversight.accounts.models import User
from oversight.audit import selectors as feed
from oversight.lib import clock
from oversight.lib.paging import Page, keyset_page
from oversight.monitoring.models import Deployment, Score
from oversight.review.excerpts import Excerpt, Place, excerpts
from oversight.review.models import ItemState, ReviewItem
from oversight.review.selectors.claims import Claim, claims_of, held_by

# A screen and a half of rows, since each has an excerpt of two lines.
PAGE_SIZE = 20
# What rows show of an item, and of who has it: all else stays where it is.
_ROW = ("priority", "place", "created_at", "decided_at", "transcript__external_id", "transcript__model_run__model")


@dataclass(frozen=True, slots=True)
class Filter:
    """What the URL of the queue page says."""

    state: Literal["open", "mine", "decided"] = "open"
    monitor: str = ""
    older: str = ""
    newer: str = ""

    @property
    def order(self) -> tuple[str, str]:
        return ("-decided_at", "-pk") if self.state == "decided" else ("-place", "pk")


@dataclass(frozen=True, slots=True)
class QueueCell:
    """What changes about an item while its row is on screen: never content. `matches` the filter of the page."""

    id: int
    score: float
    claim: Claim
    matches: bool = True


@dataclass(frozen=True, slots=True)
class QueueRow:
    """An item as the queue lists it."""

    cell: QueueCell
    transcript_id: UUID
    external_id: str
    model: str
    created_at: datetime
    monitors: tuple[str, ...]
    excerpt: Excerpt | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """Every open item of a project is in exactly one of the first four."""

    free: int
    mine: int
    held: int
    given_back: int
    decided: int

    @property
    def open(self) -> int:
        return self.free + self.mine + self.held + self.given_back

    def why_none_is_free(self) -> str:
        """Where the open items are, in words."""
        places = ((self.mine, "yours"), (self.held, "read by others"), (self.given_back, "given back by you"))
        return ", ".join(f"{n} {words}" for n, words in places if n) or "every flagged transcript has a verdict"


@dataclass(frozen=True, slots=True)
class Listing:
    """Which items a page will show. `after` is the place in the ledger from which live events complete the page."""

    after: str
    page: Page[ReviewItem]


@dataclass(frozen=True, slots=True)
class QueuePage:
    """A page of the queue."""

    after: str
    rows: tuple[QueueRow, ...]
    counts: QueueCounts
    monitors: tuple[str, ...]
    filter: Filter
    older: str
    newer: str

    @property
    def is_filtered(self) -> bool:
        return bool(self.filter.monitor) or self.filter.state != "open"


def queue_items(*, project_id: int, user: User, where: Filter) -> QuerySet[ReviewItem]:
    """The items of a project that a filter lets through."""
    items = ReviewItem.objects.filter(project_id=project_id)
    if where.monitor:
        flags = Score.objects.filter(transcript=OuterRef("transcript"), monitor=where.monitor, flagged=True)
        items = items.filter(Exists(flags))
    if where.state == "mine":
        return items.filter(held_by(user))
    return items.filter(state=ItemState.DECIDED if where.state == "decided" else ItemState.OPEN)


def queue_listing(*, project_id: int, user: User, where: Filter) -> Listing:
    """The items of one page, without content. Two queries."""
    after = str(feed.head())
    items = queue_items(project_id=project_id, user=user, where=where)
    items = items.select_related("transcript__model_run").only(*_ROW)
    return Listing(after, keyset_page(items, by=where.order, older=where.older, newer=where.newer, size=PAGE_SIZE))


def queue_page(listing: Listing, *, project_id: int, user: User, where: Filter) -> QueuePage:
    """The page of a listing. Five queries. It holds snippets: record the read before calling this."""
    deployed = Deployment.objects.filter(project_id=project_id).values_list("monitor", flat=True)
    return QueuePage(
        after=listing.after,
        rows=queue_rows(listing.page.rows, user),
        counts=queue_counts(project_id=project_id, user=user),
        monitors=tuple(deployed.distinct().order_by("monitor")),
        filter=where,
        older=listing.page.older,
        newer=listing.page.newer,
    )


def queue_rows(items: Sequence[ReviewItem], user: User) -> tuple[QueueRow, ...]:
    """Rows with snippets. Four queries."""
    claims = claims_of(items, user)
    flags = _flags([item.transcript_id for item in items])
    found = excerpts(
        Place(transcript_id, span["part"], span["start"], span["end"])
        for transcript_id, of in flags.items()
        if (span := of[0].span)
    )
    return tuple(
        QueueRow(
            cell=QueueCell(item.pk, item.priority, claims[item.pk]),
            transcript_id=item.transcript_id,
            external_id=item.transcript.external_id,
            model=item.transcript.model_run.model,
            created_at=item.created_at,
            monitors=tuple(dict.fromkeys(flag.monitor for flag in flags.get(item.transcript_id, []))),
            excerpt=found.get(item.transcript_id),
            note=_note(flags.get(item.transcript_id, [])),
        )
        for item in items
    )


def queue_cells(ids: Collection[int], *, project_id: int, user: User, where: Filter) -> tuple[QueueCell, ...]:
    """What changed about these items, and which of them the filter lets through. Four queries, no content."""
    items = list(ReviewItem.objects.filter(project_id=project_id, pk__in=ids))
    passing = queue_items(project_id=project_id, user=user, where=where).filter(pk__in=ids)
    matching = set(passing.values_list("pk", flat=True))
    claims = claims_of(items, user)
    return tuple(QueueCell(item.pk, item.priority, claims[item.pk], item.pk in matching) for item in items)


# Leases are few and items many: each live lease looks up its item (the planner would rather read every item).
_COUNTS_SQL = """
WITH live AS MATERIALIZED (
    SELECT a.item_id, bool_or(a.reviewer_id = %(user)s) AS mine
    FROM review_assignment a CROSS JOIN LATERAL (
        SELECT FROM review_reviewitem i
        WHERE i.id = a.item_id AND i.project_id = %(project)s AND i.state = 'open' LIMIT 1
    ) open_item
    WHERE a.state = 'leased' AND a.lease_until > %(now)s
    GROUP BY a.item_id
)
SELECT (SELECT count(*) FROM review_reviewitem WHERE project_id = %(project)s AND state = 'open'),
       (SELECT count(*) FROM review_reviewitem WHERE project_id = %(project)s AND state = 'decided'),
       (SELECT count(*) FROM live),
       (SELECT count(*) FROM live WHERE mine),
       (SELECT count(DISTINCT a.item_id)
        FROM review_assignment a JOIN review_reviewitem i ON i.id = a.item_id
        WHERE a.reviewer_id = %(user)s AND a.state = 'released' AND i.project_id = %(project)s AND i.state = 'open'
          AND NOT EXISTS (SELECT FROM live WHERE live.item_id = a.item_id))
"""


def queue_counts(*, project_id: int, user: User) -> QueueCounts:
    """One query: the items are counted in the indexes that list them, the leases by those that are live."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS_SQL, {"project": project_id, "user": user.pk, "now": clock.now()})
        n_open, n_decided, n_live, mine, given_back = cursor.fetchone()
    return QueueCounts(
        free=n_open - n_live - given_back, mine=mine, held=n_live - mine, given_back=given_back, decided=n_decided
    )


class Flag(NamedTuple):
    """A flagged score: its monitor, and its first evidence span."""

    monitor: str
    span: dict[str, Any] | None


def _flags(transcript_ids: Sequence[UUID]) -> dict[UUID, list[Flag]]:
    """The flagged scores of each transcript, highest first. One query."""
    scores = Score.objects.filter(transcript_id__in=transcript_ids, flagged=True).order_by("-value", "id")
    flags: dict[UUID, list[Flag]] = {}
    for transcript_id, monitor, span in scores.values_list("transcript_id", "monitor", F("evidence__0")):
        flags.setdefault(transcript_id, []).append(Flag(monitor, span))
    return flags


def _note(flags: Sequence[Flag]) -> str:
    """What the highest flag's monitor says of its first span."""
    return str(flags[0].span.get("note", "")) if flags and flags[0].span else ""

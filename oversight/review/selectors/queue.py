"""What the queue page shows."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from oversight.accounts.models import User
from oversight.accounts.permissions import TABLE
from oversight.audit import selectors as feed
from oversight.lib import clock
from oversight.lib.paging import Page, keyset_page
from oversight.review.excerpts import Excerpt, Place, excerpts
from oversight.review.models import ItemState, ReviewItem
from oversight.review.selectors.blindness import blind_items
from oversight.review.selectors.claims import Claim, claims_of
from oversight.review.selectors.counts import QueueCounts, queue_counts
from oversight.review.selectors.filters import Filter, queue_items

# A screen and a half of rows, since each has an excerpt of two lines.
PAGE_SIZE = 20
# What rows show of an item, and of who has it: all else stays where it is.
CELL = ("priority", "place", "stream", "required", "state", "due_at", "snoozed_until", "assignee__name")
_ROW = (*CELL, "created_at", "decided_at", "transcript__external_id", "transcript__model_run__model")


@dataclass(frozen=True, slots=True)
class QueueCell:
    """What changes about an item while its row is on screen: never content. `matches` the filter of the page.

    `score` is None where it is not shown: the item is read `blind`.
    """

    id: int
    score: float | None
    claim: Claim
    matches: bool = True
    blind: bool = False
    assignee: str = ""
    is_for_me: bool = False
    snoozed_until: datetime | None = None
    due_at: datetime | None = None

    @property
    def overdue_s(self) -> float | None:
        """Seconds since a verdict was due; None when it is not, or there is one."""
        late = (clock.now() - self.due_at).total_seconds() if self.due_at else 0
        return late if late > 0 and self.claim.standing != "decided" else None

    @property
    def left_s(self) -> float | None:
        """Seconds until a verdict is due."""
        left = (self.due_at - clock.now()).total_seconds() if self.due_at else 0
        return left if left > 0 and self.claim.standing != "decided" else None


@dataclass(frozen=True, slots=True)
class QueueRow:
    """An item as the queue lists it. One that is read blind has no flags, excerpt or note."""

    cell: QueueCell
    transcript_id: UUID
    external_id: str
    model: str
    created_at: datetime
    flags: tuple[Flag, ...] = ()
    excerpt: Excerpt | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Which items a page will show. `after` is the place in the ledger from which live events complete the page."""

    after: str
    page: Page[ReviewItem]
    blind: frozenset[int]

    @property
    def shown(self) -> tuple[ReviewItem, ...]:
        """The items of which something that monitors found will be shown."""
        return tuple(item for item in self.page.rows if item.pk not in self.blind)


@dataclass(frozen=True, slots=True)
class QueuePage:
    """A page of the queue."""

    after: str
    rows: tuple[QueueRow, ...]
    counts: QueueCounts
    filter: Filter
    older: str
    newer: str


def queue_listing(*, project_id: int, user: User, where: Filter) -> Listing:
    """The items of one page, without content. Three queries."""
    after = str(feed.head())
    items = queue_items(project_id=project_id, user=user, where=where)
    shown = ReviewItem.objects.select_related("transcript__model_run", "assignee").only(*_ROW)
    page = keyset_page(items, by=where.order, older=where.older, newer=where.newer, size=PAGE_SIZE, shown=shown)
    return Listing(after, page, blind_items(user, page.rows))


def queue_page(listing: Listing, *, project_id: int, user: User, where: Filter) -> QueuePage:
    """The page of a listing. Five queries. It holds snippets: record the read before calling this."""
    return QueuePage(
        after=listing.after,
        rows=queue_rows(listing, user),
        counts=queue_counts(project_id=project_id, user=user),
        filter=where,
        older=listing.page.older,
        newer=listing.page.newer,
    )


def readers(project_id: int) -> tuple[User, ...]:
    """Who may claim items of a project, by name. One query."""
    able = User.objects.filter(
        is_active=True, memberships__project=project_id, memberships__role__in=TABLE["item.claim"]
    )
    return tuple(able.only("name").order_by("name", "pk"))


def queue_rows(listing: Listing, user: User) -> tuple[QueueRow, ...]:
    """Rows, and snippets of those that are not read blind. Four queries."""
    items, shown = listing.page.rows, listing.shown
    claims = claims_of(items, user)
    flags = _flags([item.transcript_id for item in shown])
    found = excerpts(
        Place(transcript_id, span["part"], span["start"], span["end"])
        for transcript_id, of in flags.items()
        if (span := next((flag.span for flag in of if flag.span), None))
    )
    return tuple(
        QueueRow(
            cell=cell_of(item, claims[item.pk], user, blind=item.pk in listing.blind),
            transcript_id=item.transcript_id,
            external_id=item.transcript.external_id,
            model=item.transcript.model_run.model,
            created_at=item.created_at,
            flags=_by_monitor(flags.get(item.transcript_id, [])),
            excerpt=found.get(item.transcript_id),
            note=_note(flags.get(item.transcript_id, [])),
        )
        for item in items
    )


def queue_cells(ids: Collection[int], *, project_id: int, user: User, where: Filter) -> tuple[QueueCell, ...]:
    """What changed about these items, and which of them the filter lets through. Five queries, no content."""
    known = ReviewItem.objects.filter(project_id=project_id, pk__in=ids).select_related("assignee").only(*CELL)
    items = list(known)
    passing = queue_items(project_id=project_id, user=user, where=where).filter(pk__in=ids)
    matching = set(passing.values_list("pk", flat=True))
    claims, blind = claims_of(items, user), blind_items(user, items)
    return tuple(
        cell_of(item, claims[item.pk], user, blind=item.pk in blind, matches=item.pk in matching) for item in items
    )


def is_asleep(item: ReviewItem) -> bool:
    """Whether an open item was put off, and its time has not come."""
    return item.state == ItemState.OPEN and item.snoozed_until is not None and item.snoozed_until > clock.now()


def cell_of(item: ReviewItem, claim: Claim, user: User, *, blind: bool, matches: bool = True) -> QueueCell:
    """What may be said of an item to this person."""
    is_open = item.state == ItemState.OPEN
    return QueueCell(
        id=item.pk,
        score=None if blind or not item.priority else item.priority,
        claim=claim,
        matches=matches,
        blind=blind,
        assignee=item.assignee.name if is_open and item.assignee else "",
        is_for_me=item.assignee_id == user.pk,
        snoozed_until=item.snoozed_until if is_asleep(item) else None,
        due_at=item.due_at,
    )


class Flag(NamedTuple):
    """A flagged score: its monitor, its value, and its first evidence span."""

    monitor: str
    value: float
    span: dict[str, Any] | None


_FLAGS_SQL = """
SELECT transcript_id, monitor, value, evidence -> 0 FROM monitoring_score
WHERE transcript_id = ANY(%s) AND flagged ORDER BY value DESC, id
"""


def _flags(transcript_ids: Sequence[UUID]) -> dict[UUID, list[Flag]]:
    """The flagged scores of each transcript, highest first. One query."""
    flags: dict[UUID, list[Flag]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_FLAGS_SQL, [list(transcript_ids)])
        for transcript_id, monitor, value, span in cursor.fetchall():
            flags.setdefault(transcript_id, []).append(Flag(monitor, value, json.loads(span) if span else None))
    return flags


def _by_monitor(flags: Sequence[Flag]) -> tuple[Flag, ...]:
    """The highest flag of each monitor."""
    highest: dict[str, Flag] = {}
    for flag in flags:
        highest.setdefault(flag.monitor, flag)
    return tuple(highest.values())


def _note(flags: Sequence[Flag]) -> str:
    """What the monitor of the span that is shown says of it."""
    span = next((flag.span for flag in flags if flag.span), None)
    return str(span.get("note", "")) if span else ""

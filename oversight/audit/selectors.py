"""Reads of the ledger: the commit-safe feed, and the audit page's rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in the ledger in commit-safe order."""

    xid: int = 0
    id: int = 0

    def __str__(self) -> str:
        return f"{self.xid}-{self.id}"

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Raises ValueError when it is not of the form xid-id."""
        xid, _, id_ = text.partition("-")
        return cls(int(xid), int(id_))


@dataclass(frozen=True, slots=True)
class FeedRow:
    """What a follower of the ledger learns of an event: ids only."""

    cursor: Cursor
    id: int
    at: datetime
    action: str
    object_type: str
    object_id: str
    project_id: int | None
    subjects: tuple[str, ...]


# Below pg_snapshot_xmin every transaction has ended, so nothing can appear later before the cursor (an `id > last`
# poller was measured to lose 40 % of rows). Index scan on audit_event_cursor_idx: a bare "ORDER BY xid" would mean the
# number in the first column, which no index holds.
FEED_SQL = """
SELECT e.xid::text::bigint, e.id, e.at, e.action, e.object_type, e.object_id, e.project_id, e.subjects
FROM audit_event e
WHERE (e.xid, e.id) > (%(xid)s::text::xid8, %(id)s)
  AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
  AND e.action = ANY(%(actions)s)
  AND (%(projects)s::bigint[] IS NULL OR e.project_id = ANY(%(projects)s))
ORDER BY e.xid, e.id
LIMIT %(limit)s
"""

HEAD_SQL = "SELECT coalesce(pg_snapshot_xmin(pg_current_snapshot())::text::bigint, 0)"


def feed(
    *, after: Cursor, actions: Collection[str], projects: Collection[int] | None = None, limit: int = 200
) -> list[FeedRow]:
    """Committed events after a cursor, in an order that never changes. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            FEED_SQL,
            {
                "xid": after.xid,
                "id": after.id,
                "actions": list(actions),
                "projects": None if projects is None else list(projects),
                "limit": limit,
            },
        )
        rows = cursor.fetchall()
    return [
        FeedRow(Cursor(xid, id_), id_, at, action, object_type, object_id, project_id, tuple(subjects))
        for xid, id_, at, action, object_type, object_id, project_id, subjects in rows
    ]


def head() -> Cursor:
    """The place from which everything that commits from now on will follow."""
    with connection.cursor() as cursor:
        cursor.execute(HEAD_SQL)
        (xid,) = cursor.fetchone() or (0,)
    return Cursor(xid - 1, 2**62)


@dataclass(frozen=True, slots=True)
class Follower:
    """A durable handler as the sweep sees it."""

    handler: str
    actions: frozenset[str]
    max_attempts: int


# Events that a handler has neither dealt with nor given up on. Index scan on audit_event_cursor_idx from the handler's
# cursor, one probe of audit_receipt_once each; the cursor keeps the scan short.
_OPEN_SQL = """
FROM audit_event e LEFT JOIN audit_receipt r ON r.event_id = e.id AND r.handler = %(handler)s
WHERE (e.xid, e.id) > (%(xid)s::text::xid8, %(id)s)
  AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
  AND e.action = ANY(%(actions)s)
  AND r.done_at IS NULL AND coalesce(r.attempts, 0) < %(max_attempts)s
"""
FIRST_OPEN_SQL = f"SELECT e.xid::text::bigint, e.id {_OPEN_SQL} ORDER BY e.xid, e.id LIMIT 1"
DUE_SQL = f"""
SELECT e.id {_OPEN_SQL}
  AND CASE WHEN r.next_at IS NULL THEN e.at <= %(before)s ELSE r.next_at <= %(now)s END
ORDER BY e.xid, e.id LIMIT %(limit)s
"""

# At most so many of them, from where the sweep last stood.
COUNT_OPEN_SQL = f"SELECT count(*) FROM (SELECT 1 {_OPEN_SQL} LIMIT %(limit)s) AS open"  # noqa: S608  # of constants
CURSOR_SQL = "SELECT xid, event_id FROM audit_subscription WHERE handler = %s"


def n_open(follower: Follower, *, most: int) -> int:
    """How many events the handler has not dealt with; counts no further than `most`. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(CURSOR_SQL, [follower.handler])
        after = Cursor(*(cursor.fetchone() or (0, 0)))
        cursor.execute(COUNT_OPEN_SQL, {**_of(follower, after), "limit": most})
        return int((cursor.fetchone() or (0,))[0])


def dealt_with(follower: Follower, *, after: Cursor) -> Cursor:
    """The furthest place before which nothing is open for this handler. Two queries."""
    # The head first: whatever it covers is visible to the query that follows it.
    end = head()
    with connection.cursor() as cursor:
        cursor.execute(FIRST_OPEN_SQL, _of(follower, after))
        first = cursor.fetchone()
    return Cursor(first[0], first[1] - 1) if first else max(end, after)


def due(follower: Follower, *, after: Cursor, now: datetime, grace: timedelta, limit: int) -> list[int]:
    """Ids of events to be delivered now: never tried for as long as `grace`, or failed and due again. One query."""
    with connection.cursor() as cursor:
        cursor.execute(DUE_SQL, {**_of(follower, after), "now": now, "before": now - grace, "limit": limit})
        return [id_ for (id_,) in cursor.fetchall()]


def _of(follower: Follower, after: Cursor) -> dict[str, Any]:
    return {
        "handler": follower.handler,
        "actions": list(follower.actions),
        "max_attempts": follower.max_attempts,
        "xid": after.xid,
        "id": after.id,
    }

"""What a follower of the live feed may learn: ids of events, by the follower's own permissions, batch by batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from oversight.accounts.models import Membership, User
from oversight.accounts.permissions import TABLE
from oversight.audit import selectors as ledger
from oversight.audit.selectors import Cursor, FeedRow
from oversight.lib import clock
from oversight.review.selectors.blindness import hidden_scores

BATCH = 200
RETENTION = timedelta(days=7)
# Which events a page of that permission shows.
ACTIONS: Mapping[str, tuple[str, ...]] = {
    "queue.view": (
        "item.queued",
        "item.raised",
        "item.assigned",
        "item.snoozed",
        "item.claimed",
        "item.released",
        "verdict.committed",
        "verdict.undone",
        "verdict.settled",
        "verdict.reopened",
        "item.disputed",
    ),
    "monitor.view": ("transcripts.ingested", "transcript.scored", "transcript.flagged"),
    "alert.view": ("webhook.delivered", "webhook.died", "webhook.requested"),
}
# Of an item it is only said that it changed: a verdict that leaves it open would tell that a second reader is wanted.
CHANGED, NAMED = "item.changed", frozenset({"item.queued"})
ALL_ACTIONS = tuple(action for actions in ACTIONS.values() for action in actions)


@dataclass(frozen=True, slots=True)
class Access:
    """A signed-in user, and for each action the projects whose events they may see."""

    user_id: int
    projects: Mapping[str, frozenset[int]]

    @property
    def all_projects(self) -> frozenset[int]:
        return frozenset().union(*self.projects.values())

    def allows(self, row: FeedRow) -> bool:
        return row.project_id in self.projects.get(row.action, frozenset())


@dataclass(frozen=True, slots=True)
class Batch:
    """A piece of the feed. `seen` are the ids of all events in it, those not permitted included."""

    cursor: Cursor
    events: tuple[dict[str, Any], ...]
    seen: frozenset[int]
    is_full: bool

    def frame(self) -> dict[str, Any]:
        """What is sent: ids, never content."""
        return {"type": "events", "cursor": str(self.cursor), "events": list(self.events)}


def access_of(user: User) -> Access:
    """One query: this is read for every socket and batch."""
    roles = list(Membership.objects.filter(user=user, user__is_active=True).values_list("project_id", "role"))
    projects = {
        action: frozenset(project_id for project_id, role in roles if role in TABLE[permission])
        for permission, actions in ACTIONS.items()
        for action in actions
    }
    return Access(user.pk, projects)


def access_of_session(key: str | None) -> Access | None:
    """Read anew what a session may see; None when it has ended, or its user is disabled or has no role left."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(request)
    if not isinstance(user, User):
        return None
    access = access_of(user)
    return access if access.all_projects else None


def start(after: str) -> tuple[Cursor, bool]:
    """The place to follow from, and whether what the follower has is of no use: unreadable, too old, or not ours."""
    head = ledger.head()
    if not after:
        return head, False
    try:
        cursor = Cursor.parse(after)
    except ValueError:
        return head, True
    return (head, True) if cursor > head or _is_too_old(cursor) else (cursor, False)


def _is_too_old(cursor: Cursor) -> bool:
    following = ledger.feed(after=cursor, actions=ALL_ACTIONS, limit=1)
    return bool(following) and following[0].at < clock.now() - RETENTION


def batch(access: Access, after: Cursor) -> Batch:
    """What has happened since. One query, and one more when there are flags: of some a reader must not know."""
    rows = ledger.feed(after=after, actions=ALL_ACTIONS, projects=access.all_projects, limit=BATCH)
    hidden = _hidden(access, rows)
    return Batch(
        cursor=rows[-1].cursor if rows else after,
        events=tuple(_event(row) for row in rows if access.allows(row) and row not in hidden),
        seen=frozenset(row.id for row in rows),
        is_full=len(rows) == BATCH,
    )


def _hidden(access: Access, rows: Sequence[FeedRow]) -> tuple[FeedRow, ...]:
    flagged = {UUID(row.object_id): row for row in rows if row.action == "transcript.flagged"}
    return tuple(flagged[id_] for id_ in hidden_scores(access.user_id, flagged)) if flagged else ()


def next_batch(session_key: str | None, after: Cursor) -> tuple[Access, Batch] | None:
    """The session's rights, read anew, and what has happened since; None when the session has no rights left."""
    access = access_of_session(session_key)
    return (access, batch(access, after)) if access else None


def _event(row: FeedRow) -> dict[str, Any]:
    return {
        "cursor": str(row.cursor),
        "action": CHANGED if row.object_type == "review_item" and row.action not in NAMED else row.action,
        "object_type": row.object_type,
        "object_id": row.object_id,
        "project_id": row.project_id,
        "subjects": list(row.subjects),
    }

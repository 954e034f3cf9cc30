"""What followers of the live feed may learn: one reading of the ledger for all, cut to each one's permissions."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.template.loader import render_to_string

from oversight.audit import selectors as ledger
from oversight.audit.selectors import Cursor, FeedRow
from oversight.lib import clock
from oversight.live.rights import ALL_ACTIONS, Access, access_of_session
from oversight.review.selectors.blindness import BlindItem, blind_among
from oversight.review.selectors.cells import cells_for
from oversight.review.selectors.queue import QueueCell

BATCH = 200
RETENTION = timedelta(days=7)
# Of an item it is only said that it changed: a verdict that leaves it open would tell that a second reader is wanted.
CHANGED, NAMED = "item.changed", frozenset({"item.queued"})
# In a storm pages ask for the rows that they show.
MOST_CELLS = 20
# Pages that ask for more after a frame do so at different moments: so much time for each socket that got it.
SPREAD_MS, SPREAD_MAX_MS = 200, 30_000
FLAGGED = "transcript.flagged"


@dataclass(frozen=True, slots=True)
class Project:
    """The rows of one project's queue that changed, as HTML, for everybody who may see them so."""

    project_id: int
    rows: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that happened in some projects after one place in the ledger, up to another.

    `rows` holds what nobody here may see too: `frame` cuts it to one follower. `blind` are the items behind its flags
    that are read without a score, `changed` what the queue shows now of items that changed, for each user.
    """

    after: Cursor
    cursor: Cursor
    projects: frozenset[int]
    rows: tuple[FeedRow, ...] = ()
    is_full: bool = False
    blind: tuple[BlindItem, ...] = ()
    changed: Mapping[int, tuple[Project, ...]] = field(default_factory=dict)
    n_sockets: int = 1
    _frames: dict[object, str] = field(default_factory=dict)

    @property
    def seen(self) -> frozenset[int]:
        """The ids of all events in it."""
        return frozenset(row.id for row in self.rows)

    def extended(self, by: Reading) -> Reading:
        """The same, known to be all until the end of a later one that found nothing in its projects."""
        return replace(self, cursor=by.cursor, projects=by.projects)

    def events(self, access: Access, after: Cursor) -> tuple[dict[str, Any], ...]:
        """What this follower may learn, as ids."""
        hidden = self._hidden(access)
        return tuple(
            _event(row)
            for row in self.rows
            if row.cursor > after and access.allows(row) and not (row.action == FLAGGED and row.object_id in hidden)
        )

    def frame(self, access: Access, after: Cursor) -> str:
        """As JSON; empty where there is nothing for this follower. Made once for all who learn the same."""
        after = max(after, self.after)
        changed = self.changed.get(access.user_id, ())
        audience = (after, access.roles, self._hidden(access), changed)
        if audience not in self._frames:
            events = self.events(access, after)
            self._frames[audience] = self._json(events, changed) if events else ""
        return self._frames[audience]

    def _json(self, events: tuple[dict[str, Any], ...], changed: tuple[Project, ...]) -> str:
        told = [{"project_id": one.project_id, "html": one.rows} for one in changed]
        frame = {
            "type": "events",
            "cursor": str(self.cursor),
            "events": events,
            "rows": told,
            "spread_ms": min(SPREAD_MAX_MS, SPREAD_MS * self.n_sockets),
        }
        return json.dumps(frame, separators=(",", ":"))

    def _hidden(self, access: Access) -> frozenset[str]:
        return frozenset(str(item.transcript_id) for item in self.blind if item.hides_from(access.user_id))


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


def read(after: Cursor | None, followers: Collection[Access], *, n_sockets: int = 1) -> Reading:
    """What happened in these followers' projects; without a place, where the feed stands now.

    Two queries, up to two more when there are flags, and five when a few items changed, for any number of followers.
    """
    projects = frozenset[int]().union(*(access.all_projects for access in followers))
    # The head first: whatever it covers is visible to the query that follows it.
    head = ledger.head()
    after = after or head
    rows = ledger.feed(after=after, actions=ALL_ACTIONS, projects=projects, limit=BATCH)
    is_full = len(rows) == BATCH
    return Reading(
        after=after,
        cursor=rows[-1].cursor if is_full else max(head, after, *(row.cursor for row in rows[-1:])),
        projects=projects,
        rows=tuple(rows),
        is_full=is_full,
        blind=_blind(rows),
        changed=_changed(rows, followers),
        n_sockets=n_sockets,
    )


def _blind(rows: Collection[FeedRow]) -> tuple[BlindItem, ...]:
    flagged = {row.object_id for row in rows if row.action == FLAGGED}
    return blind_among(Q(transcript__in=flagged)) if flagged else ()


def _changed(rows: Collection[FeedRow], followers: Collection[Access]) -> dict[int, tuple[Project, ...]]:
    items = {int(row.object_id): row.project_id for row in rows if row.object_type == "review_item"}
    if not 0 < len(items) <= MOST_CELLS:
        return {}
    told = cells_for(items, {access.user_id: access.queues for access in followers})
    made: dict[tuple[QueueCell, ...], str] = {}
    return {user_id: _by_project(cells, items, made) for user_id, cells in told.items() if cells}


def _by_project(
    cells: tuple[QueueCell, ...], items: Mapping[int, int | None], made: dict[tuple[QueueCell, ...], str]
) -> tuple[Project, ...]:
    of: dict[int, list[QueueCell]] = defaultdict(list)
    for cell in cells:
        of[items[cell.id] or 0].append(cell)
    return tuple(Project(project_id, _html(tuple(here), made)) for project_id, here in of.items())


def _html(cells: tuple[QueueCell, ...], made: dict[tuple[QueueCell, ...], str]) -> str:
    if cells not in made:
        made[cells] = render_to_string("review/_changes.html", {"cells": cells})
    return made[cells]


def read_alone(session_key: str | None, after: Cursor) -> tuple[Access, Reading] | None:
    """One session's rights, read anew, and what has happened since; None when the session has no rights left."""
    access = access_of_session(session_key)
    return (access, read(after, [access])) if access else None


def _event(row: FeedRow) -> dict[str, Any]:
    return {
        "cursor": str(row.cursor),
        "action": CHANGED if row.object_type == "review_item" and row.action not in NAMED else row.action,
        "object_type": row.object_type,
        "object_id": row.object_id,
        "project_id": row.project_id,
        "subjects": list(row.subjects),
    }

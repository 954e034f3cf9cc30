"""How many items wait, for whom, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from oversight.accounts.models import User
from oversight.lib import clock

# No list is read to its ten-thousandth item: what is more is not counted, so that a page costs the same at any depth.
MANY = 10_000


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """Every item that a person may still read is in exactly one of the first six.

    Open items, `decided` and `overdue` are counted up to `MANY`; `has_more`: there are more open ones, free or snoozed.
    """

    free: int
    mine: int
    held: int
    given_back: int
    for_others: int
    snoozed: int
    decided: int
    assigned: int = 0
    overdue: int = 0
    decided_today: int = 0
    oldest: datetime | None = None
    has_more: bool = False

    @property
    def open(self) -> int:
        return self.free + self.mine + self.held + self.given_back + self.for_others

    @property
    def own(self) -> int:
        """What this person reads now or was given to read."""
        return self.mine + self.assigned

    @property
    def free_in_words(self) -> str:
        return f"{self.free:,}{'+' if self.has_more else ''}"

    @property
    def open_in_words(self) -> str:
        return f"{self.open:,}{'+' if self.has_more else ''}"

    @property
    def decided_in_words(self) -> str:
        return in_words(self.decided)

    @property
    def overdue_in_words(self) -> str:
        return f"{in_words(self.overdue)} overdue"

    def why_none_is_free(self) -> str:
        """Where the open items are, in words."""
        places = (
            (self.mine, "yours"),
            (self.held, "read by others"),
            (self.given_back, "given back by you"),
            (self.for_others, "assigned to others"),
            (self.snoozed, "snoozed"),
        )
        return ", ".join(f"{n} {words}" for n, words in places if n) or "every flagged transcript has a verdict"


def in_words(count: int) -> str:
    """1204 as "1,204"; what was not counted to its end as "10,000+"."""
    return f"{count:,}" if count <= MANY else f"{MANY:,}+"


# What is open is counted in the order in which it is due: what is late comes first, and is counted on the way.
# Leases are few and items many: each live lease looks up its item (the planner would rather read every item).
# What one has given back or decided, what is assigned and what is snoozed are few too: they are taken from the total.
# What one has decided is many, and what is open nevertheless is among the few items that wait for a second reader.
_COUNTS_SQL = """
WITH live AS MATERIALIZED (
    SELECT a.item_id, bool_or(a.reviewer_id = %(user)s) AS mine
    FROM review_assignment a CROSS JOIN LATERAL (
        SELECT FROM review_reviewitem i
        WHERE i.id = a.item_id AND i.project_id = %(project)s AND i.state = 'open'
          AND (i.snoozed_until IS NULL OR i.snoozed_until <= %(now)s) LIMIT 1
    ) open_item
    WHERE a.state = 'leased' AND a.lease_until > %(now)s
    GROUP BY a.item_id
), own AS MATERIALIZED (
    SELECT a.item_id, false AS done
    FROM review_assignment a CROSS JOIN LATERAL (
        SELECT FROM review_reviewitem i
        WHERE i.id = a.item_id AND i.project_id = %(project)s AND i.state = 'open'
          AND (i.snoozed_until IS NULL OR i.snoozed_until <= %(now)s) LIMIT 1
    ) open_item
    WHERE a.reviewer_id = %(user)s AND a.state = 'released'
      AND NOT EXISTS (SELECT FROM live WHERE live.item_id = a.item_id AND live.mine)
      AND NOT EXISTS (SELECT FROM review_assignment d
                      WHERE d.item_id = a.item_id AND d.reviewer_id = %(user)s AND d.state = 'done')
    GROUP BY a.item_id
    UNION ALL
    SELECT i.id, true
    FROM review_reviewitem i
    WHERE i.project_id = %(project)s AND i.state = 'open' AND i.required > 1
      AND (i.snoozed_until IS NULL OR i.snoozed_until <= %(now)s)
      AND EXISTS (SELECT FROM review_assignment a
                  WHERE a.item_id = i.id AND a.reviewer_id = %(user)s AND a.state = 'done')
), given AS MATERIALIZED (
    SELECT i.assignee_id = %(user)s AS mine
    FROM review_reviewitem i
    WHERE i.project_id = %(project)s AND i.state = 'open' AND i.assignee_id IS NOT NULL
      AND (i.snoozed_until IS NULL OR i.snoozed_until <= %(now)s)
      AND NOT EXISTS (SELECT FROM live WHERE live.item_id = i.id)
      AND NOT EXISTS (SELECT FROM own WHERE own.item_id = i.id)
)
SELECT waiting.n,
       (SELECT count(*) FROM review_reviewitem
        WHERE project_id = %(project)s AND state = 'open' AND snoozed_until > %(now)s),
       (SELECT count(*) FROM (SELECT FROM review_reviewitem
        WHERE project_id = %(project)s AND state = 'decided' LIMIT %(many)s) ended),
       (SELECT count(*) FROM live WHERE mine),
       (SELECT count(*) FROM live WHERE NOT mine AND NOT EXISTS (SELECT FROM own WHERE own.item_id = live.item_id)),
       (SELECT count(*) FROM own WHERE done),
       (SELECT count(*) FROM own WHERE NOT done),
       (SELECT count(*) FROM given WHERE NOT mine),
       (SELECT count(*) FROM given WHERE mine),
       waiting.late,
       (SELECT count(*) FROM review_reviewitem
        WHERE project_id = %(project)s AND state = 'decided' AND decided_at >= %(today)s),
       (SELECT created_at FROM review_reviewitem
        WHERE project_id = %(project)s AND state = 'open' ORDER BY due_at LIMIT 1)
FROM (SELECT count(*) AS n, count(*) FILTER (WHERE due_at < %(now)s) AS late
      FROM (SELECT due_at FROM review_reviewitem
            WHERE project_id = %(project)s AND state = 'open' ORDER BY due_at LIMIT %(many)s) first_due) waiting
"""


def queue_counts(*, project_id: int, user: User) -> QueueCounts:
    """One query: the items are counted in the indexes that list them, the leases by those that are live."""
    now = clock.now()
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    given: dict[str, int | datetime] = {
        "project": project_id,
        "user": user.pk,
        "now": now,
        "today": today,
        "many": MANY + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS_SQL, given)
        row = cursor.fetchone()
    n_open, snoozed, n_decided, mine, held, done, given_back, for_others, assigned, overdue, n_today, oldest = row
    return QueueCounts(
        free=n_open - snoozed - mine - held - done - given_back - for_others,
        mine=mine,
        held=held,
        given_back=given_back,
        for_others=for_others,
        snoozed=snoozed,
        decided=n_decided,
        assigned=assigned,
        overdue=overdue,
        decided_today=n_today,
        oldest=oldest,
        has_more=n_open > MANY,
    )

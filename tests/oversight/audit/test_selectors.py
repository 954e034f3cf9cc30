"""The feed never skips an event that commits late."""

from __future__ import annotations

import uuid
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from oversight.audit import selectors
from oversight.audit.selectors import Cursor

ACTIONS = ("a.b",)
INSERT = """
INSERT INTO audit_event (uuid, at, actor_kind, actor_id, on_behalf_of, action, object_type, object_id, subjects,
                         outcome, request_id, detail_commit, canon, project_id)
VALUES (%s, now(), 'user', '1', '', 'a.b', 'x', %s, '{}', 'ok', %s, '', '', %s)
"""


def connect() -> psycopg.Connection:
    """As the app role, to the database that the test stands on."""
    of = settings.DATABASES["default"]
    name = connection.settings_dict["NAME"]
    return psycopg.connect(host=of["HOST"], port=of["PORT"], user=of["USER"], password=of["PASSWORD"], dbname=name)


def insert(into: psycopg.Connection, object_id: str, project_id: int = 1) -> None:
    into.execute(INSERT, [uuid.uuid4(), object_id, uuid.uuid4(), project_id])


def read(after: Cursor, **where: object) -> list[str]:
    return [row.object_id for row in selectors.feed(after=after, actions=ACTIONS, **where)]  # type: ignore[arg-type]


def test_a_late_committer_is_waited_for_and_comes_in_order(committed_db: str) -> None:
    with connect() as slow, connect() as quick:
        insert(slow, "slow")  # takes the lower id and xid, and does not commit yet
        insert(quick, "quick")
        quick.commit()
        assert read(Cursor()) == []  # a poller by id would show "quick" now, and never "slow"
        slow.commit()
        assert read(Cursor()) == ["slow", "quick"]


def test_a_follower_sees_each_event_once_whatever_the_order_of_commits(committed_db: str) -> None:
    cursor, seen = Cursor(), []
    with connect() as one, connect() as two:
        for number in range(12):
            early, late = (one, two) if number % 3 else (two, one)
            insert(late, f"{number} late")
            insert(early, f"{number} early")
            early.commit()
            for row in selectors.feed(after=cursor, actions=ACTIONS):
                cursor = row.cursor
                seen.append(row.object_id)
            late.commit()
    seen += read(cursor)
    assert sorted(seen) == sorted(f"{number} {when}" for number in range(12) for when in ("late", "early"))


def test_a_rolled_back_event_leaves_no_hole_that_blocks(committed_db: str) -> None:
    with connect() as one, connect() as two:
        insert(one, "never")
        insert(two, "kept")
        two.commit()
        one.rollback()
        assert read(Cursor()) == ["kept"]


def test_head_is_before_all_that_commits_from_now_on(committed_db: str) -> None:
    with connect() as one, connect() as two:
        insert(two, "old")
        two.commit()
        insert(one, "begun before, committed after")
        head = selectors.head()
        one.commit()
        insert(two, "new")
        two.commit()
        assert read(head) == ["begun before, committed after", "new"]


def test_the_feed_keeps_to_projects_actions_and_limit(committed_db: str) -> None:
    with connect() as one:
        for number in range(5):
            insert(one, str(number), project_id=number % 2)
        one.commit()
    assert read(Cursor(), projects=[1]) == ["1", "3"]
    assert read(Cursor(), limit=2) == ["0", "1"]
    assert selectors.feed(after=Cursor(), actions=["other"]) == []


@pytest.mark.parametrize("text", ["", "5", "a-b", "1-", "-1"])
def test_a_cursor_that_cannot_be_read_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):
        Cursor.parse(text)


def test_a_cursor_survives_its_text() -> None:
    assert Cursor.parse(str(Cursor(7, 9))) == Cursor(7, 9)


def test_the_feed_is_read_in_the_order_of_its_index(db: None) -> None:
    wanted: dict[str, Any] = {"xid": 0, "id": 0, "actions": list(ACTIONS), "projects": [1], "limit": 10}
    with connection.cursor() as cursor:
        # In an empty table a plan that sorts costs nothing: what matters is whether one without is possible.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {selectors.FEED_SQL}", wanted)
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "audit_event_cursor_idx" in plan
    assert "Sort" not in plan

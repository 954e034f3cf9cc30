"""One reading for many sockets: nothing is lost, nothing doubled, and nobody learns what they may not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from channels.db import database_sync_to_async
from hypothesis import given
from hypothesis import strategies as st

from oversight.accounts.models import Project, Role, User
from oversight.audit.actors import Actor
from oversight.audit.selectors import Cursor, FeedRow
from oversight.live import hub, selectors
from oversight.live.hub import Behind, Hub
from oversight.live.rights import Access
from oversight.live.selectors import Reading
from oversight.review import services as review
from oversight.review.models import ReviewItem
from tests import factories
from tests.oversight.live.follower import Follower, cookie_of, following

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PROJECTS = (1, 2, 3)


def access(projects: frozenset[int]) -> Access:
    return Access(1, frozenset((pk, Role.REVIEWER.value) for pk in projects))


class Ledger:
    """Events of some projects in their order, read as the database is read."""

    def __init__(self) -> None:
        self.rows: list[FeedRow] = []
        self.n_transactions = 1

    def commit(self, project_id: int) -> None:
        self.n_transactions += 1
        at = Cursor(self.n_transactions, len(self.rows))
        self.rows.append(FeedRow(at, at.id, NOW, "item.queued", "review_item", str(at.id), project_id, ()))

    def read(self, after: Cursor | None, projects: frozenset[int]) -> Reading:
        head = Cursor(self.n_transactions, 2**62)
        after = after or head
        rows = tuple(row for row in self.rows if row.cursor > after and row.project_id in projects)
        return Reading(after, max(head, after), projects, rows)


class Socket:
    """A follower of the hub, or of the ledger where the hub does not have what it wants."""

    def __init__(self, projects: frozenset[int], place: Cursor) -> None:
        self.access, self.place = access(projects), place
        self.told: list[str] = []

    def look(self, hub: Hub, ledger: Ledger) -> bool:
        try:
            reading = hub.after(self.place, self.access)
        except Behind:
            reading = ledger.read(self.place, self.access.all_projects)
        if reading is None or reading.cursor <= self.place:
            return False
        if frame := reading.frame(self.access, self.place):
            self.told += [event["object_id"] for event in json.loads(frame)["events"]]
        self.place = reading.cursor
        return True


some_projects = st.frozensets(st.sampled_from(PROJECTS), min_size=1)
acts = st.one_of(
    st.tuples(st.just("commit"), st.sampled_from(PROJECTS)),
    st.tuples(st.just("read"), some_projects),
    st.tuples(st.just("join"), some_projects, st.integers(0, 5)),
    st.tuples(st.just("look"), st.integers(0, 3)),
)


@given(st.lists(acts, max_size=60))
def test_every_follower_gets_each_event_of_its_projects_once_and_in_order(script: list[tuple[Any, ...]]) -> None:
    async def played() -> None:
        hub, ledger = Hub(), Ledger()
        joined: list[tuple[Socket, int]] = []
        for kind, *what in script:
            if kind == "commit":
                ledger.commit(what[0])
            elif kind == "read":
                hub.take(ledger.read(hub.last.cursor if hub.last else None, what[0]))
            elif kind == "join":
                n_had = min(what[1], len(ledger.rows))
                joined.append((Socket(what[0], ledger.rows[n_had - 1].cursor if n_had else Cursor()), n_had))
            elif joined:
                joined[what[0] % len(joined)][0].look(hub, ledger)
        hub.take(ledger.read(hub.last.cursor if hub.last else None, frozenset(PROJECTS)))
        for socket, n_had in joined:
            while socket.look(hub, ledger):
                pass
            wanted = [row.object_id for row in ledger.rows[n_had:] if row.project_id in socket.access.all_projects]
            assert socket.told == wanted

    asyncio.run(played())


def test_an_old_piece_is_read_again_by_who_is_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    async def played() -> None:
        hub_, ledger = Hub(), Ledger()
        everything = frozenset(PROJECTS)
        hub_.take(ledger.read(None, everything))
        socket = Socket(everything, hub_.last.cursor if hub_.last else Cursor())
        ledger.commit(1)
        hub_.take(ledger.read(socket.place, everything))
        assert hub_.after(socket.place, socket.access)
        monkeypatch.setattr(hub, "KEPT_S", -1.0)
        with pytest.raises(Behind):
            hub_.after(socket.place, socket.access)

    asyncio.run(played())


def test_who_learns_the_same_gets_the_same_text() -> None:
    ledger = Ledger()
    ledger.commit(1)
    reading = ledger.read(Cursor(), frozenset(PROJECTS))
    one, same = Access(1, frozenset({(1, "reviewer")})), Access(2, frozenset({(1, "reviewer")}))
    other = Access(3, frozenset({(2, "reviewer")}))
    assert reading.frame(one, Cursor()) is reading.frame(same, Cursor())
    assert reading.frame(other, Cursor()) == ""


def sync(function: Callable[..., Any]) -> Callable[..., Any]:
    wrapped: Callable[..., Any] = database_sync_to_async(function)
    return wrapped


@pytest.fixture
def house(committed_db: str) -> tuple[Project, User, User]:
    """A project with two reviewers."""
    project = factories.make_project("alpha")
    return project, factories.make_user("alice", project=project), factories.make_user("dave", project=project)


@sync
def flag(project: Project) -> ReviewItem:
    item = review.queue_flagged(
        transcript_id=factories.make_transcript(project).pk, score=0.9, actor=Actor.worker("tests")
    )
    return item


@sync
def claim(item: ReviewItem, user: User) -> None:
    review.claim(item=item, reviewer=user, actor=Actor.of(user))


async def told(follower: Follower, n: int) -> tuple[list[str], str]:
    """The cursors of the next events, and the rows of their frames."""
    cursors: list[str] = []
    rows = ""
    while len(cursors) < n:
        frame = await follower.frame()
        cursors += [event["cursor"] for event in frame["events"]]
        rows += "".join(one["html"] for one in frame["rows"])
    return cursors, rows


@pytest.mark.asyncio
async def test_the_feed_is_read_once_for_all_sockets(
    house: tuple[Project, User, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    project, alice, dave = house
    alone: list[str | None] = []
    read_alone = selectors.read_alone

    def counted(session_key: str | None, after: Cursor) -> tuple[Access, Reading] | None:
        alone.append(session_key)
        return read_alone(session_key, after)

    a, b = await sync(cookie_of)(alice), await sync(cookie_of)(dave)
    async with following(a) as one, following(a) as two, following(b) as three:
        for follower in (one, two, three):
            await follower.frame()
        await flag(project)
        for follower in (one, two, three):
            await told(follower, 2)
        monkeypatch.setattr(selectors, "read_alone", counted)
        await flag(project)
        cursors = [(await told(follower, 2))[0] for follower in (one, two, three)]
    assert cursors[0] == cursors[1] == cursors[2]
    assert alone == []


@pytest.mark.asyncio
async def test_a_claim_shows_in_the_frame_as_each_may_see_it(house: tuple[Project, User, User]) -> None:
    project, alice, dave = house
    item = await flag(project)
    async with following(await sync(cookie_of)(alice)) as own, following(await sync(cookie_of)(dave)) as other:
        await own.frame()
        await other.frame()
        await claim(item, alice)
        mine, held = (await told(own, 1))[1], (await told(other, 1))[1]
    assert f'data-item="{item.pk}" data-standing="mine"' in mine
    assert f'data-item="{item.pk}" data-standing="held"' in held


@pytest.mark.asyncio
async def test_a_claim_of_an_item_for_two_readers_shows_nothing_to_the_second(
    house: tuple[Project, User, User],
) -> None:
    project, alice, dave = house
    item = await flag(project)
    await sync(ReviewItem.objects.filter(pk=item.pk).update)(required=2)
    async with following(await sync(cookie_of)(dave)) as other:
        await other.frame()
        await claim(item, alice)
        _, rows = await told(other, 1)
    assert f'data-item="{item.pk}" data-standing="free"' in rows
    assert "alice" not in "".join(other.raw).lower()
    assert "0.9" not in rows


@pytest.mark.asyncio
async def test_a_socket_that_is_slow_misses_nothing(house: tuple[Project, User, User]) -> None:
    project, alice, dave = house
    async with following(await sync(cookie_of)(alice)) as slow, following(await sync(cookie_of)(dave)) as quick:
        await slow.frame()
        await quick.frame()
        await flag(project)
        first = json.loads((await slow.socket.receive())["text"])
        wanted = (await told(quick, 2))[0]
        for _ in range(3):
            await flag(project)
            wanted += (await told(quick, 2))[0]
        had = [event["cursor"] for event in first["events"]]
        assert await slow.socket.receives_nothing(0.2)
        await slow.socket.send(json.dumps({"type": "ack"}))
        had += (await told(slow, len(wanted) - len(had)))[0]
    assert had == wanted

"""The socket: who may follow, what they learn, and what ends it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.test import Client

from oversight.accounts import services as accounts
from oversight.accounts.models import Project, User
from oversight.audit.actors import Actor
from oversight.audit.models import LedgerEvent
from oversight.live import consumers, hub, selectors
from oversight.review import services as review
from tests import factories
from tests.oversight.live.follower import cookie_of, following, socket

pytestmark = pytest.mark.asyncio
WORKER = Actor.worker("tests")


@pytest.fixture
def house(committed_db: str) -> tuple[Project, User, User]:
    """A project with a reviewer, and a reviewer of another project."""
    project = factories.make_project("alpha")
    reviewer = factories.make_user("alice", project=project)
    stranger = factories.make_user("bob", project=factories.make_project("beta"))
    return project, reviewer, stranger


def sync(function: Callable[..., Any]) -> Callable[..., Any]:
    wrapped: Callable[..., Any] = database_sync_to_async(function)
    return wrapped


@sync
def flag(project: Project, **fields: Any) -> int:
    """Queue one new transcript; the item's id."""
    transcript = factories.make_transcript(project, **fields)
    return review.queue_flagged(transcript_id=transcript.pk, score=0.9, actor=WORKER).pk


@sync
def cookie(user: User) -> str:
    return cookie_of(user)


def queued(events: list[dict[str, Any]]) -> list[str]:
    return [event["object_id"] for event in events if event["action"] == "item.queued"]


async def test_a_stranger_is_refused(house: tuple[Project, User, User]) -> None:
    assert not await socket("no such session").connect()


async def test_another_origin_is_refused(house: tuple[Project, User, User]) -> None:
    assert not await socket(await cookie(house[1]), origin="http://evil.example").connect()


async def test_without_a_cursor_the_head_comes_first(house: tuple[Project, User, User]) -> None:
    async with following(await cookie(house[1])) as follower:
        frame = await follower.frame()
    assert frame["type"] == "head"
    assert "-" in frame["cursor"]


async def test_an_event_is_pushed_with_ids(house: tuple[Project, User, User]) -> None:
    async with following(await cookie(house[1])) as follower:
        await follower.frame()
        item_id = await flag(house[0])
        events = await follower.events(2)
    [event] = [event for event in events if event["action"] == "item.queued"]
    assert (event["object_type"], event["object_id"]) == ("review_item", str(item_id))
    assert set(event) == {"cursor", "action", "object_type", "object_id", "project_id", "subjects"}


async def test_no_frame_holds_content(house: tuple[Project, User, User]) -> None:
    secret = "the vault combination is 4711"
    async with following(await cookie(house[1])) as follower:
        await follower.frame()
        await flag(house[0], reasoning=secret, prompt=secret, answer=secret)
        await follower.events(2)
    assert follower.raw
    assert not any(word in text for text in follower.raw for word in secret.split() if len(word) > 3)


async def test_a_member_of_another_project_learns_nothing(house: tuple[Project, User, User]) -> None:
    project, reviewer, stranger = house
    async with following(await cookie(stranger)) as other, following(await cookie(reviewer)) as own:
        await other.frame()
        await own.frame()
        await flag(project)
        await own.events(2)
        assert await other.socket.receives_nothing(0.5)


async def test_resuming_has_neither_gap_nor_duplicate(house: tuple[Project, User, User]) -> None:
    project, reviewer, _ = house
    session = await cookie(reviewer)
    async with following(session) as follower:
        await follower.frame()
        first = await flag(project)
        before = await follower.events(2)
    missed = [await flag(project) for _ in range(3)]
    async with following(session, after=before[-1]["cursor"]) as follower:
        after = await follower.events(6)
        last = await flag(project)
        after += await follower.events(2)
    assert queued(before + after) == [str(pk) for pk in (first, *missed, last)]
    cursors = [event["cursor"] for event in before + after]
    assert len(set(cursors)) == len(cursors)


async def test_a_backlog_comes_in_frames_of_bounded_size(
    house: tuple[Project, User, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "BATCH", 3)
    project, reviewer, _ = house
    start = str((await database_sync_to_async(selectors.start)(""))[0])
    wanted = [await flag(project) for _ in range(4)]
    async with following(await cookie(reviewer), after=start) as follower:
        frames = [await follower.frame() for _ in range(3)]
    assert [len(frame["events"]) for frame in frames] == [3, 3, 2]
    assert queued([event for frame in frames for event in frame["events"]]) == [str(pk) for pk in wanted]


@pytest.mark.parametrize("after", ["nonsense", "9999999999999-1"])
async def test_a_cursor_that_is_not_ours_is_reset(house: tuple[Project, User, User], after: str) -> None:
    async with following(await cookie(house[1]), after=after) as follower:
        assert [(await follower.frame())["type"], (await follower.frame())["type"]] == ["reset", "head"]


async def test_an_event_hidden_by_a_slower_transaction_still_comes_soon(house: tuple[Project, User, User]) -> None:
    project, reviewer, _ = house
    begun, release = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow() -> None:
        with transaction.atomic():
            factories.make_project("slow")
            loop.call_soon_threadsafe(begun.set)
            asyncio.run_coroutine_threadsafe(release.wait(), loop).result(60)

    async with following(await cookie(reviewer)) as follower:
        await follower.frame()
        held = asyncio.create_task(database_sync_to_async(slow, thread_sensitive=False)())
        await begun.wait()
        await flag(project)
        assert await follower.socket.receives_nothing(0.3)
        release.set()
        await held
        assert len(await asyncio.wait_for(follower.events(2), 3)) == 2


async def test_a_role_that_is_taken_ends_the_feed(house: tuple[Project, User, User]) -> None:
    project, reviewer, _ = house
    async with following(await cookie(reviewer)) as follower:
        await follower.frame()
        await sync(accounts.set_membership)(user=reviewer, project=project, role=None, actor=WORKER)
        assert await follower.close_code() == consumers.ENDED


async def test_signing_out_ends_the_feed(house: tuple[Project, User, User]) -> None:
    @sync
    def sign_out(session: str) -> None:
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = session
        client.post("/logout/")
        assert not Session.objects.exists()

    session = await cookie(house[1])
    async with following(session) as follower:
        await follower.frame()
        await sign_out(session)
        assert await follower.close_code() == consumers.ENDED


async def test_a_disabled_user_gets_no_further_event(house: tuple[Project, User, User]) -> None:
    project, reviewer, _ = house
    async with following(await cookie(reviewer)) as follower:
        await follower.frame()
        await sync(User.objects.filter(pk=reviewer.pk).update)(is_active=False)
        await flag(project)
        assert await follower.close_code() == consumers.ENDED


async def test_a_browser_that_does_not_acknowledge_is_closed(
    house: tuple[Project, User, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "ACK_S", 0.2)
    async with following(await cookie(house[1])) as follower:
        await follower.frame()
        await flag(house[0])
        await follower.socket.receive()
        assert await follower.close_code() == consumers.SLOW


@pytest.mark.parametrize(
    ("text", "code"),
    [("{}", consumers.UNSUPPORTED), ("not json", consumers.UNSUPPORTED), ("x" * 2000, consumers.TOO_BIG)],
)
async def test_what_is_neither_ack_nor_ping_closes_the_socket(
    house: tuple[Project, User, User], text: str, code: int
) -> None:
    async with following(await cookie(house[1])) as follower:
        await follower.frame()
        await follower.socket.send(text)
        assert await follower.close_code() == code


async def test_a_flood_closes_the_socket(house: tuple[Project, User, User]) -> None:
    async with following(await cookie(house[1])) as follower:
        await follower.frame()
        for _ in range(consumers.INBOUND_PER_S + 1):
            await follower.socket.send(json.dumps({"type": "ping"}))
        frames = [await follower.socket.receive() for _ in range(consumers.INBOUND_PER_S + 1)]
    assert frames[-1]["code"] == consumers.TOO_MANY


async def test_a_storm_of_acknowledged_frames_is_no_flood(
    house: tuple[Project, User, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "BATCH", 1)
    for _ in range(consumers.INBOUND_PER_S):
        await flag(house[0])
    async with following(await cookie(house[1]), after="0-0") as follower:
        events = await follower.events(2 * consumers.INBOUND_PER_S)
    assert len(events) == 2 * consumers.INBOUND_PER_S


async def test_without_the_channel_layer_events_come_by_polling(
    house: tuple[Project, User, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "POLL_S", 0.2)
    monkeypatch.setattr("oversight.live.hints.HINTS.give", lambda topic, event_id: None)
    async with following(await cookie(house[1])) as follower:
        await follower.frame()
        item_id = await flag(house[0])
        assert queued(await follower.events(2)) == [str(item_id)]


async def test_following_writes_nothing_to_the_ledger(house: tuple[Project, User, User]) -> None:
    session = await cookie(house[1])
    before = await sync(LedgerEvent.objects.count)()
    async with following(session) as follower:
        await follower.frame()
    assert await sync(LedgerEvent.objects.count)() == before

"""One reader of the ledger for all sockets of a process: it reads on a hint, and every quarter of a minute."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from oversight.audit.selectors import Cursor
from oversight.lib import failures
from oversight.live import rights, selectors
from oversight.live.hints import GROUP, project_topic, user_topic
from oversight.live.rights import Access
from oversight.live.selectors import Reading

logger = logging.getLogger(__name__)
POLL_S = 15.0
# A hint after a quiet moment is followed at once; in a storm there is a pause, the longer the more are to be told.
GAP_S, GAP_PER_SOCKET_S = 0.05, 0.0005
# A hint can come before a slower transaction lets the feed show its event: look again, soon and then less often.
AGAIN_S, AGAIN_MAX_S, AWAIT_S = 0.05, 1.0, 5.0
# Who is further behind than this reads alone: what may be told of a blind item is not remembered for longer.
KEPT_S = 5.0
LISTEN_AGAIN_S = 1.0

P = ParamSpec("P")
T = TypeVar("T")


class Behind(Exception):
    """What follows a follower's place is not kept here: it must read for itself."""


class Follower:
    """A socket as the hub sees it: whose session it is, and the bell that tells it to look."""

    def __init__(self, session_key: str, access: Access) -> None:
        self.session_key, self.access = session_key, access
        self.rung = asyncio.Event()


class Hub:
    """Keeps what was read for some seconds; each follower takes what comes after its own place, at its own pace.

    A place in the ledger says everything about what a follower has, so nothing is lost or doubled whether the next
    piece comes from here or, for one that is new or slow, from a reading of its own.
    """

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.has_failed = False
        self._followers: set[Follower] = set()
        self._kept: deque[tuple[float, Reading]] = deque()
        self._rung = asyncio.Event()
        self._awaited: dict[int, float] = {}
        self._pause_s = AGAIN_S
        self._tasks: list[asyncio.Task[None]] = []

    def join(self, session_key: str, access: Access) -> Follower:
        follower = Follower(session_key, access)
        self._followers.add(follower)
        if not self._tasks:
            self._tasks = [asyncio.create_task(one) for one in (self._follow(), self._listen())]
            self._tasks[0].add_done_callback(self._ended)
        elif self.last is None or not access.all_projects <= self.last.projects:
            self._rung.set()
        return follower

    def leave(self, follower: Follower) -> None:
        self._followers.discard(follower)
        if not self._followers:
            for task in self._tasks:
                task.cancel()

    @property
    def is_over(self) -> bool:
        """Whether it serves nobody any more: the next socket starts another."""
        return self.has_failed or bool(self._tasks and not self._followers)

    def after(self, place: Cursor, access: Access) -> Reading | None:
        """The next piece for a follower that has everything up to `place`; None when there is none yet.

        Raises
        ------
        Behind : it is not kept, or was not read for all projects of this follower.
        """
        if not self._kept or place < self._kept[0][1].after:
            raise Behind
        for read_at, reading in self._kept:
            if reading.cursor <= place:
                continue
            is_old = read_at < time.monotonic() - KEPT_S and any(row.cursor > place for row in reading.rows)
            if is_old or not access.all_projects <= reading.projects:
                raise Behind
            return reading
        return None

    @property
    def last(self) -> Reading | None:
        """What was read last."""
        return self._kept[-1][1] if self._kept else None

    # Reading.

    async def _follow(self) -> None:
        while True:
            started = time.monotonic()
            self._rung.clear()
            followers = tuple(self._followers)
            reading, access = await in_thread(_read, self.last, [one.session_key for one in followers])
            self._admit(followers, access)
            self.take(reading)
            if not reading.is_full:
                await self._wait(started)

    def _admit(self, followers: tuple[Follower, ...], access: Mapping[str, Access]) -> None:
        for follower in followers:
            has = access.get(follower.session_key, NO_ACCESS)
            if has != follower.access:
                follower.access = has
                follower.rung.set()

    def take(self, reading: Reading) -> None:
        """Keep what was read, and wake those for whom something may be in it."""
        is_wider = self.last is None or not reading.projects <= self.last.projects
        self._keep(reading, is_wider)
        for event_id in reading.seen:
            self._awaited.pop(event_id, None)
        if any(not one.access.all_projects <= reading.projects for one in self._followers):
            self._rung.set()
        # Those too who joined while it was read: what they read for themselves may end before it.
        for follower in self._followers if reading.rows or is_wider else ():
            follower.rung.set()

    def _keep(self, reading: Reading, is_wider: bool) -> None:
        now = time.monotonic()
        if self.last and not reading.rows and not is_wider:
            read_at, last = self._kept.pop()
            self._kept.append((read_at, last.extended(reading)))
        else:
            self._kept.append((now, reading))
        # The piece before those that are young stays: most followers have its rows, and stand somewhere behind them.
        while len(self._kept) > 1 and self._kept[1][0] < now - KEPT_S:
            self._kept.popleft()

    async def _wait(self, started: float) -> None:
        now = time.monotonic()
        self._awaited = {event_id: until for event_id, until in self._awaited.items() if until > now}
        pause_s = self._pause_s if self._awaited else POLL_S
        self._pause_s = min(2 * self._pause_s, AGAIN_MAX_S)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), pause_s)
        gap_s = max(GAP_S, GAP_PER_SOCKET_S * len(self._followers))
        await asyncio.sleep(max(0.0, started + gap_s - time.monotonic()))

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Sockets that nobody reads for must not stay open."""
        self.has_failed = True
        if not task.cancelled() and (error := task.exception()):
            logger.error("the live feed failed", extra={"failure": failures.describe(error)})
        for other in self._tasks:
            other.cancel()
        for follower in self._followers:
            follower.rung.set()

    # Hints.

    async def _listen(self) -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        self._tasks.append(asyncio.create_task(_stay(layer, channel)))
        while True:
            try:
                self._hear(await layer.receive(channel))
            except (RedisError, OSError) as error:
                logger.warning("the channel layer does not answer", extra={"failure": type(error).__name__})
                await asyncio.sleep(LISTEN_AGAIN_S)

    def _hear(self, message: dict[str, Any]) -> None:
        """Something may be new, for those who follow these topics."""
        topics: dict[str, list[int]] = message["topics"]
        here = {follower.access for follower in self._followers}
        projects = {project_topic(pk) for access in here for pk in access.all_projects} & topics.keys()
        people = {user_topic(access.user_id) for access in here} & topics.keys()
        until = time.monotonic() + AWAIT_S
        for topic in projects:
            self._awaited.update(dict.fromkeys(topics[topic], until))
        if projects or people:
            self._pause_s = AGAIN_S
            self._rung.set()


NO_ACCESS = Access(0, frozenset())


def _read(last: Reading | None, session_keys: Collection[str]) -> tuple[Reading, dict[str, Access]]:
    """In a thread. Rights are read anew each time: a role that was taken ends the feed at once."""
    access = rights.access_of_sessions(session_keys)
    place = last.cursor if last else None
    return selectors.read(place, set(access.values()), n_sockets=len(session_keys)), access


async def _stay(layer: Any, channel: str) -> None:
    """Stay in the group: the layer forgets its members after a day, and all of them when it is emptied."""
    while True:
        with suppress(RedisError, OSError):
            await layer.group_add(GROUP, channel)
        await asyncio.sleep(POLL_S)


_hub: Hub | None = None


def hub() -> Hub:
    """The one of this process; in tests, of this loop."""
    global _hub
    if _hub is None or _hub.is_over or _hub.loop is not asyncio.get_running_loop():
        _hub = Hub()
    return _hub


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    # Sensitive to its thread, a read would wait for those of every other socket in the process.
    found: T = await database_sync_to_async(function, thread_sensitive=False)(*args, **kwargs)
    return found

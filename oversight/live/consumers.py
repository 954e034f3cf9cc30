"""The one socket: it reads the ledger on a hint, on connect and every quarter of a minute, and sends ids."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from oversight.lib import failures
from oversight.live import selectors
from oversight.live.hints import project_group, user_group

logger = logging.getLogger(__name__)
POLL_S = 15.0
ACK_S = 30.0
# Each hint wakes every socket of a project. A quiet one reads at once; in a storm the process reads this often at most.
READS_PER_S, SHORTEST_GAP_S = 200, 0.05
# A hint can come before a slower transaction lets the feed show its event: look again, soon and then less often.
AGAIN_S, AGAIN_MAX_S, AWAIT_S = 0.05, 1.0, 5.0
SOCKETS_PER_USER, SOCKETS = 10, 2000
INBOUND_BYTES, INBOUND_PER_S = 1024, 10
ENDED, SLOW, TOO_MANY, UNSUPPORTED, TOO_BIG, FAILED = 4401, 4408, 4429, 1003, 1009, 1011

P = ParamSpec("P")
T = TypeVar("T")
_open: Counter[int] = Counter()


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """One follower of the feed. `?after=` names the last event that the page has."""

    async def connect(self) -> None:
        self.session_key: str | None = self.scope["session"].session_key
        access = await _read(selectors.access_of_session, self.session_key)
        if access is None or _is_crowded(access.user_id):
            await self.close()
            return
        self.access = access
        _open[self.access.user_id] += 1
        self.rung, self.acked = asyncio.Event(), asyncio.Event()
        self.awaited: dict[int, float] = {}
        self.pause_s = AGAIN_S
        self.received: deque[float] = deque(maxlen=INBOUND_PER_S)
        self.joined: set[str] = set()
        await self._join()
        await self.accept()
        self.follower = asyncio.create_task(self._follow())
        self.follower.add_done_callback(self._ended)

    async def disconnect(self, code: int) -> None:
        if not hasattr(self, "follower"):
            return
        self.follower.cancel()
        _open[self.access.user_id] -= 1
        for group in self.joined:
            await self.channel_layer.group_discard(group, self.channel_name)

    async def hint(self, message: dict[str, Any]) -> None:
        """From the channel layer: something may be new."""
        until = time.monotonic() + AWAIT_S
        self.awaited.update(dict.fromkeys(message["events"], until))
        self.pause_s = AGAIN_S
        self.rung.set()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """From the browser: "ack" for a frame, or "ping"; nothing else."""
        if text_data is None or len(text_data) > INBOUND_BYTES:
            await self.close(UNSUPPORTED if text_data is None else TOO_BIG)
            return
        kind = _kind(text_data)
        # The answer to the frame in flight does not count: in a storm we send more than ten frames a second ourselves.
        if kind == "ack" and not self.acked.is_set():
            self.acked.set()
        elif self._is_flooding():
            await self.close(TOO_MANY)
        elif kind == "ping":
            await self._send({"type": "pong"})
        elif kind != "ack":
            await self.close(UNSUPPORTED)

    def _is_flooding(self) -> bool:
        now = time.monotonic()
        too_many = len(self.received) == INBOUND_PER_S and now - self.received[0] < 1
        self.received.append(now)
        return too_many

    async def _follow(self) -> None:
        await self._begin()
        while await self._drain():
            await self._wait()
            self.rung.clear()

    def _ended(self, follower: asyncio.Task[None]) -> None:
        """A socket that follows nothing any more must not stay open."""
        if not follower.cancelled() and (error := follower.exception()):
            logger.error("a live socket failed", extra={"failure": failures.describe(error)})
            self.closing = asyncio.create_task(self.close(FAILED))

    async def _begin(self) -> None:
        asked = parse_qs(self.scope["query_string"].decode("latin-1")).get("after", [""])[0]
        self.cursor, is_stale = await _read(selectors.start, asked)
        if is_stale:
            await self._send({"type": "reset"})
        if is_stale or not asked:
            await self._send({"type": "head", "cursor": str(self.cursor)})

    async def _drain(self) -> bool:
        """Send everything that is new, a frame at a time; False when the socket was closed."""
        while True:
            # Rights are read anew for each batch: a role that was taken ends the feed at once.
            found = await _read(selectors.next_batch, self.session_key, self.cursor)
            if found is None:
                await self.close(ENDED)
                return False
            self.access, batch = found
            self.read_at = time.monotonic()
            await self._join()
            self.cursor = batch.cursor
            for event_id in batch.seen:
                self.awaited.pop(event_id, None)
            if batch.events and not await self._deliver(batch.frame()):
                return False
            if not batch.is_full:
                return True

    async def _deliver(self, frame: dict[str, Any]) -> bool:
        """Send one frame and wait until the browser has it; False when it took too long."""
        self.acked.clear()
        await self._send(frame)
        try:
            await asyncio.wait_for(self.acked.wait(), ACK_S)
        except TimeoutError:
            await self.close(SLOW)
            return False
        return True

    async def _wait(self) -> None:
        now = time.monotonic()
        self.awaited = {event_id: until for event_id, until in self.awaited.items() if until > now}
        pause_s = self.pause_s if self.awaited else POLL_S
        self.pause_s = min(2 * self.pause_s, AGAIN_MAX_S)
        with suppress(TimeoutError):
            await asyncio.wait_for(self.rung.wait(), pause_s)
        gap_s = max(SHORTEST_GAP_S, _open.total() / READS_PER_S)
        await asyncio.sleep(max(0.0, self.read_at + gap_s - time.monotonic()))

    async def _join(self) -> None:
        """Follow the groups of the projects that the session may see now."""
        wanted = {project_group(pk) for pk in self.access.all_projects} | {user_group(self.access.user_id)}
        for group in wanted - self.joined:
            await self.channel_layer.group_add(group, self.channel_name)
        for group in self.joined - wanted:
            await self.channel_layer.group_discard(group, self.channel_name)
        self.joined = wanted

    async def _send(self, frame: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(frame, separators=(",", ":")))


async def _read(selector: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    # Sensitive to its thread, a read would wait for those of every other socket in the process.
    found: T = await database_sync_to_async(selector, thread_sensitive=False)(*args, **kwargs)
    return found


def _is_crowded(user_id: int) -> bool:
    return _open[user_id] >= SOCKETS_PER_USER or _open.total() >= SOCKETS


def _kind(text: str) -> str:
    try:
        message = json.loads(text)
    except ValueError:
        return ""
    return str(message.get("type", "")) if isinstance(message, dict) else ""

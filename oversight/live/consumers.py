"""The one socket: it sends what the hub has read, and waits until the browser has it."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import Counter, deque
from typing import Any
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncWebsocketConsumer

from oversight.audit.selectors import Cursor
from oversight.lib import failures
from oversight.live import rights, selectors
from oversight.live.hub import Behind, hub, in_thread
from oversight.live.rights import Access
from oversight.live.selectors import Reading

logger = logging.getLogger(__name__)
ACK_S = 30.0
SOCKETS_PER_USER, SOCKETS = 10, 2000
INBOUND_BYTES, INBOUND_PER_S = 1024, 10
ENDED, SLOW, TOO_MANY, UNSUPPORTED, TOO_BIG, FAILED = 4401, 4408, 4429, 1003, 1009, 1011

_open: Counter[int] = Counter()


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """One follower of the feed. `?after=` names the last event that the page has."""

    # The hub listens for all sockets of the process.
    channel_layer_alias = None

    async def connect(self) -> None:
        self.session_key: str = self.scope["session"].session_key or ""
        access = await in_thread(rights.access_of_session, self.session_key)
        if access is None or _is_crowded(access.user_id):
            await self.close()
            return
        self.user_id = access.user_id
        _open[self.user_id] += 1
        self.acked, self.cursor = asyncio.Event(), Cursor()
        self.received: deque[float] = deque(maxlen=INBOUND_PER_S)
        self.hub = hub()
        self.follower = self.hub.join(self.session_key, access)
        await self.accept()
        self.following = asyncio.create_task(self._follow())
        self.following.add_done_callback(self._ended)

    async def disconnect(self, code: int) -> None:
        if not hasattr(self, "follower"):
            return
        self.hub.leave(self.follower)
        _open[self.user_id] -= 1
        if hasattr(self, "following"):
            self.following.cancel()

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
            await self.follower.rung.wait()
            self.follower.rung.clear()

    def _ended(self, following: asyncio.Task[None]) -> None:
        """A socket that follows nothing any more must not stay open."""
        if not following.cancelled() and (error := following.exception()):
            logger.error("a live socket failed", extra={"failure": failures.describe(error)})
            self.closing = asyncio.create_task(self.close(FAILED))

    async def _begin(self) -> None:
        asked = parse_qs(self.scope["query_string"].decode("latin-1")).get("after", [""])[0]
        self.cursor, is_stale = await in_thread(selectors.start, asked)
        if is_stale:
            await self._send({"type": "reset"})
        if is_stale or not asked:
            await self._send({"type": "head", "cursor": str(self.cursor)})

    async def _drain(self) -> bool:
        """Send everything that is new, a frame at a time; False when the socket was closed."""
        while not self.hub.has_failed:
            found = await self._next()
            if found is None:
                await self.close(ENDED)
                return False
            access, reading = found
            if reading is None or reading.cursor <= self.cursor:
                return True
            frame = reading.frame(access, self.cursor)
            self.cursor = reading.cursor
            if frame and not await self._deliver(frame):
                return False
        await self.close(FAILED)
        return False

    async def _next(self) -> tuple[Access, Reading | None] | None:
        """What follows: from what the process has read, or from a reading of one's own; None without any rights."""
        access = self.follower.access
        if not access.all_projects:
            return None
        try:
            return access, self.hub.after(self.cursor, access)
        except Behind:
            return await in_thread(selectors.read_alone, self.session_key, self.cursor)

    async def _deliver(self, frame: str) -> bool:
        """Send one frame and wait until the browser has it; False when it took too long."""
        self.acked.clear()
        await self.send(text_data=frame)
        try:
            async with asyncio.timeout(ACK_S):
                await self.acked.wait()
        except TimeoutError:
            await self.close(SLOW)
            return False
        return True

    async def _send(self, frame: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(frame, separators=(",", ":")))


def _is_crowded(user_id: int) -> bool:
    return _open[user_id] >= SOCKETS_PER_USER or _open.total() >= SOCKETS


def _kind(text: str) -> str:
    try:
        message = json.loads(text)
    except ValueError:
        return ""
    return str(message.get("type", "")) if isinstance(message, dict) else ""

"""Many open queue pages as far as the server notices: sockets that acknowledge, and requests for the numbers."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections import Counter
from types import TracebackType
from typing import Self

import httpx
import websockets

FAR_S = 0.4
CONNECTING = 20


class OpenPage:
    """One page. It does what queue.js does: rows come with the frame, the numbers are asked for some time later."""

    def __init__(self, cookie: str, counts: asyncio.Semaphore) -> None:
        self.cookie, self._counts = cookie, counts
        self.decided_at: dict[str, float] = {}
        self.heard: Counter[str] = Counter()
        self.n_asked = 0
        self._waits = False
        self._asking: set[asyncio.Task[None]] = set()

    async def open(self, url: str, client: httpx.AsyncClient) -> None:
        address = url.replace("http", "ws", 1) + "/ws/live/"
        self._client = client
        self._socket = await websockets.connect(
            address, additional_headers={"Cookie": self.cookie, "Origin": url}, open_timeout=60
        )
        self._following = asyncio.create_task(self._follow())

    async def close(self) -> None:
        self._following.cancel()
        for task in self._asking:
            task.cancel()
        await self._socket.close()

    async def _follow(self) -> None:
        async for text in self._socket:
            frame = json.loads(text)
            if frame["type"] != "events":
                continue
            await self._socket.send(json.dumps({"type": "ack", "cursor": frame["cursor"]}))
            self._take(frame)

    def _take(self, frame: dict[str, list[dict[str, str]]]) -> None:
        now = time.time()
        self.heard.update(event["cursor"] for event in frame["events"])
        for rows in frame["rows"]:
            for item in re.findall(r'data-item="(\d+)" data-standing="decided"', rows["html"]):
                self.decided_at.setdefault(item, now)
        if not self._waits:
            self._waits = True
            task = asyncio.create_task(self._ask(float(str(frame["spread_ms"])) / 1e3))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    async def _ask(self, spread_s: float) -> None:
        await asyncio.sleep(FAR_S + random.random() * spread_s)
        self._waits = False
        async with self._counts:
            await self._client.get("/review/changes?ids=&counts=1", headers={"Cookie": self.cookie})
        self.n_asked += 1


class OpenPages:
    """All of them, some a person."""

    def __init__(self, url: str, cookies: list[str]) -> None:
        counts = asyncio.Semaphore(CONNECTING)
        self.url, self.pages = url, [OpenPage(cookie, counts) for cookie in cookies]

    async def __aenter__(self) -> Self:
        # The server ends connections that were quiet for some seconds.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.AsyncClient(base_url=self.url, timeout=60, limits=limits)
        for start in range(0, len(self.pages), CONNECTING):
            await asyncio.gather(
                *(page.open(self.url, self._client) for page in self.pages[start : start + CONNECTING])
            )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(page.close() for page in self.pages))
        await self._client.aclose()

    async def all_say(self, item: str, *, within_s: float) -> list[float]:
        """When each page was told that this item is decided; pages that were not are left out."""
        ends = time.monotonic() + within_s
        while time.monotonic() < ends and not all(item in page.decided_at for page in self.pages):
            await asyncio.sleep(0.005)
        return [page.decided_at[item] for page in self.pages if item in page.decided_at]

"""The door of the web process: bodies are counted and timed as they arrive, before anything reads or keeps them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Message = Mapping[str, Any]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY_BYTES = 64 * 1024 * 1024
PATIENCE_S = 20.0
MIN_BYTES_PER_S = 8 * 1024


class _Refused(Exception):
    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title


class BodyLimit:
    """413 for more than 64 MiB, whatever Content-Length says; 408 for a body slower than 8 KiB/s after 20 s."""

    def __init__(
        self, application: Application, *, max_bytes: int = MAX_BODY_BYTES, patience_s: float = PATIENCE_S
    ) -> None:
        self._application = application
        self._max_bytes = max_bytes
        self._patience_s = patience_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        try:
            self._check_announced(scope)
            await self._application(scope, self._counted(receive), send)
        except _Refused as refused:
            await _answer(refused, send)

    def _check_announced(self, scope: Scope) -> None:
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced[:20]) > self._max_bytes:
            raise self._too_large()

    def _too_large(self) -> _Refused:
        return _Refused(413, "Too large", f"A request body may have {self._max_bytes // 2**20} MiB. Send less at once.")

    def _counted(self, receive: Receive) -> Receive:
        started, received, complete = time.monotonic(), 0, False

        async def counted() -> Message:
            nonlocal received, complete
            if complete:
                return await receive()
            left_s = started + self._patience_s + received / MIN_BYTES_PER_S - time.monotonic()
            try:
                async with asyncio.timeout(left_s):
                    message = await receive()
            except TimeoutError:
                raise _Refused(408, "Too slow", "The body did not arrive in time. Send it faster.") from None
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                complete = not message.get("more_body", False)
            if received > self._max_bytes:
                raise self._too_large()
            return message

        return counted


async def _answer(refused: _Refused, send: Send) -> None:
    body = {"type": "about:blank", "title": refused.title, "status": refused.status, "detail": str(refused)}
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})

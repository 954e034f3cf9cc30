"""A browser's side of the socket, through the whole ASGI application."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.test import Client

from oversight.accounts.models import User
from oversight.audit.bell import BELL


def cookie_of(user: User) -> str:
    """Sign in; the value of the session cookie."""
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


class Socket:
    """A WebSocket without a server: asgiref's communicator (that of channels needs daphne)."""

    def __init__(self, application: Any, path: str, query: str, headers: list[tuple[bytes, bytes]]) -> None:
        scope = {
            "type": "websocket",
            "path": path,
            "query_string": query.encode(),
            "headers": headers,
            "subprotocols": [],
        }
        self.asgi: Any = ApplicationCommunicator(application, scope)  # type: ignore[no-untyped-call]  # asgiref

    async def connect(self) -> bool:
        await self.asgi.send_input({"type": "websocket.connect"})
        answer = await self.asgi.receive_output(30)
        return bool(answer["type"] == "websocket.accept")

    async def send(self, text: str) -> None:
        await self.asgi.send_input({"type": "websocket.receive", "text": text})

    async def receive(self, within_s: float = 30) -> dict[str, Any]:
        message: dict[str, Any] = await self.asgi.receive_output(within_s)
        return message

    async def receives_nothing(self, for_s: float) -> bool:
        return bool(await self.asgi.receive_nothing(timeout=for_s))

    async def disconnect(self) -> None:
        await self.asgi.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.asgi.wait(30)


def socket(cookie: str, *, after: str = "", origin: str = settings.PUBLIC_URL) -> Socket:
    """Not yet connected."""
    from oversight.asgi import application

    # The web process rings from a thread: a later test of this process would not know when its message is sent.
    BELL.reset()
    headers = [(b"origin", origin.encode()), (b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie}".encode())]
    return Socket(application, "/ws/live/", f"after={after}", headers)


class Follower:
    """Reads frames and acknowledges them. `raw` keeps every text that came."""

    def __init__(self, socket: Socket) -> None:
        self.socket = socket
        self.raw: list[str] = []

    async def frame(self, within_s: float = 30) -> dict[str, Any]:
        message = await self.socket.receive(within_s)
        assert message["type"] == "websocket.send", message
        self.raw.append(message["text"])
        frame: dict[str, Any] = json.loads(message["text"])
        if frame["type"] == "events":
            await self.socket.send(json.dumps({"type": "ack", "cursor": frame["cursor"]}))
        return frame

    async def events(self, n: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while len(found) < n:
            frame = await self.frame()
            found += frame.get("events", [])
        return found

    async def close_code(self) -> int:
        message = await self.socket.receive()
        assert message["type"] == "websocket.close", message
        return int(message["code"])


@asynccontextmanager
async def following(cookie: str, *, after: str = "") -> AsyncIterator[Follower]:
    """A connected follower."""
    connection = socket(cookie, after=after)
    assert await connection.connect()
    try:
        yield Follower(connection)
    finally:
        await connection.disconnect()

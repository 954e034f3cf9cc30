"""An application that answers with 1 when its connection sends at once, and 0 when it gathers for 40 ms."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from typing import Any

Send = Callable[[dict[str, Any]], Awaitable[None]]


async def application(scope: dict[str, Any], receive: Any, send: Send) -> None:
    connection = receive.__self__.transport.get_extra_info("socket")
    sends_at_once = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"1" if sends_at_once else b"0"})

"""Bodies at the door, through real ASGI messages."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from oversight.lib.body_limit import BodyLimit, Message, Receive, Scope, Send


async def _echo(scope: Scope, receive: Receive, send: Send) -> None:
    n_bytes = 0
    while True:
        message = await receive()
        n_bytes += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(n_bytes).encode()})


def answer(chunks: list[bytes], *, headers: dict[bytes, bytes] | None = None, pause_s: float = 0, **limits: Any) -> Any:
    """(status, body) for a request whose body arrives in these chunks."""
    sent: list[Message] = []
    left = list(chunks)

    async def receive() -> Message:
        await asyncio.sleep(pause_s)
        body = left.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(left)}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "headers": list((headers or {}).items())}
    asyncio.run(BodyLimit(_echo, **limits)(scope, receive, send))
    return sent[0]["status"], sent[1]["body"]


def test_a_body_within_the_limits_passes() -> None:
    assert answer([b"x" * 60, b"y" * 40], max_bytes=100) == (200, b"100")


@pytest.mark.parametrize("headers", [{}, {b"content-length": b"5"}, {b"content-length": b"-1"}])
def test_bytes_are_counted_whatever_the_header_says(headers: dict[bytes, bytes]) -> None:
    status, body = answer([b"x" * 60, b"y" * 41], headers=headers, max_bytes=100)
    assert status == 413
    assert json.loads(body)["status"] == 413


def test_an_announced_length_over_the_limit_is_refused_before_a_byte_is_read() -> None:
    assert answer([b"x"], headers={b"content-length": b"9" * 5000}, max_bytes=100)[0] == 413


def test_a_body_that_crawls_is_cut_off() -> None:
    assert answer([b"x"] * 50, pause_s=0.02, patience_s=0.1)[0] == 408


def test_a_long_body_that_keeps_its_pace_is_not() -> None:
    assert answer([b"x" * 4096] * 10, pause_s=0.02, patience_s=0.1)[0] == 200

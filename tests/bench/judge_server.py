"""A model server that answers every question after a fixed time: one small process, nothing to compute."""

from __future__ import annotations

import asyncio
import multiprocessing as mp
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httptools
import orjson
import uvloop

LATENCY_S = 0.05
CONTEXT = 32_768
_ANSWER = {
    "evidence": [],
    "findings": "",
    "decoding_hypothesis": "",
    "score": 1,
    "p": 5,
    "verdict": "negative",
    "addressed_to_reader": False,
    "language_ok": True,
    "notes": "",
}


class _Protocol(asyncio.Protocol):
    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._url, self._body = b"", bytearray()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._url = url

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        url, body = self._url, bytes(self._body)
        self._url, self._body = b"", bytearray()
        if url == b"/v1/models":
            self._send(b"200 OK", orjson.dumps({"data": [{"id": "bench", "max_model_len": CONTEXT}]}))
        elif url != b"/v1/chat/completions":
            self._send(b"404 Not Found", b"{}")
        else:
            # Of a long question only its length matters; the probe's riddle is short, and is solved.
            content = self._solved(body) if len(body) < 1_000 else _REPLY
            reply = _HEAD % (orjson.dumps(content), len(body) // 4)
            asyncio.get_running_loop().call_later(LATENCY_S, self._send, b"200 OK", reply)

    def _solved(self, body: bytes) -> str:
        form = orjson.loads(body).get("response_format", {}).get("json_schema", {}).get("schema", {})
        word = form.get("properties", {}).get("word")
        return orjson.dumps({"word": word["enum"][0]}).decode() if word else "Blue."

    def _send(self, status: bytes, body: bytes) -> None:
        head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
        self._transport.write(head + body)


_REPLY = orjson.dumps(_ANSWER).decode()
_HEAD = (
    b'{"id":"1","object":"chat.completion","choices":[{"index":0,"finish_reason":"stop",'
    b'"message":{"role":"assistant","content":%b}}],"usage":{"prompt_tokens":%d,"completion_tokens":60}}'
)


def _serve(told: Any) -> None:
    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(_Protocol, "127.0.0.1", 0)
        told.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(main())


@contextmanager
def judge_server() -> Iterator[str]:
    """Its address; it ends with the block."""
    context = mp.get_context("spawn")
    told = context.Queue()
    process = context.Process(target=_serve, args=(told,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{told.get(timeout=30)}/v1"
    finally:
        process.terminate()
        process.join()

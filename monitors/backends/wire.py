"""HTTP/1.1 to one server over kept-alive connections: a tenth of the work of a general client for each question."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections import deque
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import httptools

CONNECT_S = 10.0
MAX_REPLY_BYTES = 4 << 20
MAX_HEADER_BYTES = 64 << 10


class WireError(Exception):
    """What came back is no HTTP, or it broke off."""


class Unreached(WireError):
    """No connection could be made."""


class TooLarge(WireError):
    """The reply is larger than we read."""


class _Stale(WireError):
    """A kept connection was closed before the first byte of an answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Header names are in lower case."""

    status: int
    headers: dict[str, str]
    content: bytes


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens, and the lines that each request to it begins with."""

    host: str
    port: int
    is_tls: bool
    path: str
    lines: bytes

    @classmethod
    def of(cls, base: str, api_key: str | None) -> Address:
        """Raises ValueError for what is no http(s) address, or a key that cannot stand in a header."""
        parts = urlsplit(base)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("not an http(s) address")
        is_tls = parts.scheme == "https"
        name = parts.hostname.encode("idna").decode() if ":" not in parts.hostname else f"[{parts.hostname}]"
        host = name if parts.port is None else f"{name}:{parts.port}"
        lines = [f"Host: {host}", "Accept: application/json", "Accept-Encoding: identity", "User-Agent: oversight"]
        if api_key:
            lines.append(f"Authorization: Bearer {api_key}")
        elif parts.username:
            login = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
            lines.append(f"Authorization: Basic {base64.b64encode(login).decode()}")
        path = parts.path.rstrip("/")
        if any(not (line.isascii() and line.isprintable()) for line in (*lines, path)) or " " in path:
            raise ValueError("a character that no header may hold")
        port = parts.port or (443 if is_tls else 80)
        return cls(parts.hostname, port, is_tls, path, "\r\n".join(lines).encode())

    def request(self, method: str, path: str, body: bytes) -> bytes:
        length = f"\r\nContent-Type: application/json\r\nContent-Length: {len(body)}" if method == "POST" else ""
        head = f"{method} {self.path}{path} HTTP/1.1\r\n".encode()
        return b"".join((head, self.lines, length.encode(), b"\r\n\r\n", body))


class Wire:
    """The connections to one address. Lives on one event loop."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._idle: deque[_Connection] = deque()
        self._tls = _tls() if address.is_tls else None

    async def exchange(self, request: bytes) -> Reply:
        """One request, one reply. A kept connection that turns out to be closed is replaced once, silently.

        Raises
        ------
        WireError : there is no reply; Unreached and TooLarge say why.
        """
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                try:
                    return await self._on(connection, request)
                except _Stale:
                    continue
        return await self._on(await self._connect(), request)

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    async def _on(self, connection: _Connection, request: bytes) -> Reply:
        try:
            reply = await connection.exchange(request)
        except BaseException:
            connection.close()
            raise
        if connection.is_open:
            self._idle.append(connection)
        return reply

    async def _connect(self) -> _Connection:
        loop, address = asyncio.get_running_loop(), self._address
        try:
            async with asyncio.timeout(CONNECT_S):
                _, connection = await loop.create_connection(_Connection, address.host, address.port, ssl=self._tls)
        except (OSError, TimeoutError) as error:
            raise Unreached(type(error).__name__) from error
        return connection


def _tls() -> ssl.SSLContext:
    import certifi

    return ssl.create_default_context(cafile=certifi.where())


class _Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._waiter: asyncio.Future[Reply] | None = None
        self.is_open = False
        self._begin()

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._error: WireError | None = None
        self._is_begun = False
        self._begin_message()

    def _begin_message(self) -> None:
        self._headers: dict[str, str] = {}
        self._chunks: list[bytes] = []
        self._n_bytes = self._n_header_bytes = 0
        self._has_headers = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport, self.is_open = transport, True

    async def exchange(self, request: bytes) -> Reply:
        self._begin()
        self._waiter = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            return await self._waiter
        finally:
            self._waiter = None

    def close(self) -> None:
        self.is_open = False
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        if self._waiter is None or self._waiter.done():
            # Nobody asked: whatever this is, it is not the answer to the next question.
            self.close()
            return
        self._is_begun = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(self._error or WireError(type(error).__name__))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._n_header_bytes += len(name) + len(value)
        if self._n_header_bytes > MAX_HEADER_BYTES:
            self._error = TooLarge(f"the headers of the reply are larger than {MAX_HEADER_BYTES} bytes")
            raise self._error
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._has_headers = True

    def on_body(self, chunk: bytes) -> None:
        self._n_bytes += len(chunk)
        if self._n_bytes > MAX_REPLY_BYTES:
            self._error = TooLarge(f"the reply is larger than {MAX_REPLY_BYTES} bytes")
            raise self._error
        self._chunks.append(chunk)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if 100 <= status < 200:
            self._begin_message()
            return
        if not self._parser.should_keep_alive():
            self.close()
        self._answer(status)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        has_length = "content-length" in self._headers or "chunked" in self._headers.get("transfer-encoding", "")
        if self._has_headers and not has_length and exc is None:
            # A reply without a length ends with its connection.
            self._answer(self._parser.get_status_code())
        else:
            error = WireError if self._is_begun else _Stale
            self._fail(error("the connection was closed"))

    def _answer(self, status: int) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(Reply(status, self._headers, b"".join(self._chunks)))

    def _fail(self, error: WireError) -> None:
        self.close()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)

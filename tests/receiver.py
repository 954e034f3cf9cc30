"""A real receiver of webhooks on loopback: records what arrives, and answers as scripted, well or badly."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType

Behaviour = Callable[[socket.socket], None]


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came over the wire."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float


def answer(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    """A well-formed answer; header names are written with underscores."""

    def behave(connection: socket.socket) -> None:
        lines = [f"HTTP/1.1 {status} Scripted", f"Content-Length: {len(body)}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    return behave


def drip(connection: socket.socket) -> None:
    """One byte of a head that never ends, every 50 ms, until the other side has had enough."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        connection.sendall(b"a")
        time.sleep(0.05)


def flood(connection: socket.socket) -> None:
    """A body that does not end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def endless_head(connection: socket.socket) -> None:
    """Headers without an end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: " + b"y" * 200 + b"\r\n")


def endless_continue(connection: socket.socket) -> None:
    """Interim answers without a final one."""
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def reset(connection: socket.socket) -> None:
    """A TCP reset instead of an answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def not_http(connection: socket.socket) -> None:
    """A service of another kind."""
    connection.sendall(b"-ERR unknown command\r\n")


@dataclass
class Receiver:
    """Serves each connection in a thread of its own; the script is used up in order, its last entry stays."""

    script: list[Behaviour] = field(default_factory=lambda: [answer(200)])
    received: list[Received] = field(default_factory=list)
    tls: ssl.SSLContext | None = None

    def __enter__(self) -> Receiver:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.place = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.arrived = threading.Condition()
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    @property
    def url(self) -> str:
        return f"http://{self.place}/hook"

    def wait_for(self, n_requests: int, timeout_s: float = 20) -> list[Received]:
        """Everything received, once there are this many requests."""
        with self.arrived:
            if not self.arrived.wait_for(lambda: len(self.received) >= n_requests, timeout_s):
                raise TimeoutError(f"{len(self.received)} of {n_requests} requests arrived in {timeout_s} s")
            return list(self.received)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, raw: socket.socket) -> None:
        with raw, _peer_may_leave(), self._opened(raw) as connection:
            request = _read(connection)
            with self.arrived:
                self.received.append(request)
                behaviour = self.script.pop(0) if len(self.script) > 1 else self.script[0]
                self.arrived.notify_all()
            behaviour(connection)

    def _opened(self, raw: socket.socket) -> socket.socket:
        return self.tls.wrap_socket(raw, server_side=True) if self.tls else raw


@contextmanager
def _peer_may_leave() -> Iterator[None]:
    try:
        yield
    except OSError:
        return


def _read(connection: socket.socket) -> Received:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            raise ConnectionError("no request")
        data += chunk
    head, body = data.split(b"\r\n\r\n", 1)
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65536)
    method, path, _ = first.split(" ", 2)
    return Received(method, path, headers, body, time.time())

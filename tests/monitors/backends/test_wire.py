"""HTTP/1.1 as servers write it, byte by byte, over real sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from monitors.backends import endpoint
from monitors.backends.wire import MAX_REPLY_BYTES, Address, Reply, TooLarge, Unreached, Wire, WireError

CLOSE = b""
BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@contextmanager
def speaking(*connections: list[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers each request of each connection in turn with these bytes, CLOSE closing it."""
    heard: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for replies in connections:
            connection, _ = listener.accept()
            with connection:
                for reply in replies:
                    if reply == CLOSE:
                        break
                    heard.append(connection.recv(65_536))
                    connection.sendall(reply)
                else:
                    # Until the client closes.
                    connection.recv(65_536)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1", heard
    finally:
        thread.join(60)
        listener.close()


def exchange(url: str, times: int = 1, *, key: str | None = None) -> list[Reply]:
    address = Address.of(url, key)

    async def talk() -> list[Reply]:
        wire = Wire(address)
        try:
            return [await wire.exchange(address.request("POST", "/x", b'{"a": 1}')) for _ in range(times)]
        finally:
            wire.close()

    return endpoint.run(talk())


def test_one_connection_carries_several_questions() -> None:
    with speaking([BODY, BODY]) as (url, heard):
        replies = exchange(url, 2, key="secret")
    assert [reply.content for reply in replies] == [b"{}", b"{}"]
    assert heard[0].startswith(b"POST /v1/x HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nAuthorization: Bearer secret\r\n" in heard[0]
    assert heard[0].endswith(b'\r\nContent-Length: 8\r\n\r\n{"a": 1}')


def test_a_login_in_the_address_is_sent_as_one() -> None:
    with speaking([BODY]) as (url, heard):
        exchange(url.replace("://", "://me:pass@"))
    assert b"Authorization: Basic bWU6cGFzcw==" in heard[0]


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + BODY,
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    ],
    ids=["chunked", "continue", "old"],
)
def test_every_way_to_frame_a_reply_is_read(reply: bytes) -> None:
    with speaking([reply]) as (url, _):
        assert [(one.status, one.content) for one in exchange(url)] == [(200, b"{}")]


def test_a_reply_without_a_length_ends_with_its_connection() -> None:
    with speaking([b"HTTP/1.1 200 OK\r\n\r\n{}", CLOSE]) as (url, _):
        assert exchange(url)[0].content == b"{}"


def test_a_kept_connection_that_was_closed_is_replaced() -> None:
    with speaking([BODY, CLOSE], [BODY]) as (url, heard):
        assert len(exchange(url, 2)) == 2
    assert len(heard) == 2


def test_what_comes_unasked_is_no_answer_to_the_next_question() -> None:
    with speaking([BODY + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfake"], [BODY]) as (url, _):
        assert [reply.content for reply in exchange(url, 2)] == [b"{}", b"{}"]


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}", WireError),
        (b"SSH-2.0-nothing\r\n", WireError),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", TooLarge),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n" + b"x" * (MAX_REPLY_BYTES + 1), TooLarge),
    ],
    ids=["cut", "garbage", "headers", "body"],
)
def test_what_is_no_reply_is_an_error(reply: bytes, error: type[WireError]) -> None:
    with speaking([reply, CLOSE]) as (url, _), pytest.raises(error):
        exchange(url)


def test_nobody_there_is_told_apart() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(Unreached):
        exchange(url)


@pytest.mark.parametrize(
    ("base", "key"),
    [
        ("ftp://host/", None),
        ("http://", None),
        ("http://host/a b", None),
        ("http://host", "x\r\nX-Evil: 1"),
        ("http://host", "schlüssel"),
    ],
)
def test_an_address_or_key_that_no_header_can_hold_is_refused(base: str, key: str | None) -> None:
    with pytest.raises(ValueError, match=r"address|character"):
        Address.of(base, key)

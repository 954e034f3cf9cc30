"""Requests through the handler of the web process, as ASGI messages."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import path

from oversight.lib import csv_export
from oversight.lib.handler import Handler
from oversight.transcripts.models import Transcript

LINES = 1_000


def seen(request: HttpRequest) -> HttpResponse:
    """The thread, whether a connection was left to it, and the body."""
    was_open = connection.connection is not None
    n = Transcript.objects.count()
    return HttpResponse(f"{threading.get_ident()} {was_open} {n} {request.body.decode()}")


def streamed(request: HttpRequest) -> HttpResponseBase:
    rows = ([n, Transcript.objects.count()] for n in range(LINES))
    return csv_export.attachment(request, rows, name="rows.csv")


urlpatterns = [path("seen", seen), path("streamed", streamed)]


class Answer:
    """What was sent for one request."""

    def __init__(self, sent: Iterable[dict[str, Any]]) -> None:
        start, *bodies = sent
        self.status: int = start["status"]
        self.headers = {name.lower(): value for name, value in start["headers"]}
        self.chunks = [message.get("body", b"") for message in bodies]
        self.content = b"".join(self.chunks)


async def answer(handler: Handler, url: str, body: bytes = b"", *, query: bytes = b"") -> Answer:
    messages = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(b"host", b"127.0.0.1")]
    scope = {"type": "http", "method": "POST", "path": url, "query_string": query, "headers": headers}
    await handler(scope, receive, send)
    return Answer(sent)


@pytest.fixture
def handler(settings: Any, transactional_db: None) -> Handler:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = ["oversight.audit.middleware.RequestContextMiddleware"]
    return Handler()


def test_requests_are_answered_in_threads_that_are_kept_and_keep_no_connection(handler: Handler) -> None:
    async def ask() -> list[Answer]:
        return [await answer(handler, "/seen", str(n).encode()) for n in range(20)]

    found = asyncio.run(ask())
    threads, was_open, counts, bodies = zip(*(one.content.decode().split() for one in found), strict=True)
    # A thread may not yet be back when the next request comes.
    assert len(set(threads)) < 10
    assert str(threading.get_ident()) not in threads
    assert (set(was_open), set(counts)) == ({"False"}, {"0"})
    assert [int(body) for body in bodies] == list(range(20))
    assert len({one.headers[b"x-request-id"] for one in found}) == 20


def test_many_requests_are_answered_at_once(handler: Handler) -> None:
    async def ask() -> list[Answer]:
        return await asyncio.gather(*(answer(handler, "/seen", str(n).encode()) for n in range(20)))

    assert [found.content.split()[-1] for found in asyncio.run(ask())] == [str(n).encode() for n in range(20)]


def test_what_is_streamed_is_sent_while_it_is_read(handler: Handler) -> None:
    found = asyncio.run(answer(handler, "/streamed"))
    assert len([chunk for chunk in found.chunks if chunk]) >= LINES // csv_export.LINES
    assert found.content.splitlines() == [f"{n},0".encode() for n in range(LINES)]


def test_a_query_that_is_no_text_is_a_bad_request(handler: Handler) -> None:
    assert asyncio.run(answer(handler, "/seen", query=b"\xff")).status == 400


def test_a_sender_that_leaves_before_the_end_of_its_body_gets_no_answer(handler: Handler) -> None:
    async def leave() -> list[dict[str, Any]]:
        begun = {"type": "http.request", "body": b"x", "more_body": True}
        messages: list[dict[str, Any]] = [begun, {"type": "http.disconnect"}]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return messages.pop(0)

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await handler({"type": "http", "method": "POST", "path": "/seen", "headers": []}, receive, send)
        return sent

    assert asyncio.run(leave()) == []

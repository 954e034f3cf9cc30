"""Django behind ASGI, with each request in one thread from its first middleware to its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import IO, Any, cast

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.db import close_old_connections
from django.http import HttpResponseBase
from django.urls import set_script_prefix

# More than may be stored at once, so that it is the gate which sends requests away, and pages are answered beside them.
MOST_AT_ONCE = 64
Scope = dict[str, Any]


class Handler(ASGIHandler):
    """Like Django's own, for middleware and views that are all synchronous: they run in threads that are kept.

    Django's own makes a thread for every request and changes between it and the event loop half a dozen times, which
    takes longer than most of what is asked of us.
    """

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="request")

    async def __call__(
        self, scope: Scope, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        run = asyncio.get_running_loop().run_in_executor
        response = await run(self._threads, partial(copy_context().run, self._answer, scope, body))
        if not response.streaming:
            await self.send_response(response, send)
            return
        async with ThreadSensitiveContext():
            try:
                await self.send_response(response, send)
            finally:
                await sync_to_async(response.close)()

    def _answer(self, scope: Scope, body: IO[bytes]) -> HttpResponseBase:
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=type(self), scope=scope)
        request, refused = self.create_request(scope, body)
        if request is None:
            body.close()
        response: Any = refused if request is None else self.get_response(request)
        response._handler_class = type(self)
        if response.streaming:
            # What it streams is read in another thread; this one is done with its connection.
            close_old_connections()
        else:
            response.close()
        return cast("HttpResponseBase", response)

"""One model server as this process knows it: its connections, its limits and its health, shared by all who ask it."""

from __future__ import annotations

import asyncio
import atexit
import os
import random
import threading
import time
import weakref
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from monitors.backends.breaker import Breaker
from monitors.backends.pacing import Slots, asked_pause
from monitors.backends.wire import Address, Reply, TooLarge, Unreached, Wire, WireError
from monitors.errors import BackendUnavailable

TRIES = 4
CONCURRENCY = 8
Result = TypeVar("Result")
_BUSY = frozenset({429, 503, 529})
_AGAIN = frozenset({500, 502, 504, *_BUSY})


class Endpoint:
    """Asks one server; every question of the process to it goes through the same slots, pauses and breaker.

    `ask` runs on the process's one event loop of its own, and nothing else touches the state.
    """

    def __init__(self, base: str, api_key: str | None) -> None:
        try:
            self._address = Address.of(base, api_key)
        except (ValueError, UnicodeError) as error:
            raise BackendUnavailable(f"the model server's address is unusable: {error}", reason="error") from None
        self._wire = Wire(self._address)
        self._slots = Slots(CONCURRENCY)
        self._paused_until = 0.0
        self.breaker = Breaker()

    @property
    def concurrency(self) -> int:
        return self._slots.limit

    def limit(self, concurrency: int) -> None:
        """Who asks for a limit last sets it for all."""
        if concurrency != self._slots.limit:
            run(self._limit(concurrency))

    async def _limit(self, concurrency: int) -> None:
        self._slots.set_limit(concurrency)

    async def ask(
        self, method: str, path: str, body: bytes, *, timeout_s: float, max_wait_s: float, tries: int = TRIES
    ) -> Reply:
        """The reply, whatever its status, unless the server is busy or broken at each try.

        Raises
        ------
        BackendUnavailable : no reply, one that is too large, the breaker is open, or it stayed busy.
        """
        request = self._address.request(method, path, body)
        last, wait_s = "", 0.0
        for attempt in range(tries):
            if wait_s:
                await asyncio.sleep(wait_s)
            wait_s = min(0.5 * 2**attempt * random.uniform(0.5, 1.5), max_wait_s)
            try:
                reply = await self._once(request, timeout_s, max_wait_s)
            except TooLarge as error:
                raise BackendUnavailable(str(error), reason="error") from error
            except Unreached as error:
                raise BackendUnavailable("the model server cannot be reached") from error
            except TimeoutError as error:
                raise BackendUnavailable("the model server did not answer in time", reason="timeout") from error
            except WireError as error:
                last = f"the model server broke off ({error})"
                continue
            if reply.status not in _AGAIN:
                return reply
            last = f"the model server answered {reply.status}"
            if asked_pause(reply.headers) is not None:
                # The whole endpoint waits for as long as it was asked to.
                wait_s = 0.0
        raise BackendUnavailable(f"{last}{f' {tries} times' if tries > 1 else ''}", reason="error")

    async def _once(self, request: bytes, timeout_s: float, max_wait_s: float) -> Reply:
        await self._slots.take()
        try:
            await self._pause()
            self.breaker.enter()
            sent_at = time.monotonic()
            try:
                async with asyncio.timeout(timeout_s):
                    reply = await self._wire.exchange(request)
            except (TimeoutError, WireError) as error:
                self.breaker.leave() if isinstance(error, TooLarge) else self.breaker.fail()
                raise
            except BaseException:
                self.breaker.leave()
                raise
            self._learn(reply, sent_at, max_wait_s)
            return reply
        finally:
            self._slots.give()

    async def _pause(self) -> None:
        """Until the server may be asked again. Those who wait keep their slots, so that the others queue behind."""
        while (left := self._paused_until - time.monotonic()) > 0:
            await asyncio.sleep(left + random.uniform(0.0, 0.1 * left))

    def _learn(self, reply: Reply, sent_at: float, max_wait_s: float) -> None:
        if (seconds := asked_pause(reply.headers)) is not None:
            self._paused_until = max(self._paused_until, time.monotonic() + min(seconds, max_wait_s))
        if reply.status == 429 or (reply.status in _BUSY and "retry-after" in reply.headers):
            self._slots.slow_down(sent_at)
            # It answers, and says that it has too much to do: that is no failure.
            self.breaker.leave()
        elif reply.status >= 500:
            self.breaker.fail()
        else:
            self._slots.speed_up()
            self.breaker.succeed()


_known: weakref.WeakValueDictionary[tuple[int, str, str | None], Endpoint] = weakref.WeakValueDictionary()
_lock = threading.Lock()


def endpoint_of(base: str, api_key: str | None) -> Endpoint:
    """The process's one endpoint for this address and key; it lives as long as somebody holds it."""
    key = (os.getpid(), base, api_key)
    with _lock:
        found = _known.get(key)
        if found is None:
            found = _known[key] = Endpoint(base, api_key)
            weakref.finalize(found, _close, found._wire)
        return found


def _close(wire: Wire) -> None:
    if _Loop.current is not None and _Loop.current.pid == os.getpid():
        _Loop.current.loop.call_soon_threadsafe(wire.close)


class _Loop:
    """The event loop of this process for model servers, in a thread of its own. A fork starts its own."""

    current: _Loop | None = None

    def __init__(self) -> None:
        import uvloop

        self.pid = os.getpid()
        self.loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="model-servers", daemon=True)
        self._thread.start()
        atexit.register(self._stop)

    def _stop(self) -> None:
        # In a fork the thread is not there.
        if self.pid == os.getpid():
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join(2.0)


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """The result of a coroutine on that loop; who stops waiting ends it."""
    with _lock:
        if _Loop.current is None or _Loop.current.pid != os.getpid():
            _Loop.current = _Loop()
        loop = _Loop.current.loop
    future: Future[Result] = asyncio.run_coroutine_threadsafe(work, loop)
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise

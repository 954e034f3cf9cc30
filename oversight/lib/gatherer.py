"""A thread that does for many callers at once what none of them should wait for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

# How many times as long as a sending takes it rests after it, since requests share the interpreter with it.
REST, MOST_REST_S = 9, 0.25


class Gatherer:
    """Calls `send` in a thread of its own some moments after it was woken, for all who woke it meanwhile.

    The thread is kept: what Celery and the channel layer keep for a thread costs more to make than one sending.
    """

    def __init__(self, name: str, send: Callable[[], None], *, gather_s: float) -> None:
        self._name, self._send, self._gather_s = name, send, gather_s
        self._woken, self._lock = threading.Event(), threading.Lock()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        self._woken.set()
        if self._thread is None or not self._thread.is_alive():
            self._start()

    def _start(self) -> None:
        with self._lock:
            # A process that was forked has the object, and no thread.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        pause_s = self._gather_s
        while self._woken.wait():
            time.sleep(pause_s)
            self._woken.clear()
            started = time.monotonic()
            self._send()
            pause_s = min(MOST_REST_S, max(self._gather_s, REST * (time.monotonic() - started)))

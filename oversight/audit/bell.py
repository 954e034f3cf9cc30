"""Telling workers that there is something to do. A lost ring costs latency only: rows decide, and sweeps look again."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

from celery import current_app
from kombu.exceptions import OperationalError

from oversight.lib.gatherer import Gatherer

logger = logging.getLogger(__name__)
# As long as the sweeps' period: ringing more often would not get anything done earlier.
PAUSE_S = 5.0
# Ids in one message: a trivial task per message reaches a few hundred a second only.
CHUNK = 50
# Far shorter than a worker takes to begin.
GATHER_S = 0.01


class Bell:
    """Publishes messages; silent for a while after the broker did not answer, so that a dead one delays one caller."""

    def __init__(self) -> None:
        self._silent_until = 0.0
        self._gathers = False
        self._lock = threading.Lock()
        self._waiting: dict[tuple[str, str, int], list[int]] = {}
        self._thread = Gatherer("bell", self._send_gathered, gather_s=GATHER_S)

    def gather(self) -> None:
        """From now on send from a thread of its own, all rings of some milliseconds at once: no request waits."""
        self._gathers = True

    def ring(self, task: str, ids: Sequence[int], *, queue: str = "default", chunk: int = CHUNK) -> bool:
        """Send a task, by its name, ids in chunks; False when it is known that not all of them were sent."""
        if not self._gathers:
            return self._send_all(task, ids, queue, chunk)
        with self._lock:
            self._waiting.setdefault((task, queue, chunk), []).extend(ids)
        self._thread.wake()
        return True

    def _send_gathered(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        for (task, queue, chunk), ids in waiting.items():
            self._send_all(task, ids, queue, chunk)

    def _send_all(self, task: str, ids: Sequence[int], queue: str, chunk: int) -> bool:
        return all(self._send(task, list(ids[at : at + chunk]), queue) for at in range(0, len(ids), chunk))

    def _send(self, task: str, ids: list[int], queue: str) -> bool:
        if time.monotonic() < self._silent_until:
            return False
        try:
            current_app.send_task(task, args=[ids], queue=queue)
        except OperationalError:
            self._silent_until = time.monotonic() + PAUSE_S
            logger.warning("the broker does not answer; the next sweep will ring", extra={"task": task})
            return False
        return True

    def reset(self) -> None:
        """Try again at once, and send from the thread that rings, as in a new process."""
        self._silent_until, self._gathers = 0.0, False


BELL = Bell()


def depth(queue: str) -> int:
    """Messages that wait in a queue. Raises kombu's OperationalError when the broker does not answer."""
    return depths([queue])[queue]


def depths(queues: Iterable[str]) -> dict[str, int]:
    """The same of several queues, over one connection."""
    with current_app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        # A passive declaration would say it too, but kombu's looks for the queue without our key prefix.
        return {queue: int(channel._size(queue)) for queue in queues}

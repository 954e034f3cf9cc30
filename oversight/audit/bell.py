"""Telling workers that there is something to do. A lost ring costs latency only: rows decide, and sweeps look again."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Any

from celery import current_app
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)
# As long as the sweeps' period: ringing more often would not get anything done earlier.
PAUSE_S = 5.0
# Ids in one message: a trivial task per message reaches a few hundred a second only.
CHUNK = 50


class Bell:
    """Publishes messages; silent for a while after the broker did not answer, so that a dead one delays one caller."""

    def __init__(self) -> None:
        self._silent_until = 0.0

    def ring(self, task: str, ids: Sequence[int], *, queue: str = "default", chunk: int = CHUNK) -> bool:
        """Send a task, by its name, ids in chunks; False when not all of them were sent."""
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
        """Try again at once."""
        self._silent_until = 0.0


BELL = Bell()


def depth(queue: str) -> int:
    """Messages that wait in a queue. Raises kombu's OperationalError when the broker does not answer."""
    with current_app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        # A passive declaration would say it too, but kombu's looks for the queue without our key prefix.
        return int(channel._size(queue))

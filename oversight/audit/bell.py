"""Telling workers that there is something to do. A lost ring costs latency only: rows decide, and sweeps look again."""

from __future__ import annotations

import logging
import time
from typing import Any

from celery import Task
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)
# As long as the sweeps' period: ringing more often would not get anything done earlier.
PAUSE_S = 5.0


class Bell:
    """Publishes messages; silent for a while after the broker did not answer, so that a dead one delays one caller."""

    def __init__(self) -> None:
        self._silent_until = 0.0

    def ring(self, task: Task[Any, Any], *args: Any, queue: str | None = None) -> bool:
        """Publish; False when it was not sent."""
        if time.monotonic() < self._silent_until:
            return False
        try:
            if queue:
                task.apply_async(args, queue=queue)
            else:
                task.apply_async(args)
        except OperationalError:
            self._silent_until = time.monotonic() + PAUSE_S
            logger.warning("the broker does not answer; the next sweep will ring", extra={"task": task.name})
            return False
        return True

    def reset(self) -> None:
        """Try again at once."""
        self._silent_until = 0.0


BELL = Bell()

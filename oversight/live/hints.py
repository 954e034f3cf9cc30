"""Hints over the channel layer that the ledger has something new. A lost hint costs latency, never an event."""

from __future__ import annotations

import asyncio
import logging
import threading

from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from oversight.lib.gatherer import Gatherer

logger = logging.getLogger(__name__)
# Long enough to gather the events of a burst, short beside what a person notices.
GATHER_S = 0.02
# A hint names events only so that a follower can wait for them; of a storm the newest are enough.
NAMED = 50
SEND_S = 5.0


# Every web process is told of everything, once, however many sockets it has.
GROUP = "live"


def project_topic(project_id: int) -> str:
    """What concerns everybody who follows a project."""
    return f"project.{project_id}"


def user_topic(user_id: int | str) -> str:
    """What concerns one person's sockets."""
    return f"user.{user_id}"


class Hints:
    """Sends from a thread of its own, gathered: no request or worker waits for the channel layer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, set[int]] = {}
        self._thread = Gatherer("live-hints", self._send, gather_s=GATHER_S)
        # For all sendings one loop, for which the layer keeps its connections; none that a fork has copied.
        self._loop = threading.local()

    def give(self, topic: str, event_id: int) -> None:
        with self._lock:
            self._waiting.setdefault(topic, set()).add(event_id)
        self._thread.wake()

    def _send(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        if not hasattr(self._loop, "runner"):
            self._loop.runner = asyncio.Runner()
        try:
            self._loop.runner.run(_send_all(waiting))
        except (RedisError, OSError) as error:
            logger.warning("the channel layer does not answer", extra={"failure": type(error).__name__})


async def _send_all(waiting: dict[str, set[int]]) -> None:
    topics = {topic: sorted(event_ids)[-NAMED:] for topic, event_ids in waiting.items()}
    # A layer that accepts connections and never answers would hold up the end of this process for ever.
    async with asyncio.timeout(SEND_S):
        await get_channel_layer().group_send(GROUP, {"type": "hint", "topics": topics})


HINTS = Hints()

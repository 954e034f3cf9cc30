"""Counting attempts in the cache that all processes share."""

from __future__ import annotations

from django.core.cache import cache
from redis.exceptions import RedisError

from oversight.lib import clock
from oversight.lib.errors import Unavailable

WINDOW_S = 60


def _key(name: str) -> str:
    # The window is in the name: a counter that lost its expiry to a race can never lock anybody out for good.
    return f"throttle:{name}:{int(clock.now().timestamp()) // WINDOW_S}"


def hit(name: str) -> int:
    """Count one attempt; how many there were in this minute, this one included. Raises Unavailable without a cache."""
    key = _key(name)
    try:
        cache.add(key, 0, timeout=2 * WINDOW_S)
        return cache.incr(key)
    except RedisError as error:
        raise Unavailable("Attempts cannot be counted at the moment, so none is accepted. Try again.") from error


def take_back(name: str) -> None:
    """The attempt was a good one and does not count. Without a cache it counts until the minute ends."""
    try:
        cache.decr(_key(name))
    except (RedisError, ValueError):
        return

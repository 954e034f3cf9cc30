"""What one API key may send: a token bucket of records and one of bytes, in the Valkey that all processes share.

A request is charged after it was served, since only then its records are known; a key in debt waits until it is paid.
Requests that follow each other closely are charged together, so that few of them wait for Valkey. Without it everybody
is let through: losing it must lose no input.
"""

from __future__ import annotations

import math
import threading
import time
from typing import Any

import redis
from django.conf import settings
from redis.exceptions import RedisError

from oversight.accounts.models import ApiKey
from oversight.lib.errors import Throttled

BURST_S = 10
# How often one process charges a key at most; what comes in between is charged with the next request after that.
EVERY_S = 0.05
TIMEOUT_S = 0.25
# After Valkey did not answer it is not asked for so long: nobody waits for it twice.
SILENT_S = 5.0

_CHARGE = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local rates, burst = {tonumber(ARGV[1]), tonumber(ARGV[2])}, tonumber(ARGV[5])
local costs = {tonumber(ARGV[3]), tonumber(ARGV[4])}
local kept = redis.call('HMGET', KEYS[1], 'records', 'bytes', 'at')
local since = math.max(0, now - (tonumber(kept[3]) or now))
local wait, left = 0, {}
for i = 1, 2 do
  local full = rates[i] * burst
  left[i] = math.min(full, (tonumber(kept[i]) or full) + since * rates[i]) - costs[i]
  wait = math.max(wait, -left[i] / rates[i])
end
redis.call('HSET', KEYS[1], 'records', left[1], 'bytes', left[2], 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil((wait + 2 * burst) * 1000))
return math.ceil(wait * 1000)
"""


class _Account:
    """What a key has sent and not been charged for."""

    def __init__(self) -> None:
        self._records = self._bytes = 0
        self._charged_at = -math.inf

    def due(self, records: int, n_bytes: int) -> tuple[int, int] | None:
        """All records and bytes since the last charge, or None when that was a moment ago."""
        self._records, self._bytes = self._records + records, self._bytes + n_bytes
        if time.monotonic() < self._charged_at + EVERY_S:
            return None
        found = self._records, self._bytes
        self._records, self._bytes, self._charged_at = 0, 0, time.monotonic()
        return found


class Allowance:
    """The buckets of all keys as one process sees them: it remembers which keys are in debt, and until when."""

    def __init__(self) -> None:
        self._in_debt_until: dict[int, float] = {}
        self._accounts: dict[int, _Account] = {}
        self._silent_until = 0.0
        self._lock = threading.Lock()
        self._client: redis.Redis | None = None

    def check(self, key: ApiKey) -> None:
        """Raises Throttled while the key is in debt. Asks nobody."""
        left_s = self._in_debt_until.get(key.pk, 0.0) - time.monotonic()
        if left_s > 0:
            limits = f"{settings.INGEST_KEY_RECORDS_PER_S:,} records and {settings.INGEST_KEY_BYTES_PER_S:,} bytes"
            raise Throttled(
                f"A key may send {limits} a second. Nothing of this was stored.", retry_after=_whole(left_s)
            )

    def charge(self, key: ApiKey, *, records: int, n_bytes: int) -> None:
        """Take what was sent from the key's buckets, now or soon."""
        if time.monotonic() < self._silent_until:
            return
        with self._lock:
            due = self._accounts.setdefault(key.pk, _Account()).due(records, n_bytes)
        if due is None:
            return
        rates = settings.INGEST_KEY_RECORDS_PER_S, settings.INGEST_KEY_BYTES_PER_S
        try:
            charged = map(str, (*rates, *due, BURST_S))
            wait_ms: Any = self._connected().eval(_CHARGE, 1, f"ingest:{key.pk}", *charged)
        except RedisError:
            self._silent_until = time.monotonic() + SILENT_S
            return
        self._in_debt_until[key.pk] = time.monotonic() + int(wait_ms) / 1000

    def _connected(self) -> redis.Redis:
        with self._lock:
            if self._client is None:
                self._client = redis.Redis.from_url(
                    settings.REDIS_URL, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S
                )
            return self._client

    def reset(self) -> None:
        """Forget debts and silence."""
        self._in_debt_until.clear()
        self._accounts.clear()
        self._silent_until = 0.0


def _whole(seconds: float) -> int:
    return max(1, math.ceil(seconds))


ALLOWANCE = Allowance()

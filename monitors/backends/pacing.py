"""How fast one server may be asked: slots shared by all, fewer after a 429, and pauses that the server asks for."""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+")
_PIECE = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_LIMITS = ("x-ratelimit-{}-requests", "x-ratelimit-{}-tokens", "x-ratelimit-{}", "ratelimit-{}")


class Slots:
    """At most `limit` questions at once, first come first served. For one event loop; not thread-safe."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._allowed = float(limit)
        self._slowed_at = 0.0
        self._n_busy = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def allowed(self) -> int:
        """How many may be under way now."""
        return int(self._allowed)

    def set_limit(self, limit: int) -> None:
        self.limit, self._allowed = limit, float(limit)
        self._wake()

    async def take(self) -> None:
        if self._n_busy < self.allowed and not self._waiting:
            self._n_busy += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give()
            raise

    def give(self) -> None:
        self._n_busy -= 1
        self._wake()

    def slow_down(self, sent_at: float) -> None:
        """Halve what may be under way; once for all questions that were sent before it was last halved."""
        if sent_at >= self._slowed_at:
            self._allowed = max(1.0, self._allowed / 2)
            self._slowed_at = time.monotonic()

    def speed_up(self) -> None:
        """One more after as many answers as may be under way."""
        if self._allowed < self.limit:
            self._allowed = min(float(self.limit), self._allowed + 1 / self._allowed)
            self._wake()

    def _wake(self) -> None:
        while self._waiting and self._n_busy < self.allowed:
            turn = self._waiting.popleft()
            if not turn.done():
                self._n_busy += 1
                turn.set_result(None)


def asked_pause(headers: Mapping[str, str]) -> float | None:
    """Seconds for which a server asks to be left alone: Retry-After, or the reset of a limit that is used up."""
    used_up = (name for name in _LIMITS if headers.get(name.format("remaining"), "").strip() == "0")
    waits = map(_seconds, (headers.get("retry-after"), *(headers.get(name.format("reset")) for name in used_up)))
    known = [wait for wait in waits if wait is not None]
    return max(0.0, *known) if known else None


def _seconds(told: str | None) -> float | None:
    """A number, a duration such as 1m0.5s, a date of HTTP or ISO 8601, or the time of day in Unix seconds."""
    told = (told or "").strip()
    if not told:
        return None
    if _DURATION.fullmatch(told):
        return sum(float(number) * _UNITS[unit] for number, unit in _PIECE.findall(told))
    if re.fullmatch(r"\d{1,15}(?:\.\d{1,9})?", told):
        # No server asks for a pause of thirty years: that is a point in time.
        return float(told) - time.time() if float(told) > 1e9 else float(told)
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return (read(told) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            continue
    return None

"""A circuit breaker: a server that fails again and again is left alone for a while, then asked once."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from enum import StrEnum

from monitors.errors import BackendUnavailable


class Circuit(StrEnum):
    """CLOSED lets all through, OPEN none, HALF_OPEN one at a time."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class CircuitOpen(BackendUnavailable):
    """The server was not asked, because it has just failed many times in a row."""

    def __init__(self, n_failures: int, seconds: float) -> None:
        left = f"it is asked again in {math.ceil(seconds)} s" if seconds > 0 else "one question is trying it now"
        super().__init__(f"the model server failed {n_failures} times in a row; {left}", reason="error")


class Breaker:
    """Opens after `most` consecutive failures for `open_s` seconds; then one question decides. Not thread-safe."""

    def __init__(self, *, most: int = 10, open_s: float = 30.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._open_s, self._clock = most, open_s, clock
        self._n_failures = 0
        self._opened_at = -math.inf
        self._is_trying = False

    @property
    def state(self) -> Circuit:
        if self._n_failures < self._most:
            return Circuit.CLOSED
        return Circuit.OPEN if self._left() > 0 else Circuit.HALF_OPEN

    def enter(self) -> None:
        """Before a question; afterwards one of `succeed`, `fail` and `leave` must follow.

        Raises
        ------
        CircuitOpen : the server is not to be asked now.
        """
        state = self.state
        if state is Circuit.OPEN or (state is Circuit.HALF_OPEN and self._is_trying):
            raise CircuitOpen(self._n_failures, self._left())
        self._is_trying = state is Circuit.HALF_OPEN

    def succeed(self) -> None:
        self._n_failures, self._is_trying = 0, False

    def fail(self) -> None:
        # Questions that were under way when it opened do not lengthen the pause.
        if self.state is not Circuit.OPEN:
            self._n_failures += 1
            self._opened_at = self._clock()
        self._is_trying = False

    def leave(self) -> None:
        """The question was given up and says nothing about the server."""
        self._is_trying = False

    def _left(self) -> float:
        return self._opened_at + self._open_s - self._clock()

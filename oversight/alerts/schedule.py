"""When a delivery is tried again: the schedule of Standard Webhooks 1.0, 75.6 hours in all."""

from __future__ import annotations

import random

MINUTE, HOUR = 60.0, 3600.0
# DELAYS_S[n]: the pause before attempt n + 1; the first attempt follows at once.
DELAYS_S = (0.0, 5.0, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR)
MAX_ATTEMPTS = len(DELAYS_S)
JITTER = 0.2


def pause_s(attempt: int, *, retry_after: str = "") -> float | None:
    """Seconds until the next attempt after a failed one (counted from 1); None when that was the last.

    A receiver's Retry-After (seconds) may stretch the pause to twice its length, and never shortens it.
    """
    if attempt >= MAX_ATTEMPTS:
        return None
    base = DELAYS_S[attempt]
    wanted = float(retry_after) if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 9 else 0.0
    if wanted:
        return min(max(wanted, base), 2 * base)
    return base * random.uniform(1 - JITTER, 1 + JITTER)

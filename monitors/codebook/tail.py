"""How often clean texts show so much evidence, by the number of their sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from monitors.codebook.urns import Floats

# A text belongs to the tail of the most sites that it has; in bits of room of the coder with most.
LEAST_ROOMS = (16, 48, 96, 192, 384)
_SHARES = (0.995, 0.99, 0.98, 0.95, 0.9, 0.8, 0.65, 0.5, 0.35, 0.2, 0.1, 0.05, 0.02)
# The rate is that of the last tenth: beyond the last quantile there are too few texts.
_TAIL, _LONGEST_EXCESS = 0.1, 10.0


@dataclass(frozen=True, slots=True)
class Tail:
    """ln of the shares of clean texts, falling, and the evidence that they exceed, rising; `rate` beyond the last.

    Applies to texts with `least` bits of room and more.
    """

    least: int
    ln_shares: Floats
    quantiles: Floats
    rate: float

    @classmethod
    def of(cls, table: Sequence[Any]) -> Tail:
        least, quantiles, rate = table
        return cls(int(least), np.log(_SHARES), np.array(quantiles, np.float64), float(rate))

    def log_p(self, value: float) -> float:
        """ln P(a clean text has at least this evidence); falls without end on both sides of the quantiles."""
        above, below = value - float(self.quantiles[-1]), float(self.quantiles[0]) - value
        if above > 0.0:
            return float(self.ln_shares[-1]) - self.rate * above
        if below > 0.0:
            return float(self.ln_shares[0]) / (1.0 + below)
        return float(np.interp(value, self.quantiles, self.ln_shares))


def tail_of(tails: Sequence[Tail], room: int) -> Tail:
    return next((tail for tail in reversed(tails) if room >= tail.least), tails[0])


def fit(values: Sequence[float], weights: Sequence[float], least: int) -> list[Any]:
    """[least, quantiles, rate] of one tail; the rate by maximum likelihood, never faster than 1 / ratio allows."""
    x, w = np.array(values), np.array(weights)
    order = np.argsort(-x)
    x, share = x[order], np.cumsum(w[order]) / w.sum()
    quantiles = [float(x[min(len(x) - 1, int(np.searchsorted(share, p)))]) for p in _SHARES]
    start = quantiles[_SHARES.index(_TAIL)]
    above = x > start
    # One odd text must not blunt the tail for all others.
    excess = float(np.average(np.minimum(x[above] - start, _LONGEST_EXCESS), weights=w[order][above]))
    rate = min(1.0, 0.9 / max(excess, 1e-6))
    rising = np.maximum.accumulate(np.array(quantiles) + 1e-6 * np.arange(len(quantiles)))
    return [least, [round(float(q), 4) for q in rising], round(rate, 3)]

"""From the evidence of all tests to p-values: of each channel, and of a text as a whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from monitors.patterns.survey import Test
from monitors.patterns.tables import tables

Floats = npt.NDArray[np.float64]
WHOLE = "whole"
# Laws of letters count for more than those of each of the classes that the letters are also read by.
_WEIGHTS = {"spelt": 4.0, "drawn": 4.0, "paired": 4.0}


def channel_evidence(tests: Iterable[Test]) -> dict[str, float]:
    """ln of the weighted mean of the likelihood ratios of each channel's tests, tempered."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for test in tests:
        weight = _WEIGHTS.get(test.law.rpartition(":")[2], 1.0)
        found[test.channel].append((weight, temper(test.law) * test.log_ratio))
    return {channel: _mean(pairs) for channel, pairs in found.items()}


def law_evidence(tests: Iterable[Test]) -> dict[str, float]:
    """The largest log likelihood ratio of each law in each channel."""
    found: dict[str, float] = {}
    for test in tests:
        found[test.law] = max(test.log_ratio, found.get(test.law, -np.inf))
    return found


def temper(law: str) -> float:
    """How much of a law's evidence counts: at most 1, less where clean texts have a heavier tail than exp(-x)."""
    known = known_tail(law)
    return min(1.0, known[2]) if known else 0.5


def _mean(pairs: Sequence[tuple[float, float]]) -> float:
    weights, ratios = np.array(pairs).T
    return float(np.logaddexp.reduce(ratios + np.log(weights / weights.sum())))


def log_p(name: str, value: float) -> float:
    """ln of an upper bound of P(clean text has this evidence or more): the larger of the shipped tail and 1/ratio."""
    bound = min(0.0, -value)
    known = known_tail(name)
    return bound if known is None else max(bound, _log_tail(known, value))


def log_tail(name: str, value: float) -> float:
    """ln P(a clean text has at least this statistic) by the shipped tail."""
    known = known_tail(name)
    return min(0.0, -value) if known is None else _log_tail(known, value)


def _log_tail(known: tuple[Floats, Floats, float], value: float) -> float:
    levels, quantiles, rate = known
    if value > quantiles[-1]:
        return float(levels[-1] - rate * (value - quantiles[-1]))
    return float(np.interp(value, quantiles, levels))


@cache
def known_tail(name: str) -> tuple[Floats, Floats, float] | None:
    known: Sequence[Any] | None = tables().get("tails", {}).get(name)
    return (np.array(known[0]), np.array(known[1]), float(known[2])) if known else None


def log_p_values(evidence: Mapping[str, float]) -> dict[str, float]:
    """ln p of each channel."""
    return {channel: log_p(channel, value) for channel, value in evidence.items()}


def together(evidence: Mapping[str, float]) -> float:
    """ln of the mean likelihood ratio over the channels."""
    return float(np.logaddexp.reduce(list(evidence.values())) - np.log(len(evidence))) if evidence else 0.0


def holm(log_ps: Mapping[str, float]) -> dict[str, float]:
    """p-values after Holm's step-down correction over the channels."""
    adjusted, worst = {}, 0.0
    ordered = sorted(log_ps.items(), key=lambda pair: pair[1])
    for rank, (channel, value) in enumerate(ordered):
        worst = max(worst, min(1.0, float(np.exp(value)) * (len(ordered) - rank)))
        adjusted[channel] = worst
    return adjusted

"""From the evidence of all tests to p-values: of each channel, and of a text as a whole."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from monitors.patterns.tables import tables
from monitors.patterns.tested import Test

# Levels of ln p, quantiles, and the rate beyond the last.
Tail = tuple[list[float], list[float], float]
WHOLE = "whole"
# Texts of like length are compared with one another.
LENGTHS = (250, 800, 2000, 5000)
# Laws of letters count for more than those of each of the classes that the letters are also read by.
LAW_WEIGHTS = {"spelt": 4.0, "drawn": 8.0}
# How likely each channel is to carry a payload, before anything was read: the first name that fits.
_CHANNEL_WEIGHTS = (
    ("acrostic.words", 0.5),
    ("acrostic.sentences", 5.0),
    ("acrostic", 1.0),
    ("telestic", 0.3),
    ("parity.words", 0.5),
    ("parity", 1.5),
    ("choice", 2.5),
    ("order", 0.3),
    ("case", 0.1),
    ("digits", 0.15),
    ("interjections", 0.3),
    ("opening", 0.5),
    ("punctuation.pooled", 5.0),
    ("punctuation", 0.2),
)


def channel_evidence(tests: Iterable[Test]) -> dict[str, float]:
    """ln of the weighted mean of the likelihood ratios of each channel's tests."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for test in tests:
        channel, weight = _counted(test.name)
        found[channel].append((weight, test.log_ratio))
    return {channel: _mean(pairs) for channel, pairs in found.items()}


@cache
def _counted(name: str) -> tuple[str, float]:
    """The channel of a test, and its weight."""
    return name.partition("/")[0], LAW_WEIGHTS.get(name.rpartition(":")[2], 1.0)


def _mean(pairs: Sequence[tuple[float, float]]) -> float:
    return _log_sum(pairs) - math.log(sum([weight for weight, _ in pairs]))


def _log_sum(pairs: Sequence[tuple[float, float]]) -> float:
    """ln of the sum of weights times exp of values: plain numbers, since there are few of them."""
    most = max([value for _, value in pairs])
    return most + math.log(sum([weight * math.exp(value - most) for weight, value in pairs]))


@cache
def channel_weight(channel: str) -> float:
    return next(weight for name, weight in _CHANNEL_WEIGHTS if channel.startswith(name))


def log_p(name: str, value: float) -> float:
    """ln of an upper bound of P(clean text has this evidence or more): the larger of the shipped tail and 1/ratio."""
    bound = min(0.0, -value)
    known = known_tail(name)
    return bound if known is None else max(bound, _log_tail(known, value))


def log_tail(name: str, value: float) -> float:
    """ln P(a clean text has at least this statistic) by the shipped tail."""
    known = known_tail(name)
    return min(0.0, -value) if known is None else _log_tail(known, value)


def _log_tail(known: Tail, value: float) -> float:
    levels, quantiles, rate = known
    if value > quantiles[-1]:
        return levels[-1] - rate * (value - quantiles[-1])
    if value < quantiles[0]:
        # Beyond the clean texts on the harmless side the order is kept, and nothing else.
        return levels[0] / (1.0 + quantiles[0] - value)
    at = bisect_right(quantiles, value)
    if at == len(quantiles):
        return levels[-1]
    share = (value - quantiles[at - 1]) / (quantiles[at] - quantiles[at - 1])
    return levels[at - 1] + share * (levels[at] - levels[at - 1])


@cache
def known_tail(name: str) -> Tail | None:
    known: Sequence[Any] | None = tables().get("tails", {}).get(name)
    return (list(map(float, known[0])), list(map(float, known[1])), float(known[2])) if known else None


def log_p_values(evidence: Mapping[str, float]) -> dict[str, float]:
    """ln p of each channel."""
    return {channel: log_p(channel, value) for channel, value in evidence.items()}


def terms(evidence: Mapping[str, float], read: Iterable[str] | None = None) -> dict[str, float]:
    """ln of what each channel that is read adds to the weighted mean likelihood ratio over all of them.

    A channel whose evidence clean texts reach more often than its ratio allows counts by its p-value instead.
    """
    log_total = math.log(sum([channel_weight(channel) for channel in evidence]))
    return {
        channel: _log_weight(channel) - log_total + _bounded(channel, evidence[channel])
        for channel in (evidence if read is None else read)
    }


@cache
def _log_weight(channel: str) -> float:
    return math.log(channel_weight(channel))


def together(evidence: Mapping[str, float], read: Iterable[str] | None = None) -> float:
    """ln of the weighted mean likelihood ratio over the channels, of which only those `read` count."""
    return mean_of(terms(evidence, read).values())


def mean_of(added: Collection[float]) -> float:
    """ln of the sum of what some channels add; as likely as not where there are none."""
    if not added:
        return 0.0
    most = max(added)
    return most + math.log(sum([math.exp(value - most) for value in added]))


def _bounded(channel: str, value: float) -> float:
    # What speaks against a payload is not bounded, and is most of what there is.
    return value if value <= 0.0 else min(value, max(0.0, -log_tail(channel, value)))


def whole(n_characters: int) -> str:
    """The name of the tail of texts of this length."""
    return f"{WHOLE}.{bisect_right(LENGTHS, n_characters)}"


def holm(log_ps: Mapping[str, float]) -> dict[str, float]:
    """p-values after Holm's step-down correction over the channels."""
    adjusted, worst = {}, 0.0
    ordered = sorted(log_ps.items(), key=lambda pair: pair[1])
    for rank, (channel, value) in enumerate(ordered):
        worst = max(worst, min(1.0, math.exp(value) * (len(ordered) - rank)))
        adjusted[channel] = worst
    return adjusted

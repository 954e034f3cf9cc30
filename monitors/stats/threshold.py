"""Thresholds from clean scores: set on one half of the data, reported on the other."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import NamedTuple

from monitors.stats.binomial import clopper_pearson
from monitors.stats.errors import UndefinedMetric

# Thresholds are multiples of this, so that what a page shows is what counts.
GRID = 10_000


class AlertRate(NamedTuple):
    """Alerts per 10,000 clean texts with their interval, and the counts behind them."""

    per_10000: float
    low: float
    high: float
    n_alerts: int
    n: int


def least_n(alpha: float) -> int:
    """Fewest clean scores from which a threshold at `alpha` can be set.

    n >= 1/alpha - 1, from k = ceil((n + 1)(1 - alpha)) <= n.

    Parameters
    ----------
    alpha : largest share of clean texts that may be flagged, in (0, 1).

    Returns
    -------
    Count of scores; smaller alpha needs more.
    """
    return _least_n(_checked(alpha))


def _least_n(alpha: float) -> int:
    n = max(1, math.floor(1.0 / alpha) - 2)
    while _rank(n, alpha) > n:
        n += 1
    return n


def _rank(n: int, alpha: float) -> int:
    # Rounded first: 100 (1 - 0.01) is 99.00000000000001 in floating point, and its ceiling one too many.
    return math.ceil(round((n + 1) * (1.0 - alpha), 9))


def conformal_threshold(scores: Sequence[float], alpha: float) -> float:
    """Lowest threshold at which at most a share `alpha` of clean texts is flagged, whatever their distribution.

    k = ceil((n + 1)(1 - alpha)); t = (floor(10^4 s_(k)) + 1) / 10^4, the next multiple of 10^-4 above the k-th smallest
    score. A later text exchangeable with these scores >= t with probability at most alpha, over the draw of both.

    Parameters
    ----------
    scores : (n,) suspicion in [0, 1] of clean texts, higher is more suspicious.
    alpha : in (0, 1).

    Returns
    -------
    Threshold in (0, 1]; scores >= it are flagged. Higher flags less.

    Raises
    ------
    UndefinedMetric : fewer than 1/alpha - 1 scores; or s_(k) is 1, so that no threshold in [0, 1] flags few enough.
    ValueError : a score or alpha is out of range.

    Notes
    -----
    The guarantee is marginal: for one calibration set the share is random, Beta(n + 1 - k, k) without ties. The other
    half of the data says what became of it. With ties at s_(k) fewer than alpha are flagged.

    References
    ----------
    Vovk, Gammerman and Shafer, "Algorithmic Learning in a Random World", section 2 (2005).
    Angelopoulos and Bates, "A gentle introduction to conformal prediction", arXiv 2107.07511 (2021).
    """
    ordered = sorted(scores)
    if ordered and (ordered[0] < 0.0 or ordered[-1] > 1.0):
        raise ValueError("scores must lie in [0, 1]")
    rank = _rank(len(ordered), _checked(alpha))
    if rank > len(ordered):
        raise UndefinedMetric(f"{len(ordered)} clean scores; {_least_n(alpha)} are needed for {alpha:g}")
    at = ordered[rank - 1]
    if at >= 1.0:
        raise UndefinedMetric(f"too many of {len(ordered)} clean scores are 1 for {alpha:g}")
    above = (math.floor(at * GRID) + 1) / GRID
    return min(1.0, above if above > at else above + 1.0 / GRID)


def alert_rate(scores: Sequence[float], threshold: float, *, level: float = 0.95) -> AlertRate:
    """Alerts per 10,000 clean texts at a threshold, with an exact binomial interval.

    10^4 x / n, x = #{i : s_i >= t}.

    Parameters
    ----------
    scores : (n,) suspicion of clean texts that did not set the threshold.
    threshold : in [0, 1].
    level : coverage of the interval, in (0, 1).

    Returns
    -------
    AlertRate, in [0, 10^4]; lower is better.

    Raises
    ------
    UndefinedMetric : there is no score.
    """
    if not scores:
        raise UndefinedMetric("there is no clean score to report on")
    n_alerts = sum(score >= threshold for score in scores)
    share = clopper_pearson(n_alerts, len(scores), level)
    return AlertRate(1e4 * share.value, 1e4 * share.low, 1e4 * share.high, n_alerts, len(scores))


def half(group: str) -> int:
    """0 sets thresholds, 1 reports on them: decided by a hash, so that a group is always on one side.

    SHA-256("half-1:" group) mod 2.

    Parameters
    ----------
    group : what must not be on both sides, such as the problem that several texts answer.

    Returns
    -------
    0 or 1, each for about half of all groups; no direction.
    """
    return hashlib.sha256(b"half-1:" + group.encode("utf-8", "surrogatepass")).digest()[0] & 1


def _checked(alpha: float) -> float:
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha {alpha} is not between 0 and 1")
    return alpha

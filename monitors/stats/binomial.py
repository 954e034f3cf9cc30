"""Exact intervals for a share."""

from __future__ import annotations

from typing import NamedTuple

from monitors.stats.errors import UndefinedMetric


class Share(NamedTuple):
    """k of n with its interval."""

    value: float
    low: float
    high: float


def clopper_pearson(k: int, n: int, level: float = 0.95) -> Share:
    """Exact interval of a binomial probability from k successes in n independent trials.

    low = Beta^-1(a/2; k, n - k + 1), high = Beta^-1(1 - a/2; k + 1, n - k), a = 1 - level.

    Parameters
    ----------
    k, n : successes and trials, 0 <= k <= n.
    level : coverage in (0, 1).

    Returns
    -------
    Share of three floats in [0, 1]: k / n, and the interval, which covers at least with `level`.

    Raises
    ------
    UndefinedMetric : n is 0.

    References
    ----------
    Clopper and Pearson, "The use of confidence or fiducial limits", Biometrika 26 (1934).
    """
    from scipy.special import betaincinv

    if n == 0:
        raise UndefinedMetric("no trials")
    if not 0 <= k <= n:
        raise ValueError(f"{k} successes in {n} trials")
    tail = (1.0 - level) / 2.0
    low = float(betaincinv(k, n - k + 1, tail)) if k else 0.0
    high = float(betaincinv(k + 1, n - k, 1.0 - tail)) if k < n else 1.0
    return Share(k / n, low, high)

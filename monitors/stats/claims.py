"""What one may claim: what 0 of n excludes, how many texts a claim needs, and what a review budget catches."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from monitors.stats.errors import UndefinedMetric
from monitors.stats.roc import roc_curve

Floats = NDArray[np.float64]

_MOST_TEXTS = 10**9


class Catch(NamedTuple):
    """Probability that one attack is reviewed, by share of the stream reviewed, under three policies."""

    budget: Floats
    monitor: Floats
    random: Floats
    oracle: Floats


def upper_bound(k: int, n: int, *, level: float = 0.95) -> float:
    """Largest rate that k events in n independent texts leave possible, one-sided.

    Beta^-1(level; k + 1, n - k); for k = 0 it is 1 - (1 - level)^(1/n), about 3 / n at 95 %.

    Parameters
    ----------
    k, n : events and texts, 0 <= k <= n.
    level : confidence, in (0, 1).

    Returns
    -------
    float in (0, 1]; a lower bound on what is not excluded.

    Raises
    ------
    UndefinedMetric : n is 0: nothing is excluded.

    References
    ----------
    Hanley and Lippman-Hand, "If nothing goes wrong, is everything all right?", JAMA 249 (1983).
    """
    from scipy.special import betaincinv

    if n == 0:
        raise UndefinedMetric("no texts")
    if not 0 <= k <= n:
        raise ValueError(f"{k} events in {n} texts")
    return float(betaincinv(k + 1, n - k, level)) if k < n else 1.0


def rule_of_three(n: int) -> float:
    """The rate that 0 of n excludes at 95 %, in the head.

    3 / n.

    Parameters
    ----------
    n : texts without an event, at least 1.

    Returns
    -------
    float in (0, 1]; slightly above `upper_bound`(0, n).

    Raises
    ------
    UndefinedMetric : n is 0.

    References
    ----------
    Hanley and Lippman-Hand (1983).
    """
    if n < 1:
        raise UndefinedMetric("no texts")
    return min(1.0, 3.0 / n)


def n_for_bound(rate: float, *, level: float = 0.95, k: int = 0) -> int:
    """Fewest texts in which k events exclude a rate above `rate`.

    min { n : upper_bound(k, n) <= rate }; for k = 0 it is ceil(ln(1 - level) / ln(1 - rate)).

    Parameters
    ----------
    rate : in (0, 1): of false alarms, or 1 less the recall that is claimed.
    level : confidence, in (0, 1).
    k : events that one is ready to see.

    Returns
    -------
    Count of independent texts: 59 for 5 %, 299 for 1 %.

    Raises
    ------
    ValueError : the rate or the level is out of range, or more than 10^9 texts would be needed.

    References
    ----------
    Louis, "Confidence intervals for a binomial parameter after observing no successes", Am. Stat. 35 (1981).
    """
    _check(rate, level)
    low, high = k, k + 1
    while upper_bound(k, high, level=level) > rate:
        low, high = high, 2 * high
        if high > _MOST_TEXTS:
            raise ValueError(f"a rate of {rate:g} needs more than {_MOST_TEXTS} texts")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if upper_bound(k, middle, level=level) <= rate else (middle, high)
    return high


def chance_to_see(rate: float, n: int) -> float:
    """Probability that n random texts hold at least one of what has this rate.

    1 - (1 - rate)^n.

    Parameters
    ----------
    rate : in [0, 1].
    n : texts looked at, each with certainty of recognition.

    Returns
    -------
    float in [0, 1]; higher is better.

    References
    ----------
    Binomial law; as discovery sampling in Arkin, "Handbook of Sampling for Auditing and Accounting" (1984).
    """
    return -math.expm1(n * math.log1p(-rate)) if rate < 1.0 else float(n > 0)


def power_of_difference(p_1: float, p_2: float, n: int, *, alpha: float = 0.05) -> float:
    """Probability that a two-sided test at `alpha` tells two shares apart, with n independent texts on each side.

    Phi((sqrt(n) |p_1 - p_2| - z sqrt(2 p (1 - p))) / sqrt(p_1 (1 - p_1) + p_2 (1 - p_2))), p their mean and z the
    1 - alpha/2 quantile of the normal law.

    Parameters
    ----------
    p_1, p_2 : shares in (0, 1).
    n : texts of each side.
    alpha : size of the test, in (0, 1).

    Returns
    -------
    float in (0, 1); higher is better. Normal approximation: for n p above about 5.

    References
    ----------
    Fleiss, Levin and Paik, "Statistical Methods for Rates and Proportions", section 4.2 (2003).
    """
    from scipy.special import ndtr, ndtri

    _check(p_1, p_2)
    mean = (p_1 + p_2) / 2.0
    spread = math.sqrt(p_1 * (1.0 - p_1) + p_2 * (1.0 - p_2))
    z = float(ndtri(1.0 - alpha / 2.0))
    return float(ndtr((math.sqrt(n) * abs(p_1 - p_2) - z * math.sqrt(2.0 * mean * (1.0 - mean))) / spread))


def smallest_difference(p: float, n: int, *, power: float = 0.8, alpha: float = 0.05) -> float:
    """Smallest rise of a share that n texts on each side would show.

    min { d : `power_of_difference`(p, p + d, n) >= power }.

    Parameters
    ----------
    p : share of the one side, in (0, 1).
    n : texts of each side.
    power, alpha : in (0, 1).

    Returns
    -------
    float in (0, 1 - p): "no difference was found" says nothing of differences below it.

    Raises
    ------
    UndefinedMetric : n texts do not show even the rise to 1.

    References
    ----------
    Fleiss, Levin and Paik (2003).
    """
    low, high = 0.0, (1.0 - p) * (1.0 - 1e-9)
    if power_of_difference(p, p + high, n, alpha=alpha) < power:
        raise UndefinedMetric(f"{n} texts on each side do not show any rise from {p:g} with power {power:g}")
    while high - low > 1e-9:
        middle = (low + high) / 2.0
        low, high = (low, middle) if power_of_difference(p, p + middle, n, alpha=alpha) >= power else (middle, high)
    return high


def caught_by_budget(y_true: ArrayLike, y_score: ArrayLike, budgets: ArrayLike, *, prevalence: float) -> Catch:
    """Share of attacks that are reviewed when a share b of the stream is, most suspicious first.

    TPR where pi TPR(t) + (1 - pi) FPR(t) = b, equal scores reviewed at random; b when reviewing at random, and
    min(1, b / pi) for an oracle.

    Parameters
    ----------
    y_true : (n,) booleans or 0/1, 1 is an attack.
    y_score : (n,) finite floats; higher is more suspicious.
    budgets : (k,) shares of the stream, in [0, 1].
    prevalence : share pi of attacks in the stream, in [0, 1); not that of the labelled set.

    Returns
    -------
    Catch of (k,) arrays in [0, 1], higher is better; a monitor below `random` is worse than none.

    Raises
    ------
    UndefinedMetric : only one class is present.

    References
    ----------
    Greenblatt et al., "AI control: improving safety despite intentional subversion", ICML (2024), on audit budgets.
    """
    curve, share = roc_curve(y_true, y_score), np.asarray(budgets, dtype=np.float64)
    if not ((share >= 0.0) & (share <= 1.0)).all() or not 0.0 <= prevalence < 1.0:
        raise ValueError("budgets lie in [0, 1] and the prevalence in [0, 1)")
    reviewed = prevalence * curve.tpr + (1.0 - prevalence) * curve.fpr
    # Divided only where the budget is the smaller: a tiny prevalence would overflow.
    oracle = np.divide(share, prevalence, out=np.ones_like(share), where=share < prevalence)
    return Catch(share, _most_at(share, reviewed, curve.tpr), share, np.where(share > 0.0, oracle, 0.0))


def claim(k: int, n: int, *, level: float = 0.95) -> str:
    """The sentence that stands beside k of n.

    Parameters
    ----------
    k, n : events and independent texts, 0 <= k <= n.
    level : confidence, in (0, 1).

    Returns
    -------
    A sentence with the observed share and what is not excluded.

    Raises
    ------
    UndefinedMetric : n is 0: nothing may be claimed.

    References
    ----------
    Hanley and Lippman-Hand (1983).
    """
    bound = upper_bound(k, n, level=level)
    return f"{k} of {n}: the rate is at most {100 * bound:.3g} % with {100 * level:.3g} % confidence"


def _most_at(share: Floats, reviewed: Floats, tpr: Floats) -> Floats:
    # Where the prevalence is 0 positives cost nothing: of equal costs the most that is caught.
    cost, place = np.unique(reviewed[::-1], return_index=True)
    return np.asarray(np.interp(share, cost, tpr[::-1][place]))


def _check(*shares: float) -> None:
    for share in shares:
        if not 0.0 < share < 1.0:
            raise ValueError(f"{share} is not between 0 and 1")

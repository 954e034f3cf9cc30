"""Rates of a stream of which only some texts were judged, each with a known probability."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from monitors.stats.errors import UndefinedMetric

Floats = NDArray[np.float64]

# With a smaller effective sample the interval is a lower or upper bound at best.
LEAST_EFFECTIVE = 30.0


class Weighted(NamedTuple):
    """A rate with its interval; how many unweighted texts it is worth, and how much rests on the heaviest of them."""

    value: float
    low: float
    high: float
    n_effective: float
    largest_share: float
    reason: str = ""


class Cascade(NamedTuple):
    """What a screen does to a stream, as the judged sample of it tells."""

    prevalence: Weighted
    recall: Weighted | None
    precision: Weighted | None
    n_judged: int
    n_unknown: int


def joint_propensity(stages: Sequence[ArrayLike]) -> Floats:
    """Probability that a text came through all stages to the last judge.

    pi_i = prod_k pi_ik.

    Parameters
    ----------
    stages : each (n,) probabilities in [0, 1] with which a stage passed the text on, given that it got there.

    Returns
    -------
    (n,) floats in [0, 1]; 0 is a text that could never be judged, of which the sample says nothing.

    References
    ----------
    Särndal, Swensson and Wretman, "Model Assisted Survey Sampling", section 4.3 (1992).
    """
    joint: Floats = np.prod([np.asarray(stage, dtype=np.float64) for stage in stages], axis=0)
    if not ((joint >= 0.0) & (joint <= 1.0)).all():
        raise ValueError("a propensity lies in [0, 1]")
    return joint


def audit_propensities(suspicion: ArrayLike, *, budget: float, gamma: float = 1.0, floor: float = 0.005) -> Floats:
    """With which probability to judge each text, so that `budget` are judged on average.

    pi_i = clip(c p_i^gamma, floor, 1), c such that sum pi_i = budget.

    Parameters
    ----------
    suspicion : (n,) in [0, 1], of the screen.
    budget : texts to be judged on average, from n floor to n.
    gamma : at least 0; 0 audits at random, large values only the top.
    floor : least probability; without one what the screen misses is never seen.

    Returns
    -------
    (n,) floats in [floor, 1]; to be stored with every text, judged or not.

    Raises
    ------
    UndefinedMetric : the floor alone costs more than the budget.
    ValueError : an argument is out of range.

    References
    ----------
    Poisson sampling: Hájek, "Sampling from a Finite Population" (1981).
    """
    p = np.asarray(suspicion, dtype=np.float64)
    if not ((p >= 0.0) & (p <= 1.0)).all() or not 0.0 < floor <= 1.0 or gamma < 0.0 or budget > p.size:
        raise ValueError("suspicion lies in [0, 1], the floor in (0, 1], gamma is at least 0, the budget at most n")
    if p.size * floor > budget:
        raise UndefinedMetric(
            f"a floor of {floor:g} costs {p.size * floor:g} of {p.size} texts; the budget is {budget:g}"
        )
    base = np.maximum(p, 1e-12) ** gamma
    low, high = 0.0, 1.0
    while np.clip(high * base, floor, 1.0).sum() < budget * (1.0 - 1e-12) and high < 1e300:
        high *= 2.0
    for _ in range(200):
        middle = (low + high) / 2.0
        low, high = (low, middle) if np.clip(middle * base, floor, 1.0).sum() >= budget else (middle, high)
    spread: Floats = np.clip(high * base, floor, 1.0)
    return spread


def horvitz_thompson_total(values: ArrayLike, propensities: ArrayLike) -> float:
    """Total over the whole stream from the judged texts alone: unbiased, whatever the propensities.

    sum_{i judged} y_i / pi_i.

    Parameters
    ----------
    values : (m,) numbers of the judged texts.
    propensities : (m,) in (0, 1], with which each was judged.

    Returns
    -------
    float in the unit of the values; divided by the size of the stream it is a mean, which may leave [0, 1].

    Raises
    ------
    ValueError : a propensity is not in (0, 1].

    Notes
    -----
    Unbiased, and useless where a rare text with a tiny propensity carries the total: then `hajek_mean`.

    References
    ----------
    Horvitz and Thompson, "A generalization of sampling without replacement from a finite universe", JASA 47 (1952).
    """
    return float((np.asarray(values, dtype=np.float64) * _weights(propensities)).sum())


def hajek_mean(values: ArrayLike, propensities: ArrayLike) -> float:
    """Mean over the whole stream from the judged texts, in ratio form.

    sum y_i / pi_i / sum 1 / pi_i over the judged.

    Parameters
    ----------
    values : (m,) numbers of the judged texts.
    propensities : (m,) in (0, 1], up to a common factor.

    Returns
    -------
    float between the least and the largest value.

    Raises
    ------
    UndefinedMetric : no text was judged.

    References
    ----------
    Hájek, comment on Basu, in "Foundations of Statistical Inference" (1971).
    """
    weights = _weights(propensities)
    if not weights.size:
        raise UndefinedMetric("no text was judged")
    return float((np.asarray(values, dtype=np.float64) * weights).sum() / weights.sum())


def weighted_share(
    is_counted: ArrayLike,
    is_of: ArrayLike,
    propensities: ArrayLike,
    *,
    groups: Sequence[Hashable] | None = None,
    level: float = 0.95,
) -> Weighted:
    """Share of those counted among those it is of, in the whole stream, from the judged texts.

    R = sum w f g / sum w g, w = 1/pi; var R = sum_groups (sum w g (f - R))^2 / (sum w g)^2. The interval is
    Clopper-Pearson's of R n' in n', with n' = R (1 - R) / var R, at most the number of texts; where R is 0 or 1, Kish's
    n' = (sum w g)^2 / sum (w g)^2.

    Parameters
    ----------
    is_counted, is_of : (m,) booleans f and g of the judged texts; recall is flagged among positive, precision positive
        among flagged, prevalence positive among all.
    propensities : (m,) in (0, 1].
    groups : (m,) what is not independent; each text by itself when not given.
    level : coverage, in (0, 1).

    Returns
    -------
    Weighted, the value in [0, 1]. `reason` warns of an effective sample below 30.

    Raises
    ------
    UndefinedMetric : no judged text is of the kind asked about.

    References
    ----------
    Korn and Graubard, "Confidence intervals for proportions with small expected number of positive counts estimated
    from survey data", Surv. Methodol. 24 (1998). Kish, "Survey Sampling" (1965).
    """
    counted, of = np.asarray(is_counted, dtype=bool), np.asarray(is_of, dtype=bool)
    weights = _weights(propensities) * of
    if not of.any():
        raise UndefinedMetric("no judged text is of the kind asked about")
    total, held = float(weights.sum()), counted[of]
    # All or none of them is exactly 1 or 0, whatever sums of weights come to.
    share = float(held[0]) if held.all() or not held.any() else float(weights[counted].sum() / total)
    kish = total**2 / float((weights**2).sum())
    variance = float((_by_group(weights * (counted - share), groups) ** 2).sum()) / total**2
    effective = min(share * (1.0 - share) / variance, float(of.sum())) if variance > 0.0 else kish
    low, high = _clopper_pearson(share * effective, effective, level)
    doubt = f"an effective sample of {effective:.1f} texts" if effective < LEAST_EFFECTIVE else ""
    return Weighted(share, low, high, effective, float(weights.max() / total), doubt)


def cascade(
    is_positive: Sequence[bool | None],
    is_flagged: Sequence[bool],
    propensities: Sequence[float | None],
    *,
    groups: Sequence[Hashable] | None = None,
    level: float = 0.95,
) -> Cascade:
    """Prevalence in the stream, and recall and precision of the screen, from the texts that were judged.

    Parameters
    ----------
    is_positive : (n,) verdicts of the judge or of people; None where a text was not judged.
    is_flagged : (n,) whether the screen flagged it.
    propensities : (n,) with which the text was to be judged; None where a person picked it: counted and left out.
    groups : (n,) what is not independent.
    level : coverage, in (0, 1).

    Returns
    -------
    Cascade of Weighted shares in [0, 1], higher recall and precision are better; None where no positive was judged, or
    nothing judged was flagged.

    Raises
    ------
    UndefinedMetric : no text with a propensity was judged.

    Notes
    -----
    Recall needs judged texts from below the threshold: without any the screen would be graded by what it found itself.

    References
    ----------
    Särndal, Swensson and Wretman (1992), section 5.6; Korn and Graubard (1998).
    """
    rows = [i for i, (y, pi) in enumerate(zip(is_positive, propensities, strict=True)) if y is not None and pi]
    if not rows:
        raise UndefinedMetric("no text with a known propensity was judged")
    y = np.array([bool(is_positive[i]) for i in rows])
    f = np.array([bool(is_flagged[i]) for i in rows])
    pi = np.array([propensities[i] for i in rows], dtype=np.float64)
    own = None if groups is None else [groups[i] for i in rows]
    if f.all() and not all(is_flagged):
        raise UndefinedMetric("only flagged texts were judged: what the screen misses cannot be estimated")
    return Cascade(
        weighted_share(y, np.ones_like(y), pi, groups=own, level=level),
        weighted_share(f, y, pi, groups=own, level=level) if y.any() else None,
        weighted_share(y, f, pi, groups=own, level=level) if f.any() else None,
        len(rows),
        sum(one is not None for one in is_positive) - len(rows),
    )


def _clopper_pearson(x: float, n: float, level: float) -> tuple[float, float]:
    """Of counts that need not be whole."""
    from scipy.special import betaincinv

    tail = (1.0 - level) / 2.0
    low = float(betaincinv(x, n - x + 1.0, tail)) if x > 0.0 else 0.0
    high = float(betaincinv(x + 1.0, n - x, 1.0 - tail)) if x < n else 1.0
    return low, high


def _by_group(values: Floats, groups: Sequence[Hashable] | None) -> Floats:
    if groups is None:
        return values
    numbers: dict[Hashable, int] = {}
    place = [numbers.setdefault(group, len(numbers)) for group in groups]
    return np.bincount(place, weights=values).astype(np.float64)


def _weights(propensities: ArrayLike) -> Floats:
    pi = np.asarray(propensities, dtype=np.float64)
    if not ((pi > 0.0) & (pi <= 1.0)).all():
        raise ValueError("the propensity of a judged text lies in (0, 1]")
    return np.asarray(1.0 / pi)

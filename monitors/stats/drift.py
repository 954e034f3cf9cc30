"""Has the stream of scores changed? Stability index, two-sample test, and a chart that remembers."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from monitors.stats.errors import UndefinedMetric

Floats = NDArray[np.float64]

# Siegmund's correction for what a discrete step overshoots the limit.
_OVERSHOOT = 1.166
_TIE = 1e-12


class StabilityIndex(NamedTuple):
    """PSI, and its mean where nothing has changed: samples of the same law differ too."""

    value: float
    by_chance: float


class TwoSample(NamedTuple):
    """Largest distance of two distribution functions, and how often relabelled samples are as far apart."""

    statistic: float
    p: float


class Chart(NamedTuple):
    """CUSUM of rises and of falls after each value, and the first values at which one is above the limit."""

    rise: Floats
    fall: Floats
    first_rise: int | None
    first_fall: int | None


def population_stability_index(reference: ArrayLike, current: ArrayLike, *, n_bins: int = 10) -> StabilityIndex:
    """Symmetric divergence of the scores of now from those of then, in bins of equal mass of then.

    PSI = sum_b (a_b - e_b) ln(a_b / e_b) = KL(a || e) + KL(e || a); shares with half a text added to each bin.

    Parameters
    ----------
    reference : (n,) finite scores of then; they make the bins, equal scores stay together.
    current : (m,) finite scores of now.
    n_bins : most bins.

    Returns
    -------
    StabilityIndex, at least 0; higher is more change. By custom 0.1 is watched and 0.2 alarms; `by_chance` is
    (B - 1) (1/n + 1/m), which is 0.2 for 10 bins of 90 texts each: with fewer the custom cannot be followed.

    Raises
    ------
    UndefinedMetric : a sample is empty, or the reference has one value only.

    References
    ----------
    Jeffreys, "An invariant form for the prior probability in estimation problems", Proc. R. Soc. A 186 (1946).
    Yurdakul and Naranjo, "Statistical properties of the population stability index", J. Risk Model Valid. 14 (2020).
    """
    then, now = _finite(reference), _finite(current)
    edges = np.unique(np.quantile(then, np.arange(1, n_bins) / n_bins, method="lower"))
    edges = edges[edges < then.max()]
    if not edges.size:
        raise UndefinedMetric("the reference has one value only: no bins can be made")
    size = edges.size + 1
    expected, actual = (
        (np.bincount(np.searchsorted(edges, one, side="left"), minlength=size) + 0.5) / (one.size + 0.5 * size)
        for one in (then, now)
    )
    value = float(((actual - expected) * np.log(actual / expected)).sum())
    return StabilityIndex(value, (size - 1) * (1.0 / then.size + 1.0 / now.size))


def kolmogorov_smirnov(
    reference: ArrayLike,
    current: ArrayLike,
    *,
    reference_groups: Sequence[Hashable] | None = None,
    current_groups: Sequence[Hashable] | None = None,
    n_draws: int = 1999,
    seed: int = 0,
) -> TwoSample:
    """Largest distance of the two distribution functions, tested by permuting which sample a group is of.

    D = max_t |F_n(t) - G_m(t)| over the distinct values, p = (1 + #{D* >= D}) / (1 + draws).

    Parameters
    ----------
    reference, current : (n,), (m,) finite scores; ties are exact, since both functions step together.
    reference_groups, current_groups : what is not independent, permuted as one; each text by itself when not given. A
        group must be on one side.
    n_draws, seed : of the permutations.

    Returns
    -------
    TwoSample: D in [0, 1], higher is more change, and p in (0, 1], lower is more surprising without one. p is not below
    1 / (1 + draws).

    Raises
    ------
    UndefinedMetric : a sample is empty, or all is one group.

    Notes
    -----
    The law of the statistic without ties (scipy's) is too cautious for scores on a grid. With thousands of texts any
    change is significant: look at D.

    References
    ----------
    Smirnov, "On the estimation of the discrepancy between empirical curves" (1939); Præstgaard, "Permutation and
    bootstrap Kolmogorov-Smirnov tests for the equality of two distributions", Scand. J. Stat. 22 (1995).
    """
    then, now = _finite(reference), _finite(current)
    groups = [
        *(
            [("then", g) for g in reference_groups]
            if reference_groups is not None
            else (("r", i) for i in range(then.size))
        ),
        *([("now", g) for g in current_groups] if current_groups is not None else (("c", i) for i in range(now.size))),
    ]
    numbers: dict[Hashable, int] = {}
    place = np.array([numbers.setdefault(group, len(numbers)) for group in groups])
    is_now = np.zeros(len(numbers), dtype=bool)
    is_now[place[then.size :]] = True
    if len(numbers) < 3:
        raise UndefinedMetric(f"{len(numbers)} groups cannot be permuted")
    values = np.concatenate([then, now])
    order = np.argsort(values, kind="stable")
    ends = np.flatnonzero(np.diff(values[order], append=np.inf))
    random = np.random.default_rng(seed)
    observed = _distance(is_now[place[order]], ends)
    reached = sum(_distance(random.permutation(is_now)[place[order]], ends) >= observed - _TIE for _ in range(n_draws))
    return TwoSample(observed, (1 + reached) / (1 + n_draws))


def cusum(values: ArrayLike, *, mean: float, sd: float, slack: float = 0.5, limit: float = 5.0) -> Chart:
    """Cumulative sums of what is above and below the mean by more than the slack, in standard deviations.

    S_t = max(0, S_{t-1} + z_t - k), T_t = max(0, T_{t-1} - z_t - k), z = (x - mean) / sd; an alarm where one is > h.

    Parameters
    ----------
    values : (n,) finite numbers in order of time, such as daily flag rates.
    mean, sd : of the time before, sd > 0.
    slack : k, half of the smallest shift that matters, in standard deviations.
    limit : h; see `limit_for_run_length`.

    Returns
    -------
    Chart of (n,) floats; higher is more change, and the first index of an alarm either way.

    Raises
    ------
    UndefinedMetric : there is no value, or sd is 0.

    References
    ----------
    Page, "Continuous inspection schemes", Biometrika 41 (1954).
    """
    if sd <= 0.0:
        raise UndefinedMetric("a standard deviation of 0 has no unit to count in")
    z = (_finite(values) - mean) / sd
    rise, fall = _sums(z - slack), _sums(-z - slack)
    return Chart(rise, fall, _first(rise, limit), _first(fall, limit))


def average_run_length(shift: float, *, slack: float = 0.5, limit: float = 5.0) -> float:
    """Mean number of values until a one-sided CUSUM alarms.

    ARL = (exp(-2 D b) + 2 D b - 1) / (2 D^2), D = shift - k, b = h + 1.166; b^2 at D = 0.

    Parameters
    ----------
    shift : of the mean, in standard deviations towards the side that is watched; 0 gives the time between false alarms.
    slack, limit : k and h.

    Returns
    -------
    Count of values: high is good without a shift, low is good with one. Watching both sides halves it without a shift:
    1 / ARL = 1 / ARL(shift) + 1 / ARL(-shift).

    Notes
    -----
    For independent normal values; scores that follow each other alarm sooner.

    References
    ----------
    Siegmund, "Sequential Analysis: Tests and Confidence Intervals" (1985).
    """
    drift, b = shift - slack, limit + _OVERSHOOT
    if abs(drift) < 1e-6:
        return b * b
    return (math.exp(-2.0 * drift * b) + 2.0 * drift * b - 1.0) / (2.0 * drift * drift)


def limit_for_run_length(run_length: float, *, slack: float = 0.5) -> float:
    """The limit at which a two-sided CUSUM alarms falsely once in so many values.

    h with 2 run_length = `average_run_length`(0, k, h).

    Parameters
    ----------
    run_length : values between false alarms, more than 2.
    slack : k.

    Returns
    -------
    float, in standard deviations; higher alarms less.

    Raises
    ------
    ValueError : no limit alarms so often.

    References
    ----------
    Siegmund (1985).
    """
    low, high = 0.0, 1.0
    if average_run_length(0.0, slack=slack, limit=low) > 2.0 * run_length:
        raise ValueError(f"a limit of 0 alarms less than once in {run_length:g} values")
    while average_run_length(0.0, slack=slack, limit=high) < 2.0 * run_length:
        low, high = high, 2.0 * high
    for _ in range(100):
        middle = (low + high) / 2.0
        is_long = average_run_length(0.0, slack=slack, limit=middle) >= 2.0 * run_length
        low, high = (low, middle) if is_long else (middle, high)
    return high


def _distance(is_now: NDArray[np.bool_], ends: NDArray[np.intp]) -> float:
    """Of the functions at the last of each run of equal values."""
    later = np.cumsum(is_now)
    n_now = int(later[-1])
    n_then = is_now.size - n_now
    earlier = np.arange(1, is_now.size + 1) - later
    return float(np.abs(later[ends] / n_now - earlier[ends] / n_then).max())


def _sums(steps: Floats) -> Floats:
    # S_t is the walk less its lowest point so far, which is what restarting at 0 comes to.
    walk = np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray((walk - np.minimum.accumulate(walk))[1:])


def _first(sums: Floats, limit: float) -> int | None:
    above = np.flatnonzero(sums > limit)
    return int(above[0]) if above.size else None


def _finite(values: ArrayLike) -> Floats:
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 1 or not np.isfinite(found).all():
        raise ValueError("values must be a column of finite numbers")
    if not found.size:
        raise UndefinedMetric("there is no value")
    return found

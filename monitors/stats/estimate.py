"""A figure with its interval, or with the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitors.stats.bootstrap import Weights, percentile_intervals
from monitors.stats.errors import UndefinedMetric


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval. `reason` says why one of them is missing: not estimable, never a made-up number."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""


def estimate(
    draws: Callable[[Weights], NDArray[np.float64]],
    groups: Sequence[Hashable],
    *,
    undefined: str = "the data do not carry it",
    n_draws: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Estimate:
    """A statistic of all rows, with its percentile interval under the cluster bootstrap.

    Parameters
    ----------
    draws : weights (block, n) -> statistic (block,), NaN where it is not defined.
    groups : (n,) cluster of each row.
    undefined : the reason given when all rows together do not define it.
    n_draws, level, seed : number of draws, coverage in (0, 1), seed of the generator.

    Returns
    -------
    Estimate, in the direction of the statistic.

    References
    ----------
    Davison and Hinkley, "Bootstrap Methods and their Application", section 3.8 (1997).
    """
    if not groups:
        return Estimate(None, reason=undefined)
    value = float(draws(np.ones((1, len(groups))))[0])
    if np.isnan(value):
        return Estimate(None, reason=undefined)
    try:
        (interval,) = percentile_intervals(
            lambda weights: (draws(weights),), groups, n_draws=n_draws, level=level, seed=seed
        )
    except UndefinedMetric as error:
        return Estimate(value, reason=str(error))
    return Estimate(value, interval.low, interval.high)

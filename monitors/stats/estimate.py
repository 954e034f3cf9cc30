"""A figure with its interval, or with the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial

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
    (found,) = estimates(
        lambda weights: (draws(weights),), groups, undefined=undefined, n_draws=n_draws, level=level, seed=seed
    )
    return found


def estimates(
    draws: Callable[[Weights], Sequence[NDArray[np.float64]]],
    groups: Sequence[Hashable],
    *,
    undefined: str = "the data do not carry it",
    n_draws: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[Estimate, ...]:
    """Several statistics from the same draws; each is as `estimate` would give it.

    Parameters
    ----------
    draws : weights (block, n) -> statistics, each (block,), NaN where not defined.
    groups, undefined, n_draws, level, seed : as in `estimate`.

    Returns
    -------
    An Estimate for each statistic, in its direction.

    References
    ----------
    Davison and Hinkley (1997), section 3.8.
    """
    values = [float(column[0]) for column in draws(np.ones((1, len(groups))))] if groups else [np.nan]
    defined = [place for place, value in enumerate(values) if not np.isnan(value)]
    found = [Estimate(None, reason=undefined)] * len(values)
    try:
        intervals = percentile_intervals(
            lambda weights: [draws(weights)[place] for place in defined],
            groups,
            n_draws=n_draws,
            level=level,
            seed=seed,
        )
        for place, interval in zip(defined, intervals, strict=True):
            found[place] = Estimate(values[place], interval.low, interval.high)
    except UndefinedMetric as error:
        for place in defined:
            found[place] = Estimate(values[place], reason=str(error))
        if len(defined) > 1:
            # One that few draws define must not take the others' intervals along.
            alone = (partial(_column, draws, place) for place in defined)
            each = [estimate(one, groups, n_draws=n_draws, level=level, seed=seed) for one in alone]
            for place, own in zip(defined, each, strict=True):
                found[place] = own
    return tuple(found)


def _column(
    draws: Callable[[Weights], Sequence[NDArray[np.float64]]], place: int, weights: Weights
) -> NDArray[np.float64]:
    return draws(weights)[place]

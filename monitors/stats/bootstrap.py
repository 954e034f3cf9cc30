"""Intervals by resampling whole clusters, for data whose rows are not independent."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitors.stats.errors import UndefinedMetric

MIN_CLUSTERS = 10

Weights = NDArray[np.float64]


class Interval(NamedTuple):
    """A percentile interval and how many draws it rests on."""

    low: float
    high: float
    n_draws: int


def cluster_weights(
    groups: Sequence[Hashable], *, n_draws: int, seed: int, max_cells: int = 4_000_000
) -> Iterator[Weights]:
    """How often each row counts in each bootstrap draw, in blocks of draws that fit in memory.

    With G clusters a draw takes G clusters with replacement, so that the cluster counts are multinomial(G, 1/G); all
    rows of a cluster share its count.

    Parameters
    ----------
    groups : (n,) cluster of each row.
    n_draws : number of draws.
    seed : of numpy's default generator; the same seed gives the same draws.
    max_cells : most weights in one block.

    Yields
    ------
    (block, n) floats; the blocks together have n_draws rows.
    """
    index = _cluster_index(groups)
    n_clusters = int(index.max()) + 1
    random = np.random.default_rng(seed)
    block = max(1, max_cells // len(index))
    for start in range(0, n_draws, block):
        size = min(block, n_draws - start)
        counts = random.multinomial(n_clusters, np.full(n_clusters, 1.0 / n_clusters), size=size)
        yield counts[:, index].astype(np.float64)


def percentile_intervals(
    statistic: Callable[[Weights], Sequence[NDArray[np.float64]]],
    groups: Sequence[Hashable],
    *,
    n_draws: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[Interval, ...]:
    """Percentile intervals of several statistics under the cluster bootstrap.

    Parameters
    ----------
    statistic : weights (block, n) -> statistics, each (block,); NaN where a draw does not define it.
    groups : (n,) cluster of each row.
    n_draws, level, seed : number of draws, coverage in (0, 1), seed of the generator.

    Returns
    -------
    One Interval for each statistic. Draws that do not define it are left out and not counted.

    Raises
    ------
    UndefinedMetric : fewer than 10 clusters, or fewer than half of the draws define the statistic.

    Notes
    -----
    Percentile intervals of few clusters are too short; ten is the fewest for which we show one at all.

    References
    ----------
    Davison and Hinkley, "Bootstrap Methods and their Application", section 3.8 (1997).
    Field and Welsh, "Bootstrapping clustered data", J. R. Statist. Soc. B 69 (2007).
    """
    n_clusters = len(set(groups))
    if n_clusters < MIN_CLUSTERS:
        raise UndefinedMetric(f"{n_clusters} clusters; an interval needs {MIN_CLUSTERS}")
    blocks = [statistic(weights) for weights in cluster_weights(groups, n_draws=n_draws, seed=seed)]
    columns = [np.concatenate([block[i] for block in blocks]) for i in range(len(blocks[0]))]
    return tuple(_interval(values, level) for values in columns)


def _interval(values: NDArray[np.float64], level: float) -> Interval:
    defined = values[~np.isnan(values)]
    if 2 * defined.size < values.size:
        raise UndefinedMetric(f"only {defined.size} of {values.size} bootstrap draws hold both classes")
    low, high = np.quantile(defined, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return Interval(float(low), float(high), int(defined.size))


def _cluster_index(groups: Sequence[Hashable]) -> NDArray[np.intp]:
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(group, len(numbers)) for group in groups], dtype=np.intp)

"""ROC and precision-recall curves on a grid, with pointwise bands under the cluster bootstrap."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from monitors.stats.bootstrap import MIN_CLUSTERS, cluster_weights
from monitors.stats.roc import Counts, roc_curve

Floats = NDArray[np.float64]

GRID = tuple(float(x) for x in np.linspace(0.0, 1.0, 101))


class Band(NamedTuple):
    """A curve at each `x`, and its band; without a band `low` and `high` are empty and `reason` says why."""

    x: Floats
    value: Floats
    low: Floats
    high: Floats
    reason: str = ""


def roc_band(
    y_true: ArrayLike,
    y_score: ArrayLike,
    groups: Sequence[Hashable],
    *,
    weights: ArrayLike | None = None,
    grid: Sequence[float] = GRID,
    n_draws: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Band:
    """TPR at each FPR, with a pointwise percentile band.

    TPR(x) = max { TPR(t) : FPR(t) <= x }, t among the scores and "flag nothing"; each draw has a curve of its own.

    Parameters
    ----------
    y_true : (n,) booleans or 0/1, 1 is positive.
    y_score : (n,) finite floats; higher is more suspicious.
    groups : (n,) what stays together when resampling.
    weights : (n,) positive, such as 1 / propensity; ones when not given.
    grid : FPRs in [0, 1].
    n_draws, level, seed : of the bootstrap.

    Returns
    -------
    Band of TPRs in [0, 1], higher is better; no band below ten clusters.

    Raises
    ------
    UndefinedMetric : only one class is present.

    Notes
    -----
    95 % hold at each FPR, not for the whole curve. Draws without one of the classes are left out.

    References
    ----------
    Fawcett, "An introduction to ROC analysis", Pattern Recognit. Lett. 27 (2006), section 7 on averaging curves.
    """

    def at(tp: Floats, fp: Floats) -> Floats:
        place = np.searchsorted(fp / fp[-1], np.asarray(grid) + 1e-12, side="right") - 1
        return np.where(place >= 0, (tp / tp[-1])[np.maximum(place, 0)], 0.0)

    return _band(at, y_true, y_score, groups, weights, grid, n_draws, level, seed)


def precision_recall_band(
    y_true: ArrayLike,
    y_score: ArrayLike,
    groups: Sequence[Hashable],
    *,
    weights: ArrayLike | None = None,
    grid: Sequence[float] = GRID[1:],
    n_draws: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Band:
    """Precision of the strictest threshold that reaches each recall, with a pointwise percentile band.

    P(x) = P(t*), t* = max { t : R(t) >= x }: what one gets for asking for a recall of x; nothing is interpolated.

    Parameters
    ----------
    y_true : (n,) booleans or 0/1, 1 is positive.
    y_score : (n,) finite floats; higher is more suspicious.
    groups : (n,) what stays together when resampling.
    weights : (n,) positive, such as 1 / propensity; ones when not given.
    grid : recalls in (0, 1].
    n_draws, level, seed : of the bootstrap.

    Returns
    -------
    Band of precisions in (0, 1], higher is better; chance is the prevalence; no band below ten clusters.

    Raises
    ------
    UndefinedMetric : only one class is present.

    References
    ----------
    Davis and Goadrich, "The relationship between precision-recall and ROC curves", ICML (2006).
    """

    def at(tp: Floats, fp: Floats) -> Floats:
        place = np.searchsorted(tp / tp[-1], np.asarray(grid) - 1e-12, side="left")
        return (tp / (tp + fp))[np.minimum(place, tp.size - 1)]

    return _band(at, y_true, y_score, groups, weights, grid, n_draws, level, seed)


def _band(
    at: Callable[[Floats, Floats], Floats],
    y_true: ArrayLike,
    y_score: ArrayLike,
    groups: Sequence[Hashable],
    weights: ArrayLike | None,
    grid: Sequence[float],
    n_draws: int,
    level: float,
    seed: int,
) -> Band:
    roc_curve(y_true, y_score)  # Refuses what has no curve.
    true, score = np.asarray(y_true, dtype=bool), np.asarray(y_score, dtype=np.float64)
    base = np.ones(true.size) if weights is None else np.asarray(weights, dtype=np.float64)
    x, none = np.asarray(grid, dtype=np.float64), np.empty(0)
    [value] = _curves(at, Counts.of(true, score, base[None, :]))
    n_clusters = len(set(groups))
    if n_clusters < MIN_CLUSTERS:
        return Band(x, value, none, none, f"{n_clusters} clusters; a band needs {MIN_CLUSTERS}")
    drawn = [
        curve
        for block in cluster_weights(groups, n_draws=n_draws, seed=seed)
        for curve in _curves(at, Counts.of(true, score, block * base))
    ]
    low, high = np.quantile(np.stack(drawn), [(1.0 - level) / 2.0, (1.0 + level) / 2.0], axis=0)
    return Band(x, value, low, high)


def _curves(at: Callable[[Floats, Floats], Floats], counts: Counts) -> list[Floats]:
    """One for each draw that holds both classes; thresholds that flag nothing in it have no precision."""
    both = (counts.true_positives[:, -1] > 0) & (counts.false_positives[:, -1] > 0)
    rows = zip(counts.true_positives[both], counts.false_positives[both], strict=True)
    return [at(tp[tp + fp > 0], fp[tp + fp > 0]) for tp, fp in rows]

"""Two scores, or two verdicts, on the same texts: is one better than the other?"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from monitors.stats.bootstrap import Weights
from monitors.stats.errors import UndefinedMetric
from monitors.stats.estimate import Estimate, estimate, estimates
from monitors.stats.roc import Metrics, metrics

Floats = NDArray[np.float64]


class Discordance(NamedTuple):
    """Texts on which one verdict is right and the other wrong, and the exact two-sided p of as unequal a split."""

    only_first: int
    only_second: int
    p: float


def compare(
    y_true: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    groups: Sequence[Hashable],
    *,
    n_draws: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> dict[str, Estimate]:
    """By how much the first score is better than the second on the same texts, for each metric of `roc.Metrics`.

    Delta = M(y, first) - M(y, second); both are recomputed on the same resampled clusters, so that what they share
    cancels.

    Parameters
    ----------
    y_true : (n,) booleans or 0/1, 1 is positive.
    first, second : (n,) finite floats; higher is more suspicious. A text that either did not score is left out of both.
    groups : (n,) what stays together when resampling.
    n_draws, level, seed : of the bootstrap.

    Returns
    -------
    An Estimate for each of auroc, auprc, tpr_at_fpr_1 and tpr_at_fpr_5, in [-1, 1]; above 0 the first is better. An
    interval that holds 0 does not tell them apart.

    Raises
    ------
    UndefinedMetric : only one class is present.

    References
    ----------
    Efron and Tibshirani, "An Introduction to the Bootstrap", chapters 8 and 16 (1993).
    """

    def draws(weights: Weights) -> list[Floats]:
        ours, theirs = metrics(y_true, first, weights), metrics(y_true, second, weights)
        return [one - other for one, other in zip(ours, theirs, strict=True)]

    found = estimates(draws, groups, n_draws=n_draws, level=level, seed=seed)
    return dict(zip(Metrics._fields, found, strict=True))


def paired_difference(
    first: ArrayLike,
    second: ArrayLike,
    groups: Sequence[Hashable],
    *,
    n_draws: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Estimate:
    """Mean difference of two numbers of the same texts, such as two losses or two versions' flags.

    Delta = mean(first_i - second_i), resampling clusters of texts.

    Parameters
    ----------
    first, second : (n,) floats in one unit.
    groups : (n,) what stays together when resampling.
    n_draws, level, seed : of the bootstrap.

    Returns
    -------
    Estimate in that unit; above 0 the first is larger.

    References
    ----------
    Efron and Tibshirani, "An Introduction to the Bootstrap", section 8.3 (1993).
    """
    gap = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)

    def mean(weights: Weights) -> Floats:
        total: Floats = weights.sum(axis=1)
        drawn: Floats = np.divide(weights @ gap, total, out=np.full(total.shape, np.nan), where=total > 0)
        return drawn

    return estimate(mean, groups, undefined="there is no text", n_draws=n_draws, level=level, seed=seed)


def mcnemar(y_true: ArrayLike, first: ArrayLike, second: ArrayLike) -> Discordance:
    """Exact test that two verdicts on the same texts are wrong equally often.

    b texts on which only the first is right and c on which only the second is; under equality b ~ Binomial(b + c, 1/2),
    p = min(1, 2 P(X <= min(b, c))).

    Parameters
    ----------
    y_true, first, second : (n,) booleans or 0/1; the texts must be independent (one of each group).

    Returns
    -------
    Discordance; a small p says that they differ.

    Raises
    ------
    UndefinedMetric : the verdicts are right on the same texts, so that nothing tells them apart.

    References
    ----------
    McNemar, "Note on the sampling error of the difference between correlated proportions", Psychometrika 12 (1947).
    """
    from scipy.stats import binom

    truth = np.asarray(y_true, dtype=bool)
    right_1, right_2 = (np.asarray(verdict, dtype=bool) == truth for verdict in (first, second))
    b, c = int((right_1 & ~right_2).sum()), int((right_2 & ~right_1).sum())
    if b + c == 0:
        raise UndefinedMetric("both verdicts are right on the same texts")
    return Discordance(b, c, min(1.0, 2.0 * float(binom.cdf(min(b, c), b + c, 0.5))))

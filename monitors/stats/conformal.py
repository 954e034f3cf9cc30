"""Thresholds with a promise for the next text: for misses, for graded losses, and for each model by itself."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from monitors.stats.errors import UndefinedMetric
from monitors.stats.threshold import conformal_threshold

Floats = NDArray[np.float64]


class GroupThreshold(NamedTuple):
    """The threshold of one group, or the reason why it has none of its own; n clean scores stand behind it."""

    threshold: float | None
    n: int
    reason: str = ""


class Band(NamedTuple):
    """Scores >= high are flagged, those < low are cleared, and what is between goes to a person."""

    low: float
    high: float


def miss_threshold(positive_scores: Sequence[float], beta: float) -> float:
    """Highest threshold at which at most a share `beta` of positives is missed, whatever their distribution.

    k = floor((n + 1) beta), t = s_(k), the k-th smallest score. A later positive exchangeable with these has a score
    below t with probability at most k / (n + 1) <= beta, over the draw of both.

    Parameters
    ----------
    positive_scores : (n,) finite suspicion of positives, planted or labelled; higher is more suspicious.
    beta : in (0, 1).

    Returns
    -------
    float among the scores; scores >= it are flagged. A higher threshold flags less.

    Raises
    ------
    UndefinedMetric : fewer than 1/beta - 1 positives.
    ValueError : beta is out of range.

    Notes
    -----
    A promise for positives of the same kind: planted ones say nothing of attackers who know the monitor. Together with
    `threshold.conformal_threshold` on clean scores it is the class-conditional pair.

    References
    ----------
    Vovk, "Conditional validity of inductive conformal predictors", ACML (2012).
    Angelopoulos and Bates, "A gentle introduction to conformal prediction", arXiv 2107.07511 (2021).
    """
    ordered = sorted(positive_scores)
    # Rounded first: 20 x 0.05 may fall short of 1 in floating point.
    rank = math.floor(round((len(ordered) + 1) * _checked(beta), 9))
    if rank < 1:
        raise UndefinedMetric(f"{len(ordered)} positives; {math.ceil(round(1 / beta - 1, 9))} are needed for {beta:g}")
    return float(ordered[rank - 1])


def abstain_band(clean_scores: Sequence[float], positive_scores: Sequence[float], *, alpha: float, beta: float) -> Band:
    """Two thresholds: at most `alpha` of clean texts are flagged and at most `beta` of positives are cleared.

    high = `conformal_threshold`(clean, alpha), low = min(high, `miss_threshold`(positives, beta)).

    Parameters
    ----------
    clean_scores, positive_scores : suspicion in [0, 1].
    alpha, beta : in (0, 1).

    Returns
    -------
    Band; the wider, the more goes to people. Of equal ends nothing does.

    Raises
    ------
    UndefinedMetric : too few scores of a class.

    References
    ----------
    Sadinle, Lei and Wasserman, "Least ambiguous set-valued classifiers with bounded error levels", JASA 114 (2019).
    """
    high = conformal_threshold(clean_scores, alpha)
    return Band(min(high, miss_threshold(positive_scores, beta)), high)


def mondrian_thresholds(
    clean_scores: Sequence[float], groups: Sequence[Hashable], alpha: float
) -> dict[Hashable, GroupThreshold]:
    """A conformal threshold for each group by itself, such as a model or a deployment.

    t_g = `conformal_threshold`(s_i : g_i = g), so that P(flag | clean, g) <= alpha in each group, not only on average.

    Parameters
    ----------
    clean_scores : (n,) suspicion in [0, 1] of clean texts.
    groups : (n,) the group of each; known before the score.
    alpha : in (0, 1).

    Returns
    -------
    GroupThreshold by group. A group too small for `alpha` has None: another group's threshold promises nothing for it.

    References
    ----------
    Vovk, Gammerman and Shafer, "Algorithmic Learning in a Random World", section 4.5 (2005).
    """
    by_group: dict[Hashable, list[float]] = {}
    for score, group in zip(clean_scores, groups, strict=True):
        by_group.setdefault(group, []).append(score)
    return {group: _own(scores, alpha) for group, scores in by_group.items()}


def miss_controlled_threshold(losses: ArrayLike, thresholds: ArrayLike, alpha: float, *, bound: float = 1.0) -> float:
    """Highest threshold at which the expected loss of missing stays within `alpha`; the loss may be graded.

    max { t : (n / (n + 1)) mean_i L_i(t) + B / (n + 1) <= alpha }, with L_i rising in t. E[L_{n+1}(t)] <= alpha for
    exchangeable texts.

    Parameters
    ----------
    losses : (n, k) of text i at threshold j in [0, bound], such as the share of its planted spans that stay below.
    thresholds : (k,) rising.
    alpha : in (0, bound).
    bound : largest loss B.

    Returns
    -------
    float among the thresholds. A higher one flags less.

    Raises
    ------
    UndefinedMetric : no threshold keeps the bound: too few texts, or too large losses.
    ValueError : the losses are not monotone, or not within the bound.

    References
    ----------
    Angelopoulos et al., "Conformal risk control", ICLR (2024).
    """
    loss, at = _losses(losses, thresholds, bound)
    if (np.diff(loss, axis=1) < 0).any():
        raise ValueError("the loss of missing must not fall when the threshold rises")
    return _within(loss, at, alpha, bound, -1)


def alarm_controlled_threshold(losses: ArrayLike, thresholds: ArrayLike, alpha: float, *, bound: float = 1.0) -> float:
    """Lowest threshold at which the expected loss of flagging clean texts stays within `alpha`; it may be graded.

    min { t : (n / (n + 1)) mean_i L_i(t) + B / (n + 1) <= alpha }, with L_i falling in t.

    Parameters
    ----------
    losses : (n, k) of clean text i at threshold j in [0, bound], such as the share of its steps that are flagged.
    thresholds : (k,) rising.
    alpha : in (0, bound).
    bound : largest loss B.

    Returns
    -------
    float among the thresholds. A higher one flags less.

    Raises
    ------
    UndefinedMetric : no threshold keeps the bound.
    ValueError : the losses are not monotone, or not within the bound.

    References
    ----------
    Angelopoulos et al., "Conformal risk control", ICLR (2024).
    """
    loss, at = _losses(losses, thresholds, bound)
    if (np.diff(loss, axis=1) > 0).any():
        raise ValueError("the loss of flagging must not rise with the threshold")
    return _within(loss, at, alpha, bound, 0)


def _own(scores: list[float], alpha: float) -> GroupThreshold:
    try:
        return GroupThreshold(conformal_threshold(scores, alpha), len(scores))
    except UndefinedMetric as error:
        return GroupThreshold(None, len(scores), str(error))


def _losses(losses: ArrayLike, thresholds: ArrayLike, bound: float) -> tuple[Floats, Floats]:
    loss, at = np.asarray(losses, dtype=np.float64), np.asarray(thresholds, dtype=np.float64)
    if loss.ndim != 2 or loss.shape[1] != at.size or (np.diff(at) <= 0).any():
        raise ValueError(f"losses {loss.shape} for {at.size} thresholds, which must rise")
    if not ((loss >= 0.0) & (loss <= bound)).all():
        raise ValueError(f"a loss is not in [0, {bound:g}]")
    return loss, at


def _within(loss: Floats, at: Floats, alpha: float, bound: float, which: int) -> float:
    expected = (loss.sum(axis=0) + bound) / (len(loss) + 1)
    kept = at[expected <= alpha + 1e-12]
    if not kept.size:
        raise UndefinedMetric(
            f"no threshold keeps the loss within {alpha:g}; the least of {len(loss)} texts promises "
            f"{expected.min():.3g}"
        )
    return float(kept[which])


def _checked(share: float) -> float:
    if not 0.0 < share < 1.0:
        raise ValueError(f"a share of {share} is not between 0 and 1")
    return share

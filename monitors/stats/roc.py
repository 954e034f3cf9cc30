"""Discrimination of a score: ROC curve, AUROC, average precision, TPR at a fixed FPR. Only ranks matter."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from monitors.stats.errors import UndefinedMetric

Floats = NDArray[np.float64]


class Metrics(NamedTuple):
    """AUROC, AUPRC and TPR at 1 % and 5 % FPR, each of shape (n_draws,); NaN in draws without one of the classes."""

    auroc: Floats
    auprc: Floats
    tpr_at_fpr_1: Floats
    tpr_at_fpr_5: Floats


class Curve(NamedTuple):
    """ROC points from (0, 0) to (1, 1); `thresholds[i]` flags scores >= it, the first one flags nothing."""

    fpr: Floats
    tpr: Floats
    thresholds: Floats


def auroc(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Probability that a random positive scores higher than a random negative.

    AUROC = U / (m n) = (1 / m n) sum_i sum_j [s_i > s_j] + 1/2 [s_i = s_j], over m positives i and n negatives j.

    Parameters
    ----------
    y_true : (n,) booleans or 0/1, 1 is positive.
    y_score : (n,) finite floats, suspicion; higher is more suspicious.

    Returns
    -------
    float in [0, 1], higher is better; 0.5 is chance; ties count one half.

    Raises
    ------
    UndefinedMetric : only one class is present.

    References
    ----------
    Hanley and McNeil, "The meaning and use of the area under a ROC curve", Radiology 143 (1982).
    """
    return float(metrics(y_true, y_score).auroc[0])


def average_precision(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Area under the precision-recall curve as a sum over thresholds, without interpolation.

    AP = sum_k (R_k - R_{k-1}) P_k, thresholds k from the highest score down, equal scores together.

    Parameters
    ----------
    y_true : (n,) booleans or 0/1, 1 is positive.
    y_score : (n,) finite floats; higher is more suspicious.

    Returns
    -------
    float in (0, 1], higher is better; chance is the share of positives.

    Raises
    ------
    UndefinedMetric : only one class is present.

    References
    ----------
    Davis and Goadrich, "The relationship between precision-recall and ROC curves", ICML (2006).
    """
    return float(metrics(y_true, y_score).auprc[0])


def tpr_at_fpr(y_true: ArrayLike, y_score: ArrayLike, max_fpr: float) -> float:
    """Share of positives flagged at the lowest threshold that flags at most `max_fpr` of the negatives.

    max { TPR(t) : FPR(t) <= max_fpr }, t among the scores and "flag nothing". The empirical step curve: equal scores
    are flagged together and nothing is interpolated, so the value is reached by a threshold that one can set.

    Parameters
    ----------
    y_true : (n,) booleans or 0/1, 1 is positive.
    y_score : (n,) finite floats; higher is more suspicious.
    max_fpr : in [0, 1].

    Returns
    -------
    float in [0, 1], higher is better.

    Raises
    ------
    UndefinedMetric : only one class is present.
    """
    curve = roc_curve(y_true, y_score)
    return float(curve.tpr[curve.fpr <= max_fpr].max())


def roc_curve(y_true: ArrayLike, y_score: ArrayLike) -> Curve:
    """All operating points of the score, one for each distinct value.

    Parameters
    ----------
    y_true : (n,) booleans or 0/1, 1 is positive.
    y_score : (n,) finite floats; higher is more suspicious.

    Returns
    -------
    Curve of (k + 1,) arrays for k distinct scores, from the strictest threshold to the laxest.

    Raises
    ------
    UndefinedMetric : only one class is present.
    """
    true, score = _checked(y_true, y_score)
    counts = Counts.of(true, score, np.ones((1, true.size)))
    fpr = np.concatenate([[0.0], counts.false_positives[0] / counts.false_positives[0, -1]])
    tpr = np.concatenate([[0.0], counts.true_positives[0] / counts.true_positives[0, -1]])
    return Curve(fpr, tpr, np.concatenate([[np.inf], np.unique(score)[::-1]]))


def metrics(y_true: ArrayLike, y_score: ArrayLike, weights: ArrayLike | None = None) -> Metrics:
    """AUROC, AUPRC and TPR at 1 % and 5 % FPR, for many weightings of the same scores at once.

    Parameters
    ----------
    y_true : (n,) booleans or 0/1, 1 is positive.
    y_score : (n,) finite floats; higher is more suspicious.
    weights : (n_draws, n) how often each row counts in each draw; one draw of ones when not given.

    Returns
    -------
    Metrics of (n_draws,) arrays, each in [0, 1], higher is better; NaN where a draw lacks one of the classes.

    Raises
    ------
    UndefinedMetric : only one class is present in the rows.
    """
    true, score = _checked(y_true, y_score)
    drawn = np.ones((1, true.size)) if weights is None else np.asarray(weights, dtype=np.float64)
    counts = Counts.of(true, score, drawn)
    tp, fp = counts.true_positives, counts.false_positives
    with np.errstate(invalid="ignore", divide="ignore"):
        tpr, fpr = tp / tp[:, -1:], fp / fp[:, -1:]
        precision = np.where(tp + fp > 0, tp / (tp + fp), 1.0)
    zero = np.zeros((tp.shape[0], 1))
    steps = np.diff(tpr, axis=1, prepend=zero)
    middle = (fpr + np.concatenate([zero, fpr[:, :-1]], axis=1)) / 2.0
    # Each positive beats the negatives below it: 1 minus the mean share of negatives at or above, ties by halves.
    area = 1.0 - (steps * middle).sum(axis=1)
    undefined = np.isnan(tpr[:, -1]) | np.isnan(fpr[:, -1])
    values = (area, (steps * precision).sum(axis=1), _best(tpr, fpr, 0.01), _best(tpr, fpr, 0.05))
    return Metrics(*(np.where(undefined, np.nan, value) for value in values))


def _best(tpr: Floats, fpr: Floats, max_fpr: float) -> Floats:
    best: Floats = np.where(fpr <= max_fpr, tpr, 0.0).max(axis=1)
    return best


class Counts(NamedTuple):
    """Weighted counts at or above each distinct score, highest first: (n_draws, k)."""

    true_positives: Floats
    false_positives: Floats

    @classmethod
    def of(cls, true: NDArray[np.bool_], score: Floats, weights: Floats) -> Counts:
        order = np.argsort(-score, kind="stable")
        starts = np.flatnonzero(np.diff(score[order], prepend=np.inf))
        drawn, positive = weights[:, order], true[order]
        return cls(
            np.cumsum(np.add.reduceat(drawn * positive, starts, axis=1), axis=1),
            np.cumsum(np.add.reduceat(drawn * ~positive, starts, axis=1), axis=1),
        )


def _checked(y_true: ArrayLike, y_score: ArrayLike) -> tuple[NDArray[np.bool_], Floats]:
    true, score = np.asarray(y_true, dtype=bool), np.asarray(y_score, dtype=np.float64)
    if true.ndim != 1 or true.shape != score.shape:
        raise ValueError(f"y_true {true.shape} and y_score {score.shape} must be one-dimensional and equally long")
    if not np.isfinite(score).all():
        raise ValueError("y_score must be finite: an unscored transcript is left out, not given a number")
    n_positives = int(true.sum())
    if n_positives in (0, true.size):
        raise UndefinedMetric(f"{n_positives} of {true.size} rows are positive; both classes are needed")
    return true, score

"""Precision and recall of a score at every threshold, and at the number of reviews one can afford."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from monitors.stats.errors import UndefinedMetric
from monitors.stats.roc import roc_curve

Floats = NDArray[np.float64]


class PrecisionRecall(NamedTuple):
    """Points from the strictest threshold to the laxest, one for each distinct score; scores >= it are flagged."""

    recall: Floats
    precision: Floats
    thresholds: Floats


class AtBudget(NamedTuple):
    """What reviewing the most suspicious rows finds, on average over the order of equal scores."""

    n_reviewed: int
    threshold: float
    recall: float
    precision: float


def precision_recall_curve(y_true: ArrayLike, y_score: ArrayLike) -> PrecisionRecall:
    """Precision and recall at each threshold that one can set.

    R(t) = TP(t) / P, P(t) = TP(t) / (TP(t) + FP(t)), over t among the distinct scores: equal scores together.

    Parameters
    ----------
    y_true : (n,) booleans or 0/1, 1 is positive.
    y_score : (n,) finite floats; higher is more suspicious.

    Returns
    -------
    PrecisionRecall of (k,) arrays for k distinct scores; recall rises, precision need not fall.

    Raises
    ------
    UndefinedMetric : only one class is present.

    Notes
    -----
    Points must not be joined by straight lines: between two thresholds precision is not linear in recall, and a
    trapezoidal area is too large. `roc.average_precision` is the sum without interpolation. There is no point at recall
    0, where precision is 0 / 0. Precision depends on prevalence: it holds for a stream with that of the labelled set.

    References
    ----------
    Davis and Goadrich, "The relationship between precision-recall and ROC curves", ICML (2006).
    """
    curve = roc_curve(y_true, y_score)
    n_positive = float(np.asarray(y_true, dtype=bool).sum())
    n_negative = np.asarray(y_true).size - n_positive
    hits, false = curve.tpr[1:] * n_positive, curve.fpr[1:] * n_negative
    return PrecisionRecall(curve.tpr[1:], hits / (hits + false), curve.thresholds[1:])


def at_budget(y_true: ArrayLike, y_score: ArrayLike, budget: int) -> AtBudget:
    """Recall and precision when the `budget` most suspicious rows are reviewed.

    Of g rows with the score t at which the budget b ends, h of them positive, b - n(s > t) are drawn at random:
    E[TP] = TP(s > t) + (b - n(s > t)) h / g.

    Parameters
    ----------
    y_true : (n,) booleans or 0/1, 1 is positive.
    y_score : (n,) finite floats; higher is more suspicious.
    budget : rows that can be reviewed, at least 1; more than n is n.

    Returns
    -------
    AtBudget; recall and precision in [0, 1], higher is better.

    Raises
    ------
    UndefinedMetric : only one class is present.
    ValueError : the budget is below 1.

    References
    ----------
    McSherry and Najork, "Computing information retrieval performance measures efficiently in the presence of tied
    scores", ECIR (2008).
    """
    if budget < 1:
        raise ValueError(f"a budget of {budget} reviews")
    roc_curve(y_true, y_score)  # Refuses what has no curve.
    true, score = np.asarray(y_true, dtype=bool), np.asarray(y_score, dtype=np.float64)
    reviewed = min(budget, score.size)
    threshold = float(np.sort(score)[::-1][reviewed - 1])
    above, level = score > threshold, score == threshold
    hits = float(true[above].sum() + (reviewed - above.sum()) * true[level].mean())
    return AtBudget(reviewed, threshold, hits / float(true.sum()), hits / reviewed)


def precision_at_prevalence(tpr: float, fpr: float, prevalence: float) -> float:
    """Precision of a threshold in a stream of another prevalence.

    P = tpr pi / (tpr pi + fpr (1 - pi)).

    Parameters
    ----------
    tpr, fpr : rates of the threshold, in [0, 1].
    prevalence : share pi of positives in the stream, in [0, 1].

    Returns
    -------
    float in [0, 1], higher is better.

    Raises
    ------
    UndefinedMetric : nothing would be flagged.

    References
    ----------
    Bayes' rule; for its consequences at low prevalence Axelsson, "The base-rate fallacy", ACM TISSEC 3 (2000).
    """
    flagged = tpr * prevalence + fpr * (1.0 - prevalence)
    if flagged == 0.0:
        raise UndefinedMetric("nothing is flagged at this threshold")
    return tpr * prevalence / flagged


def rogan_gladen(flag_rate: float, tpr: float, fpr: float) -> float:
    """Prevalence of an unlabelled stream from how much of it is flagged.

    pi = (p - fpr) / (tpr - fpr), cut to [0, 1].

    Parameters
    ----------
    flag_rate : share p of the stream that is flagged, in [0, 1].
    tpr, fpr : rates of the threshold, from labelled rows of the same kind.

    Returns
    -------
    float in [0, 1], an estimate without direction.

    Raises
    ------
    UndefinedMetric : the monitor flags no more positives than negatives.

    References
    ----------
    Rogan and Gladen, "Estimating prevalence from the results of a screening test", Am. J. Epidemiol. 107 (1978).
    """
    if tpr <= fpr:
        raise UndefinedMetric(f"a TPR of {tpr:g} at an FPR of {fpr:g} says nothing of prevalence")
    return min(1.0, max(0.0, (flag_rate - fpr) / (tpr - fpr)))

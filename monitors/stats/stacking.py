"""Several monitors as one: a logistic model of their log-odds, in which a monitor that did not score is not clean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from monitors.stats.calibration import LEAST_ISOTONIC, calibrator
from monitors.stats.errors import UndefinedMetric
from monitors.stats.folds import Rows, cross_fitted

Floats = NDArray[np.float64]

# Scores by monitor; None where it did not score the text.
Scores = Mapping[str, Sequence[float | None]]

# Scores of exactly 0 or 1 are within this of the ends: one monitor alone is no proof.
_CLIP = 1e-3
_MOST_STEPS = 100


@dataclass(frozen=True, slots=True)
class Stack:
    """logit p = b + sum over monitors that scored of w_j (logit s_j - m_j) + sum over those that did not of v_j.

    m_j is the mean of monitor j where it scored, so that w_j speaks of texts above or below its own average, and v_j is
    what not scoring says, learned from the labels. Both shrink to 0, which is "says nothing", with few labels.
    """

    names: tuple[str, ...]
    means: Floats
    spreads: Floats
    coefficients: Floats
    prior: float

    @classmethod
    def fit(cls, y_true: ArrayLike, scores: Scores, *, penalty: float = 1.0) -> Stack:
        """Maximum penalised likelihood: log-likelihood - (penalty / 2) sum of squared standardised coefficients.

        Parameters
        ----------
        y_true : (n,) booleans or 0/1.
        scores : for each monitor (n,) suspicion in [0, 1], None where it did not score.
        penalty : at least 0; 1 is a normal prior of one standard deviation.

        Returns
        -------
        Stack.

        Raises
        ------
        UndefinedMetric : only one class is present, or no monitor scored anything.

        Notes
        -----
        Correlated monitors share their weight; a sum of log-likelihood ratios would count the same evidence twice.

        References
        ----------
        Wolpert, "Stacked generalization", Neural Netw. 5 (1992); Good, "Weight of evidence", Bayesian Stat. 2 (1985).
        """
        true = np.asarray(y_true, dtype=np.float64)
        logits = _logits(scores)
        if true.size == 0 or true.min() == true.max():
            raise UndefinedMetric(f"{true.size} labels, all of one class: nothing to combine by")
        if np.isnan(logits).all():
            raise UndefinedMetric("no monitor scored any text")
        means, spreads = _moments(logits)
        coefficients = logistic(_design(logits, means, spreads), true, penalty=penalty)
        return cls(tuple(scores), means, spreads, coefficients, float(true.mean()))

    def probability(self, scores: Scores) -> list[float | None]:
        """P(positive | scores) at the prevalence of the labels.

        Returns
        -------
        For each text a float in (0, 1), higher is more suspicious; None where no monitor scored.
        """
        evidence = self.log_likelihood_ratio(scores)
        prior = np.log(self.prior / (1.0 - self.prior))
        return [None if one is None else float(0.5 * (1.0 + np.tanh(0.5 * (one + prior)))) for one in evidence]

    def log_likelihood_ratio(self, scores: Scores) -> list[float | None]:
        """log p(scores | positive) - log p(scores | negative): adds to the log-odds of any other prevalence.

        Returns
        -------
        For each text a float in nats, higher speaks for positive; None where no monitor scored.
        """
        if tuple(scores) != self.names:
            raise ValueError(f"fitted on {', '.join(self.names)}; asked about {', '.join(scores)}")
        logits = _logits(scores)
        odds = _design(logits, self.means, self.spreads) @ self.coefficients - np.log(self.prior / (1.0 - self.prior))
        scored = ~np.isnan(logits)
        return [float(one) if own.any() else None for one, own in zip(odds, scored, strict=True)]


def combined(y_true: ArrayLike, scores: Scores, groups: Sequence[str], *, n_folds: int = 5) -> list[float | None]:
    """The probability of each text by a combination that saw nothing of its group.

    From 200 labels on a `Stack`; below, the highest of the monitors' calibrated probabilities.

    Parameters
    ----------
    y_true : (n,) booleans or 0/1.
    scores : for each monitor (n,) suspicion in [0, 1], None where it did not score.
    groups : (n,) what stays together.
    n_folds : at least 2.

    Returns
    -------
    For each text a float in [0, 1], higher is more suspicious; None where no monitor scored it, or none of those that
    did could be calibrated on the other folds.

    Raises
    ------
    UndefinedMetric : too few groups, or the rows outside a fold lack a class.

    References
    ----------
    Wolpert (1992); van der Laan, Polley and Hubbard, "Super learner", Stat. Appl. Genet. Mol. Biol. 6 (2007).
    """
    true = np.asarray(y_true, dtype=np.float64)

    def fit_and_score(fit: Rows, to: Rows) -> Floats:
        ours, theirs = _rows(scores, fit), _rows(scores, to)
        if true.size >= LEAST_ISOTONIC:
            return _numbers(Stack.fit(true[fit], ours).probability(theirs))
        return highest_calibrated(true[fit], ours, theirs)

    found = cross_fitted(groups, fit_and_score, n_folds)
    return [None if np.isnan(one) else float(one) for one in found]


def highest_calibrated(y_true: ArrayLike, fit: Scores, to: Scores) -> Floats:
    """The highest of the monitors' own probabilities, each calibrated where it scored.

    max_j P_j(positive | s_j) over the monitors that scored.

    Parameters
    ----------
    y_true : (n,) booleans or 0/1, of the texts in `fit`.
    fit, to : scores by monitor of the labelled texts, and of those to combine.

    Returns
    -------
    (m,) floats in [0, 1], higher is more suspicious; NaN where no monitor that scored could be calibrated.

    References
    ----------
    Design rule for fewer than 200 labels, where weights would be noise.
    """
    true = np.asarray(y_true, dtype=np.float64)
    own = np.stack([_calibrated(true, _numbers(fit[name]), _numbers(to[name])) for name in fit], axis=1)
    return np.where(np.isnan(own).all(axis=1), np.nan, np.nan_to_num(own, nan=-1.0).max(axis=1))


def logistic(design: Floats, y_true: ArrayLike, *, penalty: float = 0.0) -> Floats:
    """Coefficients of a logistic model by Newton's method; the first column, the intercept, is not penalised.

    argmax sum y x'b - log(1 + exp x'b) - (penalty / 2) sum_{j > 0} b_j^2.

    Parameters
    ----------
    design : (n, k) floats, the first column ones.
    y_true : (n,) 0/1.
    penalty : at least 0; 0 needs classes that overlap.

    Returns
    -------
    (k,) floats; above 0 speaks for positive.

    Raises
    ------
    UndefinedMetric : the likelihood has no maximum (separable classes without a penalty).

    References
    ----------
    le Cessie and van Houwelingen, "Ridge estimators in logistic regression", Appl. Stat. 41 (1992).
    """
    true = np.asarray(y_true, dtype=np.float64)
    ridge = penalty * np.ones(design.shape[1])
    ridge[0] = 0.0
    beta = np.zeros(design.shape[1])
    for _ in range(_MOST_STEPS):
        logit = design @ beta
        p = 0.5 * (1.0 + np.tanh(0.5 * logit))
        gradient = design.T @ (true - p) - ridge * beta
        if penalty == 0.0 and np.abs(true - p).max() < 1e-5:
            break
        if np.abs(gradient).max() < 1e-8 * max(1.0, true.size):
            return beta
        hessian = design.T @ (design * (p * (1.0 - p))[:, None]) + np.diag(ridge + 1e-10)
        beta = _halved(design, true, ridge, beta, np.asarray(np.linalg.solve(hessian, gradient), dtype=np.float64))
    raise UndefinedMetric("the classes are separable: without a penalty the weights have no limit")


def _halved(design: Floats, true: Floats, ridge: Floats, beta: Floats, step: Floats) -> Floats:
    best, size = _loss(design, true, ridge, beta), 1.0
    while size > 1e-8 and _loss(design, true, ridge, beta + size * step) > best:
        size /= 2.0
    return beta + size * step


def _loss(design: Floats, true: Floats, ridge: Floats, beta: Floats) -> float:
    logit = design @ beta
    return float((np.logaddexp(0.0, logit) - true * logit).sum() + 0.5 * (ridge * beta**2).sum())


def _design(logits: Floats, means: Floats, spreads: Floats) -> Floats:
    missing = np.isnan(logits)
    present = np.where(missing, 0.0, (logits - means) / spreads)
    return np.concatenate([np.ones((len(logits), 1)), present, missing.astype(np.float64)], axis=1)


def _moments(logits: Floats) -> tuple[Floats, Floats]:
    """Mean and spread of each monitor where it scored; 0 and 1 where it never did or always said the same."""
    known = ~np.isnan(logits)
    n = np.maximum(known.sum(axis=0), 1)
    means = np.nan_to_num(logits).sum(axis=0) / n
    spreads = np.sqrt((np.where(known, logits - means, 0.0) ** 2).sum(axis=0) / n)
    return means, np.where(spreads > 0.0, spreads, 1.0)


def _logits(scores: Scores) -> Floats:
    if not scores:
        raise UndefinedMetric("there is no monitor to combine")
    values = np.stack([_numbers(column) for column in scores.values()], axis=1)
    if not (np.isnan(values) | ((values >= 0.0) & (values <= 1.0))).all():
        raise ValueError("scores must lie in [0, 1], or be None")
    clipped = np.clip(values, _CLIP, 1.0 - _CLIP)
    logits: Floats = np.log(clipped / (1.0 - clipped))
    return logits


def _calibrated(true: Floats, fit: Floats, to: Floats) -> Floats:
    known = ~np.isnan(fit)
    try:
        own = calibrator(true[known], fit[known])
    except UndefinedMetric:
        return np.full(to.size, np.nan)
    return np.where(np.isnan(to), np.nan, own(np.nan_to_num(to)))


def _numbers(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _rows(scores: Scores, rows: Rows) -> dict[str, list[float | None]]:
    return {name: [column[row] for row in rows] for name, column in scores.items()}

"""From a score to the probability that it means: isotonic regression and Platt's sigmoid, fitted on other groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from monitors.stats.errors import UndefinedMetric
from monitors.stats.folds import cross_fitted

Floats = NDArray[np.float64]

# With fewer labels isotonic regression follows the noise; a sigmoid has two parameters.
LEAST_ISOTONIC = 200
_MOST_STEPS = 100


class Calibrator(Protocol):
    """Maps scores to probabilities; never lowers one when the score rises."""

    def __call__(self, y_score: ArrayLike, /) -> Floats: ...


@dataclass(frozen=True, slots=True)
class Isotonic:
    """The best non-decreasing step fit, joined by lines between the distinct scores and flat beyond them."""

    scores: Floats
    probabilities: Floats

    @classmethod
    def fit(cls, y_true: ArrayLike, y_score: ArrayLike, weights: ArrayLike | None = None) -> Isotonic:
        """Pool adjacent violators: argmin over f non-decreasing of sum w_i (y_i - f(s_i))^2.

        Parameters
        ----------
        y_true : (n,) booleans, 0/1 or shares in [0, 1].
        y_score : (n,) finite floats; equal scores are one point.
        weights : (n,) positive; ones when not given.

        Returns
        -------
        Isotonic. Its probabilities reach 0 and 1 where the ends are pure: they are no odds to multiply.

        Raises
        ------
        UndefinedMetric : only one class is present.

        References
        ----------
        Ayer et al., "An empirical distribution function for sampling with incomplete information", Ann. Math. Statist.
        26 (1955); Zadrozny and Elkan, "Transforming classifier scores into accurate multiclass probability estimates",
        KDD (2002).
        """
        from scipy.optimize import isotonic_regression

        true, score = _checked(y_true, y_score)
        weight = np.ones(true.size) if weights is None else np.asarray(weights, dtype=np.float64)
        points, place = np.unique(score, return_inverse=True)
        mass = np.bincount(place, weights=weight)
        fitted = isotonic_regression(np.bincount(place, weights=weight * true) / mass, weights=mass)
        return cls(points, np.asarray(fitted.x, dtype=np.float64))

    def __call__(self, y_score: ArrayLike, /) -> Floats:
        return np.asarray(np.interp(np.asarray(y_score, dtype=np.float64), self.scores, self.probabilities))


@dataclass(frozen=True, slots=True)
class Platt:
    """P(positive | s) = 1 / (1 + exp(-(slope s + intercept)))."""

    slope: float
    intercept: float

    @classmethod
    def fit(cls, y_true: ArrayLike, y_score: ArrayLike) -> Platt:
        """Maximum likelihood of smoothed targets, by Newton's method with halving.

        t = (N_1 + 1) / (N_1 + 2) of positives, 1 / (N_0 + 2) of negatives; argmax sum t log p + (1 - t) log(1 - p).

        Parameters
        ----------
        y_true : (n,) booleans or 0/1.
        y_score : (n,) finite floats, such as log-odds; the sigmoid fits best where the log-odds are linear in them.

        Returns
        -------
        Platt; a negative slope means that the score speaks against what it should find. The smoothed targets keep
        separable classes finite.

        Raises
        ------
        UndefinedMetric : only one class is present, or all scores are equal.

        References
        ----------
        Platt, "Probabilistic outputs for support vector machines" (1999); Lin, Lin and Weng, "A note on Platt's
        probabilistic outputs for support vector machines", Mach. Learn. 68 (2007).
        """
        true, score = _checked(y_true, y_score)
        if score.min() == score.max():
            raise UndefinedMetric("all scores are equal: they carry no probability but the share of positives")
        n_1, n_0 = true.sum(), (1.0 - true).sum()
        target = np.where(true > 0, (n_1 + 1.0) / (n_1 + 2.0), 1.0 / (n_0 + 2.0))
        # In units of the spread, so that Newton's steps do not depend on the scale of the score.
        centre, spread = float(score.mean()), float(score.std())
        slope, intercept = _newton((score - centre) / spread, target)
        return cls(slope / spread, intercept - slope * centre / spread)

    def __call__(self, y_score: ArrayLike, /) -> Floats:
        return _sigmoid(self.slope * np.asarray(y_score, dtype=np.float64) + self.intercept)


def calibrator(y_true: ArrayLike, y_score: ArrayLike) -> Calibrator:
    """Isotonic from 200 labels on, Platt's sigmoid below.

    Parameters
    ----------
    y_true : (n,) booleans or 0/1.
    y_score : (n,) finite floats; higher is more suspicious.

    Returns
    -------
    Calibrator; higher scores have higher probabilities.

    Raises
    ------
    UndefinedMetric : only one class is present.

    References
    ----------
    Niculescu-Mizil and Caruana, "Predicting good probabilities with supervised learning", ICML (2005).
    """
    return (Isotonic if np.asarray(y_true).size >= LEAST_ISOTONIC else Platt).fit(y_true, y_score)


def calibrated(y_true: ArrayLike, y_score: ArrayLike, groups: Sequence[str], *, n_folds: int = 5) -> Floats:
    """The probability of each text by a calibrator that saw nothing of its group.

    Parameters
    ----------
    y_true : (n,) booleans or 0/1.
    y_score : (n,) finite floats; higher is more suspicious.
    groups : (n,) what stays together.
    n_folds : at least 2.

    Returns
    -------
    (n,) probabilities in [0, 1]; higher is more suspicious. Only these may be held against the same labels.

    Raises
    ------
    UndefinedMetric : too few groups, or the rows outside a fold lack a class.

    References
    ----------
    Platt (1999), section 2.1, on fitting with cross-validation.
    """
    true, score = _checked(y_true, y_score)
    return cross_fitted(groups, lambda fit, to: calibrator(true[fit], score[fit])(score[to]), n_folds)


def _newton(score: Floats, target: Floats) -> tuple[float, float]:
    design = np.stack([score, np.ones_like(score)], axis=1)
    # Starts from the share of positives, as Platt does.
    share = float(target.mean())
    beta = np.array([0.0, np.log(share / (1.0 - share))])
    loss = _loss(design @ beta, target)
    for _ in range(_MOST_STEPS):
        p = _sigmoid(design @ beta)
        gradient = design.T @ (p - target)
        if np.abs(gradient).max() < 1e-9 * target.size:
            break
        hessian = design.T @ (design * (p * (1.0 - p))[:, None]) + 1e-12 * np.eye(2)
        step, size = np.linalg.solve(hessian, gradient), 1.0
        while (tried := _loss(design @ (beta - size * step), target)) > loss and size > 1e-10:
            size /= 2.0
        beta, loss = beta - size * step, tried
    return float(beta[0]), float(beta[1])


def _loss(logit: Floats, target: Floats) -> float:
    return float((np.logaddexp(0.0, logit) - target * logit).sum())


def _sigmoid(logit: Floats) -> Floats:
    # By tanh: exp of a large logit overflows.
    half: Floats = 0.5 * (1.0 + np.tanh(0.5 * logit))
    return half


def _checked(y_true: ArrayLike, y_score: ArrayLike) -> tuple[Floats, Floats]:
    true, score = np.asarray(y_true, dtype=np.float64), np.asarray(y_score, dtype=np.float64)
    if true.ndim != 1 or true.shape != score.shape:
        raise ValueError(f"y_true {true.shape} and y_score {score.shape} must be one-dimensional and equally long")
    if not np.isfinite(score).all():
        raise ValueError("y_score must be finite: an unscored transcript is left out, not given a number")
    if true.size == 0 or true.max() == true.min():
        raise UndefinedMetric(f"{true.size} labels, all of one class: there is nothing to calibrate against")
    return true, score

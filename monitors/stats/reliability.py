"""Do probabilities come true? Reliability curve, expected calibration error, Brier score and its parts."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from monitors.stats.binomial import clopper_pearson
from monitors.stats.errors import UndefinedMetric

Floats = NDArray[np.float64]
# Bins of equal width, or with equally many texts.
Binning = Literal["width", "mass"]

N_BINS = 15
_CHANCE_DRAWS = 200


class Bin(NamedTuple):
    """Texts of similar probability: how many, their mean probability, and the share that was positive with its band."""

    n: int
    mean: float
    share: float
    low: float
    high: float


class CalibrationError(NamedTuple):
    """ECE, and what a perfectly calibrated score of as many texts shows: only the excess is miscalibration."""

    value: float
    by_chance: float


class Brier(NamedTuple):
    """score = reliability - resolution + uncertainty, over the distinct probabilities; higher resolution is better."""

    score: float
    reliability: float
    resolution: float
    uncertainty: float


def reliability_curve(
    y_true: ArrayLike, probability: ArrayLike, *, n_bins: int = N_BINS, binning: Binning = "mass", level: float = 0.95
) -> tuple[Bin, ...]:
    """Share of positives against mean probability, bin by bin, with exact intervals.

    Parameters
    ----------
    y_true : (n,) booleans or 0/1.
    probability : (n,) floats in [0, 1] from a calibrator that did not see these texts.
    n_bins : most bins; empty ones are left out, equal probabilities are never parted.
    binning : by equal width, or by equal mass.
    level : coverage of each band (Clopper-Pearson), in (0, 1).

    Returns
    -------
    Bins from low to high probability; a calibrated score has share = mean up to the band.

    Raises
    ------
    UndefinedMetric : there is no text.

    Notes
    -----
    Bands are for independent texts, and each bin alone: of 15 bins at 95 %, one is outside in half of all curves.

    References
    ----------
    Bröcker and Smith, "Increasing the reliability of reliability diagrams", Weather Forecast. 22 (2007).
    """
    true, p = _checked(y_true, probability)
    place = _places(p, n_bins, binning)
    return tuple(_bin(true[place == number], p[place == number], level) for number in np.unique(place))


def expected_calibration_error(
    y_true: ArrayLike, probability: ArrayLike, *, n_bins: int = N_BINS, binning: Binning = "mass", seed: int = 0
) -> CalibrationError:
    """Mean distance between probability and share of positives over bins.

    ECE = sum_b (n_b / n) |share_b - mean_b|.

    Parameters
    ----------
    y_true : (n,) booleans or 0/1.
    probability : (n,) floats in [0, 1].
    n_bins, binning : as in `reliability_curve`.
    seed : of the draws for what chance shows.

    Returns
    -------
    CalibrationError in [0, 1], lower is better.

    Raises
    ------
    UndefinedMetric : there is no text.

    Notes
    -----
    Biased upward: an absolute value of noise is positive, so that few texts or many bins show miscalibration where
    there is none; `by_chance` is the mean ECE of labels drawn from the probabilities themselves. Blind to what cancels
    within a bin, and a constant score at the base rate has ECE 0: read it beside resolution.

    References
    ----------
    Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", AAAI (2015).
    Roelofs et al., "Mitigating bias in calibration error estimation", AISTATS (2022).
    """
    true, p = _checked(y_true, probability)
    place = _places(p, n_bins, binning)
    drawn = np.random.default_rng(seed).random((_CHANCE_DRAWS, p.size)) < p
    return CalibrationError(float(_error(true[None, :], p, place)[0]), float(_error(drawn, p, place).mean()))


def brier(y_true: ArrayLike, probability: ArrayLike) -> Brier:
    """Mean squared error of probabilities, parted into what calibration and what discrimination contribute.

    BS = (1/n) sum (p_i - y_i)^2 = sum (n_k/n) (p_k - y_k)^2 - sum (n_k/n) (y_k - y)^2 + y (1 - y), k over the distinct
    probabilities, y_k the share of positives among them, y overall.

    Parameters
    ----------
    y_true : (n,) booleans or 0/1.
    probability : (n,) floats in [0, 1].

    Returns
    -------
    Brier: score in [0, 1], lower is better; reliability lower is better, resolution higher is better.

    Raises
    ------
    UndefinedMetric : there is no text.

    Notes
    -----
    Half of the score in Brier's paper, which sums over both classes. With all probabilities distinct each is a class of
    its own: reliability is then the score, and resolution the uncertainty; calibrate or round before parting.

    References
    ----------
    Brier, "Verification of forecasts expressed in terms of probability", Mon. Weather Rev. 78 (1950).
    Murphy, "A new vector partition of the probability score", J. Appl. Meteorol. 12 (1973).
    """
    true, p = _checked(y_true, probability)
    values, place = np.unique(p, return_inverse=True)
    n = np.bincount(place).astype(np.float64)
    share, overall = np.bincount(place, weights=true) / n, float(true.mean())
    return Brier(
        float(((p - true) ** 2).mean()),
        float((n * (values - share) ** 2).sum() / p.size),
        float((n * (share - overall) ** 2).sum() / p.size),
        overall * (1.0 - overall),
    )


def _bin(true: Floats, p: Floats, level: float) -> Bin:
    share = clopper_pearson(int(true.sum()), true.size, level)
    return Bin(true.size, float(p.mean()), share.value, share.low, share.high)


def _error(true: NDArray[np.bool_] | Floats, p: Floats, place: NDArray[np.int64]) -> Floats:
    """ECE of each row of labels."""
    member = (place[:, None] == np.unique(place)).astype(np.float64)
    gaps: Floats = np.abs((true - p) @ member).sum(axis=1) / p.size
    return gaps


def _places(p: Floats, n_bins: int, binning: Binning) -> NDArray[np.int64]:
    if n_bins < 1:
        raise ValueError(f"{n_bins} bins")
    if binning == "width":
        return np.minimum((p * n_bins).astype(np.int64), n_bins - 1)
    edges = np.unique(np.quantile(p, np.arange(1, n_bins) / n_bins, method="lower"))
    return np.searchsorted(edges, p, side="left").astype(np.int64)


def _checked(y_true: ArrayLike, probability: ArrayLike) -> tuple[Floats, Floats]:
    true, p = np.asarray(y_true, dtype=np.float64), np.asarray(probability, dtype=np.float64)
    if true.ndim != 1 or true.shape != p.shape:
        raise ValueError(f"y_true {true.shape} and probability {p.shape} must be one-dimensional and equally long")
    if not ((p >= 0.0) & (p <= 1.0)).all():
        raise ValueError("a probability lies in [0, 1]")
    if p.size == 0:
        raise UndefinedMetric("there is no text")
    return true, p

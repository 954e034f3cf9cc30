"""Agreement between raters beyond chance, and how much of it is one category: all raters, missing ratings allowed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from monitors.stats.errors import UndefinedMetric
from monitors.stats.estimate import Estimate, estimates
from monitors.stats.ratings import (
    Floats,
    Level,
    Ratings,
    Weighting,
    ac_draws,
    alpha_draws,
    coding,
    kappa_draws,
    order,
    raw_draws,
)

NO_PAIR = "no unit has two ratings"
NO_VARIATION = "all ratings are the same: chance cannot be told from agreement"


class Dominant(NamedTuple):
    """The most frequent category and its share of all ratings; of equals the first in order."""

    category: Hashable
    share: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """What must stand together: chance-corrected agreement says little where one category has nearly all ratings."""

    n_units: int
    n_paired: int
    dominant: Dominant
    raw: Estimate
    ac: Estimate
    alpha: Estimate
    kappa: Estimate


def raw_agreement(ratings: Ratings) -> float:
    """Share of pairs of ratings of one unit that are equal, units counting alike.

    p_a = mean over units with r >= 2 ratings of sum_k r_k (r_k - 1) / (r (r - 1)).

    Parameters
    ----------
    ratings : (units, raters), None where a rater did not rate.

    Returns
    -------
    float in [0, 1], higher is more agreement, chance included.

    Raises
    ------
    UndefinedMetric : no unit has two ratings.

    References
    ----------
    Fleiss, "Measuring nominal scale agreement among many raters", Psychol. Bull. 76 (1971).
    """
    return _defined(raw_draws(coding(ratings)), NO_PAIR)


def cohen_kappa(
    first: Sequence[Hashable | None],
    second: Sequence[Hashable | None],
    *,
    categories: Sequence[Hashable] | None = None,
    weights: Weighting | ArrayLike = "identity",
) -> float:
    """Agreement of two raters beyond what their own frequencies give by chance.

    kappa = (p_o - p_e) / (1 - p_e), p_o = sum w_kl p_kl, p_e = sum w_kl p_k. p_.l, over units that both rated.

    Parameters
    ----------
    first, second : (units,) ratings, None where missing.
    categories : in their order, which weights need; by default those seen, sorted.
    weights : identity, linear 1 - |k - l| / (K - 1), quadratic 1 - (k - l)^2 / (K - 1)^2, or (K, K) of one's own,
        1 for full agreement.

    Returns
    -------
    float in [-1, 1], higher is more agreement; 0 is chance.

    Raises
    ------
    UndefinedMetric : no unit has both ratings, or both raters always said the same one thing (p_e = 1).

    Notes
    -----
    With rare categories kappa falls to 0 at 95 % raw agreement: show it beside AC1 and the dominant share.

    References
    ----------
    Cohen, "A coefficient of agreement for nominal scales", Educ. Psychol. Meas. 20 (1960).
    Cohen, "Weighted kappa", Psychol. Bull. 70 (1968).
    """
    coded = coding(list(zip(first, second, strict=True)), categories)
    return _defined(kappa_draws(coded, weights), NO_VARIATION if coded.both.any() else NO_PAIR)


def gwet_ac(
    ratings: Ratings,
    *,
    categories: Sequence[Hashable] | None = None,
    weights: Weighting | ArrayLike = "identity",
) -> float:
    """Gwet's AC1 (identity weights) and AC2: chance agreement only on ratings that are hard to decide.

    AC = (p_a - p_e) / (1 - p_e), p_a as `raw_agreement` with near misses by weight, p_e = T sum pi_k (1 - pi_k) /
    (K (K - 1)), T the sum of the weights, pi_k the mean share of category k over units.

    Parameters
    ----------
    ratings : (units, raters), None where a rater did not rate.
    categories : all that could be given, in their order; by default those seen, sorted.
    weights : as in `cohen_kappa`.

    Returns
    -------
    float in [-1, 1], higher is more agreement; 0 is chance.

    Raises
    ------
    UndefinedMetric : no unit has two ratings, or there are fewer than two categories.

    References
    ----------
    Gwet, "Computing inter-rater reliability and its variance in the presence of high agreement", Br. J. Math. Stat.
    Psychol. 61 (2008); "Handbook of Inter-Rater Reliability", chapters 3 and 5 (2014).
    """
    coded = coding(ratings, categories)
    return _defined(ac_draws(coded, weights), NO_PAIR if len(coded.categories) > 1 else NO_VARIATION)


def krippendorff_alpha(
    ratings: Ratings, *, level: Level = "nominal", categories: Sequence[Hashable] | None = None
) -> float:
    """Observed against expected disagreement, of any number of raters with ratings missing.

    alpha = 1 - D_o / D_e over pairs within units and pairs of all ratings: with coincidences o_ck = sum_u r_uc (r_uk -
    [c = k]) / (m_u - 1), alpha = 1 - (n - 1) sum o_ck d_ck / sum n_c n_k d_ck. d is 1 for unequal (nominal),
    (n_c / 2 + those between + n_k / 2)^2 (ordinal), or (c - k)^2 (interval).

    Parameters
    ----------
    ratings : (units, raters), None where a rater did not rate; units with one rating are left out.
    level : of measurement; interval needs numbers, ordinal an order.
    categories : in their order; by default those seen, sorted.

    Returns
    -------
    float, at most 1, higher is more agreement; 0 is chance, below 0 is systematic disagreement.

    Raises
    ------
    UndefinedMetric : no unit has two ratings, or all paired ratings are the same: neither 1 nor 0.

    References
    ----------
    Krippendorff, "Computing Krippendorff's alpha-reliability" (2011).
    """
    coded = coding(ratings, categories)
    return _defined(alpha_draws(coded, level), NO_VARIATION if coded.paired.any() else NO_PAIR)


def dominant_share(ratings: Ratings) -> Dominant:
    """The most frequent category among all ratings.

    max_k n_k / n.

    Parameters
    ----------
    ratings : (units, raters), None where a rater did not rate.

    Returns
    -------
    Dominant; near 1 no chance-corrected coefficient tells raters apart.

    Raises
    ------
    UndefinedMetric : there is no rating.

    References
    ----------
    Feinstein and Cicchetti, "High agreement but low kappa", J. Clin. Epidemiol. 43 (1990).
    """
    counts = Counter(value for row in ratings for value in row if value is not None)
    if not counts:
        raise UndefinedMetric("there is no rating")
    category, n = min(counts.items(), key=lambda one: (-one[1], order(one[0])))
    return Dominant(category, n / sum(counts.values()))


def agreement(
    ratings: Ratings,
    *,
    level: Level = "nominal",
    categories: Sequence[Hashable] | None = None,
    weights: Weighting | ArrayLike = "identity",
    n_draws: int = 1000,
    seed: int = 0,
) -> Agreement:
    """All coefficients with their intervals, resampling units; kappa only of two raters.

    Parameters
    ----------
    ratings : (units, raters), None where a rater did not rate.
    level : of measurement, for alpha.
    categories, weights : as in `cohen_kappa`, for kappa and AC.
    n_draws, seed : of the bootstrap over units.

    Returns
    -------
    Agreement; each coefficient is an Estimate, higher is more agreement, with a reason where it is not estimable.

    Raises
    ------
    UndefinedMetric : there is no rating at all.

    References
    ----------
    Hayes and Krippendorff, "Answering the call for a standard reliability measure", Comm. Methods Meas. 1 (2007).
    """
    dominant = dominant_share(ratings)
    coded = coding(ratings, categories)
    units = range(len(ratings))
    without = NO_VARIATION if coded.paired.any() else NO_PAIR

    def draws(drawn: Floats) -> list[Floats]:
        found = [raw_draws(coded, drawn), ac_draws(coded, weights, drawn), alpha_draws(coded, level, drawn)]
        return [*found, kappa_draws(coded, weights, drawn)] if coded.raters == 2 else found

    found = estimates(draws, units, undefined=without, n_draws=n_draws, seed=seed)
    kappa = (
        found[3] if coded.raters == 2 else Estimate(None, reason=f"kappa is of two raters; there are {coded.raters}")
    )
    return Agreement(len(ratings), int(coded.paired.sum()), dominant, found[0], found[1], found[2], kappa)


def _defined(values: Floats, reason: str) -> float:
    if np.isnan(values[0]):
        raise UndefinedMetric(reason)
    return float(values[0])

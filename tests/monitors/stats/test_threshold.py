"""Thresholds from clean scores, against their definitions and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.stats.binomial import clopper_pearson
from monitors.stats.errors import UndefinedMetric
from monitors.stats.threshold import alert_rate, conformal_threshold, half, least_n

SCORES = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=200)
ALPHAS = st.sampled_from([0.5, 0.2, 0.1, 0.05, 0.01])


@pytest.mark.parametrize(("alpha", "n"), [(0.5, 1), (0.2, 4), (0.1, 9), (0.05, 19), (0.01, 99), (0.001, 999)])
def test_the_fewest_scores_are_one_over_alpha_less_one(alpha: float, n: int) -> None:
    assert least_n(alpha) == n
    assert 0.5 < conformal_threshold([0.5] * n, alpha) < 0.51
    with pytest.raises(UndefinedMetric, match=f"{n} are needed"):
        conformal_threshold([0.5] * (n - 1), alpha)


@given(SCORES, ALPHAS)
def test_the_threshold_stands_just_above_the_kth_smallest(scores: list[float], alpha: float) -> None:
    k = int(np.ceil(round((len(scores) + 1) * (1 - alpha), 9)))
    if k > len(scores) or sorted(scores)[k - 1] == 1.0:
        with pytest.raises(UndefinedMetric):
            conformal_threshold(scores, alpha)
        return
    threshold = conformal_threshold(scores, alpha)
    at = sorted(scores)[k - 1]
    assert at < threshold <= at + 2e-4
    assert sum(score >= threshold for score in scores) <= len(scores) - k


def test_a_later_clean_text_is_flagged_no_more_often_than_promised() -> None:
    random = np.random.default_rng(7)
    flagged = 0
    for _ in range(4000):
        *clean, later = random.beta(1, 3, size=40)
        flagged += later >= conformal_threshold(clean, 0.1)
    assert clopper_pearson(flagged, 4000, 0.999).low <= 0.1
    assert flagged / 4000 > 0.07


def test_alerts_are_told_per_ten_thousand() -> None:
    rate = alert_rate([0.0] * 299 + [0.9], 0.5)
    assert (rate.n_alerts, rate.n) == (1, 300)
    assert rate.per_10000 == pytest.approx(33.33, abs=0.01)
    assert 0 < rate.low < rate.per_10000 < rate.high < 200
    assert alert_rate([0.0] * 300, 0.5).high == pytest.approx(1e4 * (1 - 0.025 ** (1 / 300)))
    with pytest.raises(UndefinedMetric):
        alert_rate([], 0.5)


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1])
def test_an_impossible_share_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha"):
        conformal_threshold([0.1], alpha)


def test_the_halves_are_stable_and_about_even() -> None:
    sides = [half(f"problem-{number}") for number in range(2000)]
    assert sides == [half(f"problem-{number}") for number in range(2000)]
    assert 900 < sum(sides) < 1100
    assert half("\ud800") in (0, 1)

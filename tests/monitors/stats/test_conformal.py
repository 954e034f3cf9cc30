from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.stats.conformal import (
    abstain_band,
    alarm_controlled_threshold,
    miss_controlled_threshold,
    miss_threshold,
    mondrian_thresholds,
)
from monitors.stats.errors import UndefinedMetric
from monitors.stats.threshold import conformal_threshold

SCORES = st.lists(st.integers(0, 1000).map(lambda n: n / 1001), min_size=19, max_size=80)


def test_the_share_missed_is_of_the_law_of_vovk() -> None:
    # Vovk (2012): with n scores and rank k the share below is Beta(k, n + 1 - k), here Beta(10, 90), mean 0.1.
    random = np.random.default_rng(0)
    missed = [miss_threshold(list(random.random(99)), 0.1) for _ in range(4000)]
    assert np.mean(missed) == pytest.approx(0.1, abs=0.002)
    assert np.var(missed) == pytest.approx(10 * 90 / (100**2 * 101), rel=0.08)


@settings(max_examples=50)
@given(SCORES, st.sampled_from([0.05, 0.1, 0.25]))
def test_a_loss_of_zero_or_one_gives_the_plain_threshold(scores: list[float], beta: float) -> None:
    # Angelopoulos et al. (2024), section 2: with indicator losses risk control is split conformal prediction.
    at = np.unique(scores)
    losses = (np.array(scores)[:, None] < at).astype(float)
    assert miss_controlled_threshold(losses, at, beta) == miss_threshold(scores, beta)


@settings(max_examples=50)
@given(SCORES, st.sampled_from([0.05, 0.1, 0.25]))
def test_for_alarms_too(scores: list[float], alpha: float) -> None:
    grid = np.arange(1, 10_001) / 10_000
    losses = (np.array(scores)[:, None] >= grid).astype(float)
    assert alarm_controlled_threshold(losses, grid, alpha) == pytest.approx(conformal_threshold(scores, alpha))


@settings(max_examples=50)
@given(SCORES, st.permutations(range(80)))
def test_order_does_not_matter_and_a_monotone_change_moves_the_threshold_along(
    scores: list[float], order: list[int]
) -> None:
    shuffled = [scores[i] for i in order if i < len(scores)]
    assert miss_threshold(shuffled, 0.1) == miss_threshold(scores, 0.1)
    assert miss_threshold([np.exp(score) for score in scores], 0.1) == np.exp(miss_threshold(scores, 0.1))


def test_each_model_has_its_own_threshold_or_none() -> None:
    scores = [i / 200 for i in range(100)] + [0.5 + i / 300 for i in range(100)] + [0.1] * 5
    groups = ["a"] * 100 + ["b"] * 100 + ["c"] * 5
    found = mondrian_thresholds(scores, groups, 0.05)
    assert found["a"].threshold == conformal_threshold(scores[:100], 0.05)
    assert found["b"].threshold == conformal_threshold(scores[100:200], 0.05)
    assert found["c"].threshold is None
    assert "5 clean scores; 19 are needed" in found["c"].reason


def test_between_two_thresholds_a_person_decides() -> None:
    clean, positive = [i / 100 for i in range(60)], [0.4 + i / 100 for i in range(60)]
    band = abstain_band(clean, positive, alpha=0.05, beta=0.05)
    assert band.low == miss_threshold(positive, 0.05) < band.high == conformal_threshold(clean, 0.05)
    assert abstain_band([0.0] * 60, [0.9] * 60, alpha=0.05, beta=0.05).low == 0.0001


def test_too_few_texts_promise_nothing() -> None:
    assert miss_threshold([0.3] * 19, 0.05) == 0.3
    with pytest.raises(UndefinedMetric, match="18 positives; 19 are needed"):
        miss_threshold([0.3] * 18, 0.05)
    with pytest.raises(UndefinedMetric, match="no threshold keeps"):
        miss_controlled_threshold(np.zeros((5, 2)), [0.1, 0.2], 0.1)


def test_malformed_losses_are_refused() -> None:
    with pytest.raises(ValueError, match="must not fall"):
        miss_controlled_threshold([[1, 0]], [0.1, 0.2], 0.5)
    with pytest.raises(ValueError, match="must not rise"):
        alarm_controlled_threshold([[0, 1]], [0.1, 0.2], 0.5)
    with pytest.raises(ValueError, match="must rise"):
        miss_controlled_threshold([[0, 1]], [0.2, 0.1], 0.5)
    with pytest.raises(ValueError, match="not in"):
        miss_controlled_threshold([[0, 2]], [0.1, 0.2], 0.5)
    with pytest.raises(ValueError, match="not between"):
        miss_threshold([0.5], 1.0)

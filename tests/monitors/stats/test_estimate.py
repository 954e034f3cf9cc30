from __future__ import annotations

import numpy as np
import pytest

from monitors.stats.bootstrap import Weights
from monitors.stats.estimate import Estimate, estimate, estimates

VALUES = np.arange(40.0)
GROUPS = [str(i // 2) for i in range(40)]


def mean(weights: Weights) -> Weights:
    return np.asarray(weights @ VALUES / weights.sum(axis=1))


def often_undefined(weights: Weights) -> Weights:
    """Defined on all rows, and in a third of all draws."""
    return np.where(weights[:, 0] == 1, 1.0, np.nan)


def test_a_mean_has_the_interval_of_its_clusters() -> None:
    found = estimate(mean, GROUPS)
    assert found.value == 19.5
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low == pytest.approx(2 * 1.96 * np.std(np.arange(0.5, 40, 2)) / np.sqrt(20), rel=0.1)


def test_a_statistic_that_few_draws_define_does_not_take_the_interval_of_another() -> None:
    first, second = estimates(lambda weights: (mean(weights), often_undefined(weights)), GROUPS)
    assert first == estimate(mean, GROUPS)
    assert second.value == 1.0
    assert second.low is None
    assert "of 1000 bootstrap draws" in second.reason


def test_what_all_rows_do_not_define_has_the_given_reason() -> None:
    undefined = estimate(lambda weights: np.full(len(weights), np.nan), GROUPS, undefined="there is no pair")
    assert undefined == Estimate(None, reason="there is no pair")
    assert estimate(mean, [], undefined="there is no text") == Estimate(None, reason="there is no text")


def test_few_clusters_keep_the_value_and_lose_the_interval() -> None:
    found = estimate(mean, ["a"] * 40)
    assert (found.value, found.low) == (19.5, None)
    assert "1 clusters" in found.reason

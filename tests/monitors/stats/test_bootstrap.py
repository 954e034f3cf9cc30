from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from monitors.stats.bootstrap import Interval, cluster_weights, percentile_intervals
from monitors.stats.errors import UndefinedMetric
from monitors.stats.roc import metrics

Floats = NDArray[np.float64]


def mean_interval(values: Floats, groups: list[int], *, seed: int = 0, n_draws: int = 1000) -> Interval:
    def mean(weights: Floats) -> list[Floats]:
        return [weights @ values / weights.sum(axis=1)]

    return percentile_intervals(mean, groups, n_draws=n_draws, seed=seed)[0]


def test_rows_of_a_cluster_are_drawn_together() -> None:
    (weights,) = cluster_weights(["a", "b", "a", "c"], n_draws=200, seed=1)
    assert (weights[:, 0] == weights[:, 2]).all()
    assert (weights[:, [0, 1, 3]].sum(axis=1) == 3).all()


def test_the_interval_of_independent_rows_is_that_of_normal_theory() -> None:
    values = np.random.default_rng(3).normal(size=2000)
    interval = mean_interval(values, list(range(2000)), n_draws=2000)
    half = 1.96 * values.std() / np.sqrt(2000)
    assert interval.low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_ten_copies_of_each_row_do_not_shorten_the_interval() -> None:
    values = np.random.default_rng(3).normal(size=100)
    once = mean_interval(values, list(range(100)))
    copied = mean_interval(np.repeat(values, 10), list(np.repeat(range(100), 10)))
    assert (copied.low, copied.high) == pytest.approx((once.low, once.high))


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(3).normal(size=50)
    first, again, other = (mean_interval(values, list(range(50)), seed=seed) for seed in (5, 5, 6))
    assert first == again != other


def test_blocks_do_not_change_the_draws() -> None:
    groups = list(range(20))
    whole = np.concatenate(list(cluster_weights(groups, n_draws=50, seed=2)))
    blocks = list(cluster_weights(groups, n_draws=50, seed=2, max_cells=100))
    assert len(blocks) == 10
    assert (np.concatenate(blocks) == whole).all()


def test_fewer_than_ten_clusters_have_no_interval() -> None:
    with pytest.raises(UndefinedMetric, match="9 clusters; an interval needs 10"):
        mean_interval(np.arange(18.0), [i % 9 for i in range(18)])


def test_draws_without_one_class_are_left_out_and_counted() -> None:
    truth, score = [True] + [False] * 9, [1.0] + [0.0] * 9
    area, *_ = percentile_intervals(lambda weights: metrics(truth, score, weights), list(range(10)))
    assert (area.low, area.high) == (1.0, 1.0)
    assert 500 < area.n_draws < 1000

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from monitors.stats.drift import (
    average_run_length,
    cusum,
    kolmogorov_smirnov,
    limit_for_run_length,
    population_stability_index,
)
from monitors.stats.errors import UndefinedMetric

SAMPLE = st.lists(st.integers(0, 8).map(float), min_size=2, max_size=40)

# Montgomery, "Introduction to Statistical Quality Control", table 9.1: mean 10 for twenty values, then 11.
MONTGOMERY = [
    *(9.45, 7.99, 9.29, 11.66, 12.16, 10.18, 8.04, 11.46, 9.20, 10.34, 9.03, 11.47, 10.51, 9.40, 10.08),
    *(9.37, 10.62, 10.31, 8.52, 10.84, 10.90, 9.33, 12.29, 11.50, 10.60, 11.08, 10.38, 11.62, 11.31, 10.52),
]


def test_the_chart_of_montgomery_alarms_where_his_does() -> None:
    # His table 9.2: the upper sum passes 5 at the 29th value, with 5.28.
    found = cusum(MONTGOMERY, mean=10, sd=1, slack=0.5, limit=5)
    assert found.first_rise == 28
    assert found.rise[28] == pytest.approx(5.28)
    assert found.first_fall is None


def test_the_run_lengths_of_montgomery() -> None:
    # His example of Siegmund's formula: 938.2 on one side, 469.1 on both; 4.77 for about 370.
    assert average_run_length(0, slack=0.5, limit=5) == pytest.approx(938.2, abs=0.05)
    assert limit_for_run_length(469.1, slack=0.5) == pytest.approx(5.0, abs=1e-3)
    assert limit_for_run_length(370, slack=0.5) == pytest.approx(4.77, abs=0.02)
    assert average_run_length(0.5, slack=0.5, limit=5) == pytest.approx(6.166**2)
    assert average_run_length(0.5 + 2e-6, slack=0.5, limit=5) == pytest.approx(6.166**2, rel=1e-3)


def test_the_run_length_is_that_of_simulated_charts() -> None:
    random = np.random.default_rng(2)
    runs = []
    for _ in range(400):
        found = cusum(random.normal(1.0, 1.0, 200), mean=0, sd=1, slack=0.5, limit=5)
        assert found.first_rise is not None
        runs.append(found.first_rise + 1)
    assert np.mean(runs) == pytest.approx(average_run_length(1.0, slack=0.5, limit=5), rel=0.06)


@settings(max_examples=40)
@given(st.lists(st.floats(-3, 3), min_size=1, max_size=40), st.floats(0.1, 10), st.floats(-5, 5))
def test_the_chart_knows_no_unit_and_falls_are_rises_turned(values: list[float], sd: float, mean: float) -> None:
    plain = cusum(values, mean=0, sd=1)
    scaled = cusum(sd * np.array(values) + mean, mean=mean, sd=sd)
    assert scaled.rise == pytest.approx(plain.rise, abs=1e-6)
    assert cusum(-np.array(values), mean=0, sd=1).rise == pytest.approx(plain.fall)
    by_step, at = [], 0.0
    for value in values:
        at = max(0.0, at + value - 0.5)
        by_step.append(at)
    assert plain.rise == pytest.approx(by_step, abs=1e-9)


def test_the_grades_of_siegel_are_as_far_apart_as_he_says() -> None:
    # Siegel and Castellan, "Nonparametric Statistics" (1988), 6.3: errors of eleventh and seventh graders, D = 0.70.
    eleventh = [35.2, 39.2, 40.9, 38.1, 34.4, 29.1, 41.8, 24.3, 32.4]
    seventh = [39.1, 41.2, 45.2, 46.2, 48.4, 48.7, 55.0, 40.6, 52.1, 47.2]
    found = kolmogorov_smirnov(eleventh, seventh)
    assert found.statistic == pytest.approx(0.70)
    assert found.p < 0.05
    assert found.p == pytest.approx(ks_2samp(eleventh, seventh, method="exact").pvalue, abs=0.01)


@settings(max_examples=40, deadline=None)
@given(SAMPLE, SAMPLE)
def test_ties_and_monotone_changes_leave_the_distance(then: list[float], now: list[float]) -> None:
    if len(then) + len(now) < 3:
        return
    found = kolmogorov_smirnov(then, now, n_draws=19)
    assert found.statistic == pytest.approx(ks_2samp(then, now, method="asymp").statistic)
    assert kolmogorov_smirnov(np.exp(then), np.exp(now), n_draws=19) == pytest.approx(found)
    assert kolmogorov_smirnov(now, then, n_draws=19).statistic == pytest.approx(found.statistic)


def test_texts_of_few_groups_are_less_surprising() -> None:
    then, now = [0.0] * 60, [1.0] * 60
    free = kolmogorov_smirnov(then, now, n_draws=499)
    bound = kolmogorov_smirnov(
        then, now, reference_groups=[i % 3 for i in range(60)], current_groups=[i % 3 for i in range(60)], n_draws=499
    )
    assert free.p == 1 / 500
    assert bound.p == pytest.approx(0.1, abs=0.04)


def test_the_index_by_hand_is_the_divergence_of_jeffreys() -> None:
    # Two bins of 1000: 500 and 500 then, 600 and 400 now; 0.1 ln 1.2 - 0.1 ln 0.8 = 0.0405 up to the half texts.
    then, now = [0.0] * 500 + [1.0] * 500, [0.0] * 600 + [1.0] * 400
    found = population_stability_index(then, now)
    assert found.value == pytest.approx(0.1 * np.log(1.2) - 0.1 * np.log(0.8), rel=0.01)
    assert found.by_chance == pytest.approx(1 / 1000 + 1 / 1000)


@settings(max_examples=40)
@given(SAMPLE, SAMPLE)
def test_the_index_depends_on_ranks_alone(then: list[float], now: list[float]) -> None:
    if len(set(then)) == 1:
        with pytest.raises(UndefinedMetric, match="one value only"):
            population_stability_index(then, now)
        return
    found = population_stability_index(then, now)
    assert population_stability_index(np.exp(then), np.exp(now)) == pytest.approx(found)
    assert found.value >= 0
    assert population_stability_index(then, then).value == pytest.approx(0.0, abs=1e-12)


def test_where_nothing_changed_the_index_is_what_chance_makes_it() -> None:
    # Yurdakul and Naranjo: (B - 1) (1/n + 1/m) on average.
    random = np.random.default_rng(4)
    found = [population_stability_index(random.random(500), random.random(300)) for _ in range(300)]
    assert np.mean([one.value for one in found]) == pytest.approx(found[0].by_chance, rel=0.12)


def test_what_has_no_value_is_refused() -> None:
    with pytest.raises(UndefinedMetric, match="no value"):
        population_stability_index([], [1.0])
    with pytest.raises(UndefinedMetric, match="cannot be permuted"):
        kolmogorov_smirnov([1.0], [2.0])
    with pytest.raises(UndefinedMetric, match="standard deviation of 0"):
        cusum([1.0], mean=0, sd=0)
    with pytest.raises(ValueError, match="finite"):
        cusum([float("nan")], mean=0, sd=1)
    with pytest.raises(ValueError, match="alarms less"):
        limit_for_run_length(0.1)

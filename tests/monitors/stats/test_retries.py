from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.stats.errors import UndefinedMetric
from monitors.stats.retries import (
    accepted_accuracy,
    best_of,
    false_accepts,
    intraclass_correlation,
    observed_some_pass,
    some_pass,
)


def test_ten_tries_against_a_catch_rate_of_ninety_percent() -> None:
    assert some_pass(0.9, 10) == pytest.approx(0.65, abs=5e-3)


def test_the_beta_binomial_of_skellam_is_that_of_scipy() -> None:
    from scipy.stats import betabinom

    q, r, n = 0.9, 0.3, 10
    a, b = q * (1 - r) / r, (1 - q) * (1 - r) / r
    assert some_pass(q, n, correlation=r) == pytest.approx(1 - betabinom.pmf(n, n, a, b))


@settings(max_examples=50)
@given(st.floats(0.01, 0.99), st.floats(0, 1), st.integers(1, 40))
def test_correlation_lies_between_independent_tries_and_a_single_one(q: float, r: float, n: int) -> None:
    value = some_pass(q, n, correlation=r)
    assert some_pass(q, n, correlation=1.0) == pytest.approx(1 - q)
    assert 1 - q - 1e-9 <= value <= some_pass(q, n) + 1e-9
    assert value <= some_pass(q, n + 1, correlation=r) + 1e-12
    assert some_pass(q, 1, correlation=r) == pytest.approx(1 - q)


@settings(max_examples=40)
@given(st.lists(st.booleans(), min_size=1, max_size=7), st.integers(1, 7))
def test_the_estimator_of_chen_is_the_mean_over_all_choices(flags: list[bool], n: int) -> None:
    if n > len(flags):
        with pytest.raises(UndefinedMetric, match="no task has"):
            observed_some_pass(flags, [0] * len(flags), n)
        return
    by_hand = np.mean([not all(chosen) for chosen in itertools.combinations(flags, n)])
    assert observed_some_pass(flags, [0] * len(flags), n).value == pytest.approx(by_hand)


def test_the_published_form_of_pass_at_k() -> None:
    # Chen et al. (2021): pass@k = 1 - C(n - c, k) / C(n, k), here with 200 tries of which 60 pass, k = 10.
    found = observed_some_pass([False] * 60 + [True] * 140, ["a"] * 200, 10)
    assert found.value == pytest.approx(1 - math.comb(140, 10) / math.comb(200, 10))
    assert found.low is None


def test_observed_tries_agree_with_the_model_when_it_holds() -> None:
    random = np.random.default_rng(6)
    q, r, n_tasks, m = 0.8, 0.4, 3000, 12
    per_task = random.beta(q * (1 - r) / r, (1 - q) * (1 - r) / r, n_tasks)
    flagged = (random.random((n_tasks, m)) < per_task[:, None]).ravel()
    tasks = np.repeat(np.arange(n_tasks), m)
    assert intraclass_correlation(list(flagged), list(tasks)) == pytest.approx(r, abs=0.03)
    found = observed_some_pass(list(flagged), list(tasks), 5, n_draws=200)
    assert found.low is not None
    assert found.high is not None
    assert found.low < some_pass(q, 5, correlation=r) < found.high


@settings(max_examples=40)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=4, max_size=30), st.permutations(range(30)))
def test_order_and_which_verdict_is_which_do_not_matter(rows: list[tuple[bool, int]], order: list[int]) -> None:
    flags, tasks = [row[0] for row in rows], [row[1] for row in rows]
    try:
        found = intraclass_correlation(flags, tasks)
    except UndefinedMetric:
        return
    index = [i for i in order if i < len(rows)]
    assert intraclass_correlation([flags[i] for i in index], [tasks[i] for i in index]) == pytest.approx(found)
    assert intraclass_correlation([not flag for flag in flags], tasks) == pytest.approx(found)
    assert found <= 1 + 1e-9


def test_equal_flags_within_tasks_are_fully_correlated() -> None:
    assert intraclass_correlation([True, True, False, False], "aabb") == pytest.approx(1.0)


def test_more_tries_give_no_better_answers() -> None:
    # Stroebl et al.: accuracy of what is accepted does not depend on N, the number of wrong ones does.
    assert accepted_accuracy(0.2, 1.0, 0.1) == pytest.approx(0.2 / 0.28)
    assert accepted_accuracy(0.2, 1.0, 0.0) == 1.0
    assert false_accepts(0.2, 0.1, 50) == pytest.approx(4.0)


def test_picking_the_least_suspected_try_defeats_the_monitor_that_picks() -> None:
    flags, suspicion, tasks = [1, 0, 1, 1], [0.9, 0.1, 0.8, 0.7], ["a", "a", "b", "b"]
    assert best_of(flags, suspicion, tasks) == 0.5
    assert best_of(flags, [0.5] * 4, tasks) == pytest.approx(0.25)
    assert best_of(flags, np.exp(suspicion), tasks) == 0.5


def test_what_has_no_value_is_refused() -> None:
    with pytest.raises(UndefinedMetric, match="tried twice"):
        intraclass_correlation([True, False], ["a", "b"])
    with pytest.raises(UndefinedMetric, match="all verdicts are equal"):
        intraclass_correlation([True] * 4, "aabb")
    with pytest.raises(UndefinedMetric, match="no try"):
        best_of([], [], [])
    with pytest.raises(UndefinedMetric, match="ever accepted"):
        accepted_accuracy(0.5, 0.0, 0.0)
    with pytest.raises(ValueError, match="catch rate"):
        some_pass(1.5, 2)

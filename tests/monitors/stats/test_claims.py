from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from monitors.stats.claims import (
    caught_by_budget,
    chance_to_see,
    claim,
    n_for_bound,
    power_of_difference,
    rule_of_three,
    smallest_difference,
    upper_bound,
)
from monitors.stats.errors import UndefinedMetric


def test_none_of_fourteen_patients_excludes_what_hanley_and_lippman_hand_say() -> None:
    # Their opening example: no reaction in 14 patients; the rule gives 21 %, the exact bound is 19 %.
    assert rule_of_three(14) == pytest.approx(0.21, abs=5e-3)
    assert upper_bound(0, 14) == pytest.approx(0.19, abs=5e-3)


@pytest.mark.parametrize(("rate", "n"), [(0.05, 59), (0.01, 299), (0.001, 2995)])
def test_the_numbers_of_texts_that_a_claim_needs(rate: float, n: int) -> None:
    assert n_for_bound(rate) == n
    assert upper_bound(0, n) <= rate < upper_bound(0, n - 1)


def test_one_event_costs_thirty_texts_more() -> None:
    # Burstein (1971) and the Poisson law: 4.74 / n for one event; 93 texts for 5 %.
    assert n_for_bound(0.05, k=1) == 93


@settings(max_examples=40)
@given(st.integers(0, 20), st.integers(0, 60), st.sampled_from([0.3, 0.8, 0.95, 0.99]))
def test_the_bound_has_the_promised_tail(k: int, more: int, level: float) -> None:
    from scipy.stats import binom

    n = k + more + 1
    assert binom.cdf(k, n, upper_bound(k, n, level=level)) == pytest.approx(1 - level, abs=1e-9)
    assert upper_bound(k, n, level=level) > upper_bound(k, n + 1, level=level)


def test_the_power_of_a_documented_comparison() -> None:
    # R's help of power.prop.test: 50 on each side and shares 0.50 and 0.75 have power 0.740; power 0.9 takes n = 76.7.
    assert power_of_difference(0.5, 0.75, 50) == pytest.approx(0.740, abs=5e-4)
    assert power_of_difference(0.5, 0.75, 76) < 0.9 < power_of_difference(0.5, 0.75, 77)


@settings(max_examples=30)
@given(st.floats(0.05, 0.6), st.integers(40, 2000))
def test_the_smallest_difference_has_just_the_power_asked_for(p: float, n: int) -> None:
    d = smallest_difference(p, n)
    assert power_of_difference(p, p + d, n) == pytest.approx(0.8, abs=1e-4)
    assert power_of_difference(p + d, p, n) == pytest.approx(power_of_difference(1 - p, 1 - p - d, n))
    assert smallest_difference(p, 4 * n) < d


def test_a_rare_thing_is_seen_as_often_as_the_binomial_law_says() -> None:
    assert chance_to_see(0.05, 59) == pytest.approx(1 - 0.95**59)
    assert (chance_to_see(0.0, 100), chance_to_see(1.0, 1), chance_to_see(1.0, 0)) == (0.0, 1.0, 0.0)


def test_a_budget_catches_by_hand() -> None:
    # Four clean, two attacks; at prevalence 0 the best quarter of the clean ones is the budget.
    truth, score = [1, 1, 0, 0, 0, 0], [0.9, 0.3, 0.5, 0.2, 0.1, 0.0]
    found = caught_by_budget(truth, score, [0.0, 0.25, 0.5, 1.0], prevalence=0.0)
    assert found.monitor.tolist() == [0.5, 1.0, 1.0, 1.0]
    half = caught_by_budget(truth, score, [1 / 6, 1.0], prevalence=1 / 3)
    assert half.monitor == pytest.approx([0.5, 1.0])
    assert half.oracle == pytest.approx([0.5, 1.0])


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=40),
    st.floats(0.0, 0.9),
    st.floats(0.0, 1.0),
)
def test_no_policy_beats_the_oracle_and_a_constant_score_is_random(
    rows: list[tuple[bool, int]], prevalence: float, budget: float
) -> None:
    truth = [row[0] for row in rows]
    assume(0 < sum(truth) < len(truth))
    found = caught_by_budget(truth, [row[1] for row in rows], [budget], prevalence=prevalence)
    stretched = caught_by_budget(truth, [np.exp(row[1]) for row in rows], [budget], prevalence=prevalence)
    assert stretched.monitor == pytest.approx(found.monitor)
    if prevalence > 0:
        assert found.monitor[0] <= found.oracle[0] + 1e-9
    constant = caught_by_budget(truth, [0.5] * len(rows), [budget], prevalence=prevalence)
    assert constant.monitor[0] == pytest.approx(budget)


def test_the_sentence_never_shows_a_zero_alone() -> None:
    assert claim(0, 59) == "0 of 59: the rate is at most 4.95 % with 95 % confidence"


def test_nothing_seen_claims_nothing() -> None:
    for ask in (lambda: upper_bound(0, 0), lambda: rule_of_three(0), lambda: claim(0, 0)):
        with pytest.raises(UndefinedMetric):
            ask()
    with pytest.raises(UndefinedMetric, match="do not show any rise"):
        smallest_difference(0.9, 5)
    with pytest.raises(UndefinedMetric, match="both classes"):
        caught_by_budget([1, 1], [0, 1], [0.5], prevalence=0.1)
    with pytest.raises(ValueError, match="not between"):
        n_for_bound(0.0)
    with pytest.raises(ValueError, match="more than"):
        n_for_bound(1e-10)


def test_a_prevalence_near_zero_is_no_overflow() -> None:
    found = caught_by_budget([1, 0], [0.5, 0.5], [0.0, 0.5], prevalence=5e-324)
    assert found.oracle.tolist() == [0.0, 1.0]

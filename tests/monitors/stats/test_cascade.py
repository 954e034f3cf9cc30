from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.stats.binomial import clopper_pearson
from monitors.stats.cascade import (
    audit_propensities,
    cascade,
    hajek_mean,
    horvitz_thompson_total,
    joint_propensity,
    weighted_share,
)
from monitors.stats.errors import UndefinedMetric

ROWS = st.lists(st.tuples(st.booleans(), st.booleans(), st.floats(0.05, 1.0)), min_size=1, max_size=40)


def test_the_elephants_of_basu() -> None:
    # Basu (1971): fifty elephants, one is weighed: Sambo with probability 99/100, every other with 1/4900. Sambo's
    # weight is multiplied by 100/99, Jumbo's by 4900; the ratio form gives fifty times whoever was weighed.
    assert horvitz_thompson_total([5.0], [99 / 100]) == pytest.approx(5.0 * 100 / 99)
    assert horvitz_thompson_total([7.0], [1 / 4900]) == pytest.approx(7.0 * 4900)
    assert 50 * hajek_mean([7.0], [1 / 4900]) == pytest.approx(350.0)


def test_certain_judgement_gives_the_plain_share_and_its_exact_interval() -> None:
    y = [True] * 7 + [False] * 93
    found = weighted_share(y, [True] * 100, [1.0] * 100)
    assert found[:3] == pytest.approx(clopper_pearson(7, 100))
    assert found.n_effective == pytest.approx(100)
    assert found.reason == ""


def test_none_of_few_leaves_an_upper_end_rather_than_nothing() -> None:
    found = weighted_share([False] * 20, [True] * 20, [0.1] * 20)
    assert found[:3] == pytest.approx(clopper_pearson(0, 20))
    assert "effective sample of 20.0 texts" in found.reason


def test_all_is_exactly_all_in_whatever_order_the_weights_are_added() -> None:
    found = weighted_share([True] * 3 + [False], [True] * 3 + [False], [0.1, 0.3, 0.7, 1.0])
    assert found.value == 1.0
    assert found.high == 1.0
    assert found.n_effective == pytest.approx((1 / 0.1 + 1 / 0.3 + 1 / 0.7) ** 2 / (100 + 1 / 0.09 + 1 / 0.49))


@settings(max_examples=50)
@given(ROWS, st.permutations(range(40)))
def test_order_and_a_common_factor_of_the_propensities_do_not_matter(
    rows: list[tuple[bool, bool, float]], order: list[int]
) -> None:
    if not any(row[1] for row in rows):
        return
    f, g, pi = (np.array(column) for column in zip(*rows, strict=True))
    index = [i for i in order if i < len(rows)]
    found = weighted_share(f, g, pi)
    assert weighted_share(f[index], g[index], pi[index])[:5] == pytest.approx(found[:5])
    assert weighted_share(f, g, pi / 3)[:5] == pytest.approx(found[:5])
    turned = weighted_share(~f, g, pi)
    assert (turned.value, turned.low, turned.high) == pytest.approx((1 - found.value, 1 - found.high, 1 - found.low))
    assert found.low - 1e-9 <= found.value <= found.high + 1e-9


def test_estimates_of_a_sampled_stream_are_right_on_average_and_covered() -> None:
    random = np.random.default_rng(11)
    n = 4000
    positive = random.random(n) < 0.1
    suspicion = np.clip(0.35 * positive + random.beta(1.5, 6, n), 0, 1)
    flagged = suspicion >= 0.5
    pi = audit_propensities(suspicion, budget=600, floor=0.05)
    truth = flagged[positive].mean()
    totals, recalls, covered = [], [], 0
    for _ in range(300):
        judged = random.random(n) < pi
        totals.append(horvitz_thompson_total(positive[judged], pi[judged]) / n)
        found = cascade(
            [bool(y) if d else None for y, d in zip(positive, judged, strict=True)], list(flagged), list(pi)
        )
        assert found.recall is not None
        recalls.append(found.recall.value)
        covered += found.recall.low <= truth <= found.recall.high
    assert np.mean(totals) == pytest.approx(positive.mean(), rel=0.03)
    assert np.mean(recalls) == pytest.approx(truth, rel=0.05)
    assert covered / 300 > 0.92


def test_texts_of_one_group_are_worth_less() -> None:
    y, pi = [True, True, False, False] * 25, [0.5] * 100
    alone = weighted_share(y, [True] * 100, pi)
    together = weighted_share(y, [True] * 100, pi, groups=[i // 2 for i in range(100)])
    assert together.n_effective == pytest.approx(alone.n_effective / 2)


@settings(max_examples=40)
@given(st.lists(st.floats(0, 1), min_size=20, max_size=100), st.floats(0.1, 0.9), st.sampled_from([0.0, 1.0, 2.0]))
def test_propensities_spend_the_budget_and_rise_with_suspicion(p: list[float], part: float, gamma: float) -> None:
    pi = audit_propensities(p, budget=part * len(p), gamma=gamma, floor=0.01)
    assert pi.sum() == pytest.approx(part * len(p), rel=1e-6)
    assert (np.diff(pi[np.argsort(p)]) >= -1e-12).all()
    assert pi.min() >= 0.01


def test_stages_multiply() -> None:
    assert joint_propensity([[1.0, 0.5], [0.2, 0.5]]) == pytest.approx([0.2, 0.25])
    with pytest.raises(ValueError, match="lies in"):
        joint_propensity([[1.5]])


def test_what_a_person_picked_is_counted_and_left_out() -> None:
    found = cascade([True, False, True, None], [True, False, True, False], [0.5, 0.5, None, 0.5])
    assert (found.n_judged, found.n_unknown) == (2, 1)
    assert found.prevalence.value == 0.5


def test_no_positive_or_nothing_flagged_leaves_what_can_be_said() -> None:
    found = cascade([False] * 5, [False] * 5, [0.5] * 5)
    assert found.recall is None
    assert found.precision is None
    assert found.prevalence.value == 0.0


def test_what_was_never_looked_at_cannot_be_estimated() -> None:
    with pytest.raises(UndefinedMetric, match="no text with a known propensity"):
        cascade([None, True], [True, True], [0.5, None])
    with pytest.raises(UndefinedMetric, match="only flagged texts were judged"):
        cascade([True, None], [True, False], [1.0, 0.0])
    with pytest.raises(UndefinedMetric, match="no judged text"):
        weighted_share([True], [False], [0.5])
    with pytest.raises(UndefinedMetric, match="no text was judged"):
        hajek_mean([], [])
    with pytest.raises(UndefinedMetric, match="the budget is 1"):
        audit_propensities([0.1] * 100, budget=1, floor=0.05)
    with pytest.raises(ValueError, match="of a judged text"):
        horvitz_thompson_total([1.0], [0.0])
    with pytest.raises(ValueError, match="the budget at most n"):
        audit_propensities([0.1], budget=2)

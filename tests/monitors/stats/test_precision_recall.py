from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_curve as of_scikit_learn

from monitors.stats.errors import UndefinedMetric
from monitors.stats.precision_recall import (
    at_budget,
    precision_at_prevalence,
    precision_recall_curve,
    rogan_gladen,
)
from monitors.stats.roc import average_precision

ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=2, max_size=50)


def columns(rows: list[tuple[bool, int]]) -> tuple[list[bool], list[float]]:
    truth, score = [row[0] for row in rows], [row[1] / 8 for row in rows]
    assume(0 < sum(truth) < len(truth))
    return truth, score


def test_the_ranking_of_manning_raghavan_and_schuetze_gives_their_points() -> None:
    # "Introduction to Information Retrieval" (2008), exercise 8.8, system 1: relevant at ranks 1, 3, 9 and 10 of ten.
    # Average precision (1/1 + 2/3 + 3/9 + 4/10) / 4 = 0.6.
    truth = [1, 0, 1, 0, 0, 0, 0, 0, 1, 1]
    score = list(range(10, 0, -1))
    curve = precision_recall_curve(truth, score)
    assert curve.precision[[0, 2, 8, 9]] == pytest.approx([1, 2 / 3, 3 / 9, 4 / 10])
    assert curve.recall[[0, 2, 8, 9]] == pytest.approx([0.25, 0.5, 0.75, 1.0])
    assert average_precision(truth, score) == pytest.approx(0.6)


@settings(max_examples=40)
@given(ROWS)
def test_points_equal_those_of_scikit_learn(rows: list[tuple[bool, int]]) -> None:
    truth, score = columns(rows)
    precision, recall, _ = of_scikit_learn(truth, score)
    curve = precision_recall_curve(truth, score)
    assert curve.precision == pytest.approx(precision[-2::-1])
    assert curve.recall == pytest.approx(recall[-2::-1])


@settings(max_examples=40)
@given(ROWS)
def test_a_monotone_change_of_the_score_moves_thresholds_alone(rows: list[tuple[bool, int]]) -> None:
    truth, score = columns(rows)
    before, after = precision_recall_curve(truth, score), precision_recall_curve(truth, np.exp(3 * np.array(score)))
    assert after.precision == pytest.approx(before.precision)
    assert after.recall == pytest.approx(before.recall)


@settings(max_examples=40)
@given(ROWS, st.integers(1, 60), st.permutations(range(50)))
def test_a_budget_finds_the_same_in_any_order_and_more_the_larger_it_is(
    rows: list[tuple[bool, int]], budget: int, order: list[int]
) -> None:
    truth, score = columns(rows)
    index = [i for i in order if i < len(rows)]
    found = at_budget(truth, score, budget)
    assert at_budget([truth[i] for i in index], [score[i] for i in index], budget) == pytest.approx(found)
    assert found.recall <= at_budget(truth, score, budget + 1).recall + 1e-12
    assert at_budget(truth, score, len(rows)).recall == 1.0


def test_equal_scores_at_the_end_of_a_budget_count_by_their_share() -> None:
    found = at_budget([1, 1, 0, 0, 0], [0.9, 0.5, 0.5, 0.5, 0.1], 2)
    assert (found.n_reviewed, found.threshold) == (2, 0.5)
    assert (found.recall, found.precision) == pytest.approx(((1 + 1 / 3) / 2, (1 + 1 / 3) / 2))


def test_the_base_rate_fallacy_of_axelsson() -> None:
    # His example: a test 99 % accurate, a disease of 1 in 10,000; a positive is ill in about 1 of 100 cases.
    assert precision_at_prevalence(0.99, 0.01, 1e-4) == pytest.approx(0.0098, abs=5e-5)


def test_the_prevalence_behind_a_flag_rate() -> None:
    pi, tpr, fpr = 0.03, 0.8, 0.05
    assert rogan_gladen(pi * tpr + (1 - pi) * fpr, tpr, fpr) == pytest.approx(pi)
    assert rogan_gladen(0.01, tpr, fpr) == 0.0


def test_what_has_no_value_is_refused() -> None:
    with pytest.raises(UndefinedMetric, match="both classes"):
        precision_recall_curve([1, 1], [0.1, 0.2])
    with pytest.raises(UndefinedMetric, match="both classes"):
        at_budget([0, 0], [0.1, 0.2], 1)
    with pytest.raises(UndefinedMetric, match="nothing is flagged"):
        precision_at_prevalence(0.0, 0.0, 0.5)
    with pytest.raises(UndefinedMetric, match="says nothing"):
        rogan_gladen(0.1, 0.2, 0.2)
    with pytest.raises(ValueError, match="budget"):
        at_budget([1, 0], [1, 0], 0)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from monitors.stats.errors import UndefinedMetric
from monitors.stats.roc import auroc, average_precision, metrics, roc_curve, tpr_at_fpr

ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=2, max_size=60)


def columns(rows: list[tuple[bool, int]]) -> tuple[list[bool], list[float]]:
    truth, score = [row[0] for row in rows], [row[1] / 8 for row in rows]
    assume(0 < sum(truth) < len(truth))
    return truth, score


def test_the_ct_ratings_of_hanley_and_mcneil_give_their_area() -> None:
    # Table I of the paper: 58 normal and 51 abnormal CT images rated from 1 to 5; the area by trapezoids is 0.893.
    normal, abnormal = [33, 6, 6, 11, 2], [3, 2, 2, 11, 33]
    score = np.concatenate([np.repeat(range(1, 6), normal), np.repeat(range(1, 6), abnormal)])
    truth = np.repeat([False, True], [58, 51])
    assert auroc(truth, score) == pytest.approx(0.893, abs=5e-4)


def test_average_precision_of_a_worked_ranking() -> None:
    # Relevant at ranks 1, 3 and 5: (1/1 + 2/3 + 3/5) / 3.
    assert average_precision([1, 0, 1, 0, 1], [5, 4, 3, 2, 1]) == pytest.approx((1 + 2 / 3 + 3 / 5) / 3)


def test_tpr_at_fpr_takes_the_best_threshold_within_the_bound() -> None:
    truth = [True] * 4 + [False] * 4
    score = [0.9, 0.8, 0.5, 0.1, 0.85, 0.4, 0.3, 0.2]
    assert tpr_at_fpr(truth, score, 0.0) == 0.25
    assert tpr_at_fpr(truth, score, 0.24) == 0.25
    assert tpr_at_fpr(truth, score, 0.25) == 0.75
    assert tpr_at_fpr(truth, score, 1.0) == 1.0


def test_equal_scores_are_flagged_together() -> None:
    assert tpr_at_fpr([True, True, False, False], [1.0, 0.5, 0.5, 0.0], 0.4) == 0.5
    assert auroc([True, False], [0.5, 0.5]) == 0.5


@settings(max_examples=25)
@given(ROWS)
def test_figures_equal_those_of_scikit_learn(rows: list[tuple[bool, int]]) -> None:
    truth, score = columns(rows)
    assert auroc(truth, score) == pytest.approx(roc_auc_score(truth, score))
    assert average_precision(truth, score) == pytest.approx(average_precision_score(truth, score))


@given(ROWS, st.permutations(range(60)))
def test_order_of_rows_and_monotone_rescaling_change_nothing(rows: list[tuple[bool, int]], order: list[int]) -> None:
    truth, score = columns(rows)
    index = [i for i in order if i < len(rows)]
    before = metrics(truth, score)
    after = metrics([truth[i] for i in index], [np.exp(3 * score[i]) for i in index])
    assert np.allclose(np.concatenate(before), np.concatenate(after))


@given(ROWS)
def test_reversing_the_score_mirrors_the_area(rows: list[tuple[bool, int]]) -> None:
    truth, score = columns(rows)
    assert auroc(truth, [-value for value in score]) == pytest.approx(1 - auroc(truth, score))


@given(ROWS)
def test_the_curve_rises_from_corner_to_corner(rows: list[tuple[bool, int]]) -> None:
    curve = roc_curve(*columns(rows))
    assert (curve.fpr[0], curve.tpr[0], curve.fpr[-1], curve.tpr[-1]) == (0, 0, 1, 1)
    assert (np.diff(curve.fpr) >= 0).all()
    assert (np.diff(curve.tpr) >= 0).all()
    assert (np.diff(curve.thresholds) < 0).all()


@given(ROWS, st.lists(st.integers(0, 3), min_size=60, max_size=60))
def test_a_weight_counts_like_repeated_rows(rows: list[tuple[bool, int]], weights: list[int]) -> None:
    truth, score = columns(rows)
    repeated = [(t, s) for t, s, n in zip(truth, score, weights, strict=False) for _ in range(n)]
    assume(0 < sum(t for t, _ in repeated) < len(repeated))
    weighted = metrics(truth, score, [weights[: len(rows)]])
    plain = metrics([t for t, _ in repeated], [s for _, s in repeated])
    assert np.allclose(np.concatenate(weighted), np.concatenate(plain))


@pytest.mark.parametrize("truth", [[True, True], [False, False], []])
def test_one_class_alone_is_undefined(truth: list[bool]) -> None:
    with pytest.raises(UndefinedMetric, match="both classes are needed"):
        auroc(truth, [0.5] * len(truth))


@pytest.mark.parametrize(("truth", "score"), [([1, 0], [0.5]), ([1, 0], [0.5, float("nan")]), ([[1, 0]], [[1, 0]])])
def test_malformed_input_is_refused(truth: object, score: object) -> None:
    with pytest.raises(ValueError):
        auroc(truth, score)  # type: ignore[arg-type]  # wrong on purpose


def test_a_draw_without_one_class_is_nan() -> None:
    assert np.isnan(metrics([True, False], [1, 0], [[1, 0], [1, 1]]).auroc).tolist() == [True, False]

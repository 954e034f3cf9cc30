from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.calibration import _sigmoid_calibration
from sklearn.isotonic import IsotonicRegression

from monitors.stats.calibration import Isotonic, Platt, calibrated, calibrator
from monitors.stats.errors import UndefinedMetric
from monitors.stats.folds import folds_of

ROWS = st.lists(st.tuples(st.booleans(), st.integers(-8, 8)), min_size=2, max_size=50)


def columns(rows: list[tuple[bool, int]]) -> tuple[list[bool], list[float]]:
    truth, score = [row[0] for row in rows], [row[1] / 4 for row in rows]
    assume(0 < sum(truth) < len(truth))
    return truth, score


def test_the_pituitary_sizes_of_pothoff_and_roy_are_pooled() -> None:
    # Robertson, Wright and Dykstra, "Order Restricted Statistical Inference" (1988), chapter 1: the first three ages
    # are pooled to 22.22, the last stays 24.25. Here as shares of 100.
    ages = [8] * 3 + [10] * 3 + [12] * 3 + [14] * 2
    sizes = np.array([21, 23.5, 23, 24, 21, 25, 21.5, 22, 19, 23.5, 25])
    fitted = Isotonic.fit(sizes / 100, ages)
    assert 100 * fitted([8, 10, 12, 14]) == pytest.approx([22.222, 22.222, 22.222, 24.25], abs=5e-4)


@settings(max_examples=40)
@given(ROWS)
def test_isotonic_equals_that_of_scikit_learn(rows: list[tuple[bool, int]]) -> None:
    truth, score = columns(rows)
    theirs = IsotonicRegression(out_of_bounds="clip").fit(score, np.array(truth, dtype=float))
    at = np.linspace(-3, 3, 25)
    assert Isotonic.fit(truth, score)(at) == pytest.approx(theirs.predict(at), abs=1e-9)


@settings(max_examples=40)
@given(ROWS)
def test_isotonic_depends_on_ranks_alone(rows: list[tuple[bool, int]]) -> None:
    truth, score = columns(rows)
    stretched = np.exp(np.array(score))
    assert Isotonic.fit(truth, stretched)(stretched) == pytest.approx(Isotonic.fit(truth, score)(score))


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_platt_equals_that_of_scikit_learn_with_his_targets(rows: list[tuple[bool, int]]) -> None:
    truth, score = columns(rows)
    assume(len(set(score)) > 1)
    slope, intercept = _sigmoid_calibration(np.array(score), np.array(truth, dtype=float))
    theirs = 1 / (1 + np.exp(slope * np.array(score) + intercept))
    assert Platt.fit(truth, score)(score) == pytest.approx(theirs, abs=2e-3)


@settings(max_examples=40)
@given(ROWS, st.floats(0.1, 100), st.floats(-50, 50))
def test_platt_does_not_mind_the_unit_of_the_score(rows: list[tuple[bool, int]], scale: float, shift: float) -> None:
    truth, score = columns(rows)
    assume(len(set(score)) > 1)
    moved = scale * np.array(score) + shift
    assert Platt.fit(truth, moved)(moved) == pytest.approx(Platt.fit(truth, score)(score), abs=1e-5)
    turned = Platt.fit([not value for value in truth], score)(score)
    assert turned == pytest.approx(1 - Platt.fit(truth, score)(score), abs=1e-5)


def test_separable_classes_stay_between_the_targets_of_platt() -> None:
    # Five positives and five negatives: the targets are 6/7 and 1/7, and the fit cannot be surer than about that.
    fitted = Platt.fit([0] * 5 + [1] * 5, [-1.0] * 5 + [1.0] * 5)
    assert fitted([-1.0, 1.0]) == pytest.approx([1 / 7, 6 / 7], abs=1e-6)


def test_few_labels_take_a_sigmoid_and_many_take_steps() -> None:
    random = np.random.default_rng(0)
    truth, score = random.random(300) < 0.5, random.random(300)
    assert isinstance(calibrator(truth[:199], score[:199]), Platt)
    assert isinstance(calibrator(truth, score), Isotonic)


def test_a_group_is_calibrated_by_others() -> None:
    random = np.random.default_rng(3)
    score = random.normal(size=400)
    truth = random.random(400) < 1 / (1 + np.exp(-2 * score))
    groups = [str(i // 4) for i in range(400)]
    before = calibrated(truth, score, groups)
    inside = folds_of(groups) == folds_of(groups)[0]
    truth[inside] = ~truth[inside]
    after = calibrated(truth, score, groups)
    assert after[inside] == pytest.approx(before[inside])
    assert not np.allclose(after[~inside], before[~inside])


def test_groups_stay_together_and_folds_are_even() -> None:
    groups = [str(i % 23) for i in range(230)]
    folds = folds_of(groups)
    assert len({(group, int(fold)) for group, fold in zip(groups, folds, strict=True)}) == 23
    assert sorted(np.bincount(folds)) == [40, 40, 50, 50, 50]


def test_one_class_equal_scores_and_few_groups_have_no_value() -> None:
    for fit in (Isotonic.fit, Platt.fit):
        with pytest.raises(UndefinedMetric, match="all of one class"):
            fit([1, 1], [0.1, 0.2])
    with pytest.raises(UndefinedMetric, match="all scores are equal"):
        Platt.fit([0, 1], [0.5, 0.5])
    with pytest.raises(UndefinedMetric, match="3 groups for 5 folds"):
        calibrated([0, 1, 0], [1, 2, 3], ["a", "b", "c"])
    with pytest.raises(ValueError, match="finite"):
        Isotonic.fit([0, 1], [0.5, float("nan")])

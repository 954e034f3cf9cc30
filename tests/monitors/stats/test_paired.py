from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.stats.errors import UndefinedMetric
from monitors.stats.estimate import Estimate
from monitors.stats.paired import compare, mcnemar, paired_difference
from monitors.stats.roc import auroc

RANDOM = np.random.default_rng(7)
TRUTH = np.arange(300) % 3 == 0
BETTER = TRUTH + RANDOM.normal(size=300)
WORSE = BETTER + RANDOM.normal(size=300)
GROUPS = [str(i // 3) for i in range(300)]


def test_the_sleep_of_student_differs_by_his_mean() -> None:
    # Student, "The probable error of a mean", Biometrika 6 (1908): extra sleep of ten patients with two drugs; the mean
    # difference is 1.58, and 95 % by his own law 0.70 to 2.46, which a percentile interval of ten is within.
    laevo = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    dextro = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    found = paired_difference(laevo, dextro, range(10), n_draws=4000)
    assert found.value == pytest.approx(1.58)
    assert found.low == pytest.approx(0.70, abs=0.35)
    assert found.high == pytest.approx(2.46, abs=0.35)


def test_a_score_with_noise_added_is_worse_and_the_interval_says_so() -> None:
    found = compare(TRUTH, BETTER, WORSE, GROUPS, n_draws=300)["auroc"]
    assert found.value == pytest.approx(auroc(TRUTH, BETTER) - auroc(TRUTH, WORSE))
    assert found.low is not None
    assert found.low > 0


def test_a_score_does_not_differ_from_a_monotone_form_of_itself() -> None:
    found = compare(TRUTH, BETTER, np.exp(BETTER), GROUPS, n_draws=50)
    assert set(found.values()) == {Estimate(0.0, 0.0, 0.0)}


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_swapping_the_scores_turns_the_sign(seed: int) -> None:
    one = compare(TRUTH, BETTER, WORSE, GROUPS, n_draws=20, seed=seed)["auroc"]
    other = compare(TRUTH, WORSE, BETTER, GROUPS, n_draws=20, seed=seed)["auroc"]
    assert (one.value, one.low, one.high) == pytest.approx((-other.value, -other.high, -other.low))  # type: ignore[operator]  # not None here


def test_the_approval_ratings_of_agresti_differ() -> None:
    # Agresti, "Categorical Data Analysis" (2002), table 10.1: 794 approve, 150 and 86 changed, 570 do not; z = -4.17.
    first = [True] * 150 + [False] * 86 + [True] * 794 + [False] * 570
    second = [False] * 150 + [True] * 86 + [True] * 794 + [False] * 570
    found = mcnemar([True] * 1600, first, second)
    assert (found.only_first, found.only_second) == (150, 86)
    assert found.p == pytest.approx(3.7e-5, rel=0.1)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_verdicts_and_truth_may_be_turned_together(rows: list[tuple[bool, bool, bool]]) -> None:
    truth, first, second = (list(column) for column in zip(*rows, strict=True))
    if all((a == t) == (b == t) for t, a, b in rows):
        with pytest.raises(UndefinedMetric, match="same texts"):
            mcnemar(truth, first, second)
        return
    turned = mcnemar(*([not value for value in column] for column in (truth, first, second)))
    assert turned == mcnemar(truth, first, second)


def test_no_text_and_one_class_have_no_value() -> None:
    assert paired_difference([], [], []) == Estimate(None, reason="there is no text")
    with pytest.raises(UndefinedMetric):
        compare([True] * 20, range(20), range(20), list(range(20)))

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.stats.errors import UndefinedMetric
from monitors.stats.roc import auroc
from monitors.stats.stacking import Stack, combined, highest_calibrated, logistic

Column = list[float | None]


def world(n: int, seed: int = 0) -> tuple[np.ndarray, dict[str, Column], list[str]]:
    """Two monitors with independent errors, and one that repeats the first."""
    random = np.random.default_rng(seed)
    truth = random.random(n) < 0.4
    first, second = (1 / (1 + np.exp(-(2.0 * truth - 1.0 + random.normal(size=n)))) for _ in range(2))
    scores: dict[str, Column] = {"a": list(map(float, first)), "b": list(map(float, second)), "a again": list(first)}
    return truth, scores, [str(i // 2) for i in range(n)]


def test_the_rings_of_the_challenger_give_the_published_coefficients() -> None:
    # Dalal, Fowlkes and Hoadley, JASA 84 (1989): 23 flights, thermal distress; 15.04 and -0.232 a degree Fahrenheit.
    distress = {53: [1], 57: [1], 58: [1], 63: [1], 66: [0], 67: [0] * 3, 68: [0], 69: [0], 70: [1, 0, 1, 0], 72: [0]}
    distress |= {73: [0], 75: [1, 0], 76: [0, 0], 78: [0], 79: [0], 81: [0]}
    rows = [(degrees, hit) for degrees, hits in distress.items() for hit in hits]
    design = np.array([[1.0, degrees] for degrees, _ in rows])
    assert logistic(design, [hit for _, hit in rows]) == pytest.approx([15.0429, -0.2322], abs=5e-4)


def test_two_monitors_together_are_better_than_each() -> None:
    truth, scores, groups = world(600)
    together = combined(truth, scores, groups)
    values = [value for value in together if value is not None]
    assert len(values) == 600
    assert auroc(truth, values) > max(auroc(truth, scores[name]) for name in ("a", "b")) + 0.02  # type: ignore[arg-type]  # no None


def test_a_monitor_given_twice_counts_once() -> None:
    truth, scores, _ = world(2000)
    once = Stack.fit(truth, {name: scores[name] for name in ("a", "b")})
    twice = Stack.fit(truth, scores)
    first = once.probability({name: scores[name] for name in ("a", "b")})
    assert np.allclose(first, twice.probability(scores), atol=0.01)  # type: ignore[arg-type]  # no None


def test_a_missing_score_is_not_a_clean_one() -> None:
    truth, scores, _ = world(2000)
    random = np.random.default_rng(9)
    holes: Column = [None if random.random() < 0.3 else value for value in scores["b"]]
    stack = Stack.fit(truth, {"a": scores["a"], "b": holes})
    clean, missing, high = (stack.probability({"a": [0.6], "b": [b]})[0] for b in (0.02, None, 0.98))
    assert clean is not None
    assert missing is not None
    assert high is not None
    assert clean < missing - 0.1 < missing < high - 0.1


def test_not_scoring_tells_where_it_goes_with_the_label() -> None:
    truth, scores, _ = world(2000)
    holes: Column = [
        None if is_positive and i % 2 else value
        for i, (is_positive, value) in enumerate(zip(truth, scores["b"], strict=True))
    ]
    stack = Stack.fit(truth, {"a": scores["a"], "b": holes})
    missing, average = stack.log_likelihood_ratio({"a": [0.5, 0.5], "b": [None, 0.5]})
    assert missing is not None
    assert average is not None
    assert missing > average + 1


def test_a_text_without_any_score_has_no_probability() -> None:
    truth, scores, groups = world(300)
    scores = {name: [None, *column[1:]] for name, column in scores.items()}
    assert combined(truth, scores, groups)[0] is None
    assert Stack.fit(truth, scores).log_likelihood_ratio({name: [None] for name in scores}) == [None]


def test_a_score_that_says_nothing_leaves_the_prevalence() -> None:
    scores: dict[str, Column] = {"a": [0.5] * 100}
    (found,) = Stack.fit([1] * 5 + [0] * 95, scores, penalty=10.0).probability({"a": [0.5]})
    assert found == pytest.approx(0.05, abs=1e-4)


def test_few_labels_take_the_highest_calibrated_probability() -> None:
    truth, scores, groups = world(120)
    holes: dict[str, Column] = {"a": scores["a"], "b": [*[None] * 60, *scores["b"][60:]]}
    found = combined(truth, holes, groups)
    assert all(value is not None and 0 < value < 1 for value in found)
    own = highest_calibrated(truth, holes, {"a": [0.9, None], "b": [None, 0.9]})
    assert np.isfinite(own).all()
    assert np.isnan(highest_calibrated(truth, {"a": [None] * 120}, {"a": [0.9]})).all()


@settings(max_examples=15, deadline=None)
@given(st.permutations(["a", "b", "a again"]), st.permutations(range(240)))
def test_the_order_of_monitors_and_texts_does_not_matter(names: list[str], order: list[int]) -> None:
    truth, scores, _ = world(240)
    before = Stack.fit(truth, scores).probability(scores)
    moved: dict[str, Column] = {name: [scores[name][i] for i in order] for name in names}
    after = Stack.fit(truth[order], moved).probability(moved)
    assert np.allclose(after, [before[i] for i in order], atol=1e-6)  # type: ignore[arg-type]  # no None


def test_turning_the_label_turns_the_evidence() -> None:
    truth, scores, _ = world(400)
    ratio = Stack.fit(truth, scores).log_likelihood_ratio(scores)
    turned = Stack.fit(~truth, scores).log_likelihood_ratio(scores)
    assert np.allclose(turned, -np.array(ratio, dtype=float), atol=1e-5)  # type: ignore[arg-type]  # no None


def test_what_cannot_be_combined_is_refused() -> None:
    with pytest.raises(UndefinedMetric, match="all of one class"):
        Stack.fit([1, 1], {"a": [0.1, 0.2]})
    with pytest.raises(UndefinedMetric, match="no monitor scored"):
        Stack.fit([0, 1], {"a": [None, None]})
    with pytest.raises(UndefinedMetric, match="no monitor to combine"):
        Stack.fit([0, 1], {})
    with pytest.raises(UndefinedMetric, match="separable"):
        logistic(np.array([[1.0, -1.0], [1.0, 1.0]]), [0, 1])
    with pytest.raises(ValueError, match=r"in \[0, 1\]"):
        Stack.fit([0, 1], {"a": [0.5, 2.0]})
    with pytest.raises(ValueError, match="fitted on a"):
        Stack.fit([0, 1], {"a": [0.1, 0.9]}).probability({"b": [0.5]})

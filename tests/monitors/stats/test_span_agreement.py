"""Agreement on marked stretches, against figures worked out by hand and against the general coefficient."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.stats.agreement import krippendorff_alpha
from monitors.stats.errors import UndefinedMetric
from monitors.stats.span_agreement import PATTERNS, Stretch, iou, matched, span_f1, step_alpha


def stretch(start: int, end: int, label: str = "hides", place: int = 0) -> Stretch:
    return Stretch(place, start, end, label)


def test_overlap_is_what_both_cover_of_what_either_covers() -> None:
    assert iou(stretch(0, 10), stretch(5, 15)) == pytest.approx(5 / 15)
    assert iou(stretch(0, 10), stretch(0, 10)) == 1.0
    assert iou(stretch(0, 10), stretch(10, 12)) == 0.0
    assert iou(stretch(0, 10), stretch(0, 10, place=1)) == 0.0


def test_a_stretch_is_matched_once_and_by_the_best_partner() -> None:
    first = [stretch(0, 10), stretch(2, 12)]
    assert matched(first, [stretch(2, 12)]) == 1
    assert matched(first, [stretch(2, 12), stretch(0, 10)], at=1.0) == 2
    assert matched(first, [stretch(0, 10, "other")]) == 0
    assert matched([stretch(0, 10)], [stretch(5, 15)]) == 0


def test_f1_is_twice_the_pairs_by_all_stretches() -> None:
    found = span_f1([1, 0] * 10, [3, 1] * 10, range(20))
    assert found.value == pytest.approx(2 * 10 / 40)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= 0.5 <= found.high


def test_without_a_mark_nothing_is_estimable() -> None:
    assert span_f1([0] * 20, [0] * 20, range(20)).reason == "nobody marked anything"
    assert "every step is marked alike" in step_alpha([(5, 0, 0, 0)] * 20, range(20)).reason


def test_few_texts_give_a_value_without_an_interval() -> None:
    found = step_alpha([(5, 1, 1, 3)] * 4, range(4))
    assert found.value is not None
    assert found.low is None
    assert "needs 10" in found.reason


@given(st.lists(st.tuples(*[st.integers(0, 6)] * 4), min_size=1, max_size=6))
def test_step_alpha_is_that_of_all_steps_one_by_one(counts: list[tuple[int, int, int, int]]) -> None:
    units = [pattern for text in counts for pattern, n in zip(PATTERNS, text, strict=True) for _ in range(n)]
    found = step_alpha(counts, range(len(counts)), n_draws=20)
    try:
        assert found.value == pytest.approx(krippendorff_alpha(units, categories=(0, 1)))
    except UndefinedMetric:
        assert found.value is None


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9), st.sampled_from("ab")), max_size=8))
def test_a_rater_agrees_with_their_own_marks(marks: list[tuple[int, int, str]]) -> None:
    own = [stretch(start, start + length, label) for start, length, label in marks]
    assert matched(own, own, at=1.0) == len(own)

"""Curves on a grid are the plain curves there, bands hold them, and weights count as rows given twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from monitors.stats.bands import GRID, precision_recall_band, roc_band
from monitors.stats.errors import UndefinedMetric
from monitors.stats.precision_recall import precision_recall_curve
from monitors.stats.roc import tpr_at_fpr

ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 8), st.integers(1, 3)), min_size=2, max_size=40)
Columns = tuple[list[bool], list[float], list[int]]


def columns(rows: list[tuple[bool, int, int]]) -> Columns:
    truth, score, weight = [row[0] for row in rows], [row[1] / 8 for row in rows], [row[2] for row in rows]
    assume(0 < sum(truth) < len(truth))
    return truth, score, weight


def test_a_ranking_by_hand_has_its_steps() -> None:
    # Positives at ranks 1, 3 and 4 of five: TPR 1/3 before the first false alarm, 1 after it.
    band = roc_band([1, 0, 1, 1, 0], [5, 4, 3, 2, 1], range(5), grid=(0.0, 0.49, 0.5, 1.0))
    assert band.value == pytest.approx([1 / 3, 1 / 3, 1.0, 1.0])
    assert band.low.size == 0
    assert band.reason == "5 clusters; a band needs 10"
    asked = precision_recall_band([1, 0, 1, 1, 0], [5, 4, 3, 2, 1], range(5), grid=(1 / 3, 0.34, 2 / 3, 1.0))
    assert asked.value == pytest.approx([1.0, 2 / 3, 2 / 3, 3 / 4])


@settings(max_examples=40)
@given(ROWS)
def test_values_are_those_of_the_curves_at_thresholds_that_can_be_set(rows: list[tuple[bool, int, int]]) -> None:
    truth, score, _ = columns(rows)
    roc = roc_band(truth, score, [0] * len(truth))
    assert roc.value == pytest.approx([tpr_at_fpr(truth, score, x + 1e-12) for x in GRID])
    curve = precision_recall_curve(truth, score)
    found = precision_recall_band(truth, score, [0] * len(truth), grid=curve.recall.tolist())
    first = [int(np.flatnonzero(curve.recall >= x - 1e-12)[0]) for x in curve.recall]
    assert found.value == pytest.approx(curve.precision[first])


@settings(max_examples=40)
@given(ROWS)
def test_a_weight_counts_as_rows_given_again(rows: list[tuple[bool, int, int]]) -> None:
    truth, score, weight = columns(rows)
    again = [(t, s) for t, s, w in zip(truth, score, weight, strict=True) for _ in range(w)]
    for of in (roc_band, precision_recall_band):
        weighted = of(truth, score, [0] * len(truth), weights=weight).value
        repeated = of([t for t, _ in again], [s for _, s in again], [0] * len(again)).value
        assert weighted == pytest.approx(repeated)


def test_a_band_holds_its_curve_and_narrows_with_more_texts() -> None:
    random = np.random.default_rng(1)
    truth = random.random(2000) < 0.3
    score = random.normal(truth.astype(float), 1.0)
    widths = []
    for n in (100, 2000):
        band = roc_band(truth[:n], score[:n], range(n), n_draws=200)
        assert (band.low <= band.value + 1e-9).all()
        assert (band.high >= band.value - 1e-9).all()
        widths.append(float((band.high - band.low).mean()))
    assert widths[1] < widths[0] / 2


def test_one_class_has_no_curve_and_a_rare_one_counts_in_the_draws_that_hold_it() -> None:
    for of in (roc_band, precision_recall_band):
        with pytest.raises(UndefinedMetric):
            of([1, 1], [0.1, 0.2], [0, 1])
    rare = roc_band([1, *[0] * 11], [1.0, *[0.5] * 11], range(12), n_draws=100)
    assert rare.reason == ""
    assert (rare.low == 1.0).all()

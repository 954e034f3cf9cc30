from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.stats.binomial import clopper_pearson
from monitors.stats.errors import UndefinedMetric
from monitors.stats.reliability import brier, expected_calibration_error, reliability_curve

# Brier (1950), table 1: ten forecasts of rain, and when it rained.
FORECASTS = [0.7, 0.9, 0.8, 0.4, 0.2, 0.0, 0.0, 0.0, 0.0, 0.1]
RAIN = [0, 1, 1, 1, 0, 0, 0, 0, 0, 0]

ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 10)), min_size=1, max_size=60)


def columns(rows: list[tuple[bool, int]]) -> tuple[list[bool], list[float]]:
    return [row[0] for row in rows], [row[1] / 10 for row in rows]


def test_the_forecasts_of_brier_give_his_score() -> None:
    # His P of 0.19 sums over rain and no rain.
    assert 2 * brier(RAIN, FORECASTS).score == pytest.approx(0.19)


@settings(max_examples=50)
@given(ROWS)
def test_the_parts_of_murphy_make_up_the_score(rows: list[tuple[bool, int]]) -> None:
    found = brier(*columns(rows))
    assert found.score == pytest.approx(found.reliability - found.resolution + found.uncertainty)
    assert min(found) >= 0.0


@settings(max_examples=50)
@given(ROWS)
def test_turning_both_classes_changes_nothing(rows: list[tuple[bool, int]]) -> None:
    truth, p = columns(rows)
    turned = [not value for value in truth], [1 - value for value in p]
    assert brier(*turned) == pytest.approx(brier(truth, p))
    found, other = expected_calibration_error(truth, p, n_bins=100), expected_calibration_error(*turned, n_bins=100)
    assert other.value == pytest.approx(found.value)


@settings(max_examples=50)
@given(ROWS, st.sampled_from(["width", "mass"]), st.integers(1, 20))
def test_texts_given_twice_leave_the_error_and_bins_hold_all_of_them(
    rows: list[tuple[bool, int]], binning: str, n_bins: int
) -> None:
    truth, p = columns(rows)
    once = expected_calibration_error(truth, p, binning=binning, n_bins=n_bins)  # type: ignore[arg-type]  # a literal
    twice = expected_calibration_error(truth * 2, p * 2, binning="width", n_bins=n_bins)
    if binning == "width":
        assert twice.value == pytest.approx(once.value)
    curve = reliability_curve(truth, p, binning=binning, n_bins=n_bins)  # type: ignore[arg-type]  # a literal
    assert sum(one.n for one in curve) == len(rows)
    assert len(curve) <= n_bins
    assert [one.mean for one in curve] == sorted(one.mean for one in curve)
    weighted = sum(one.n * abs(one.share - one.mean) for one in curve) / len(rows)
    assert weighted == pytest.approx(once.value)


def test_the_error_by_hand_in_two_bins() -> None:
    # Lower half: mean 0.2, share 1/2; upper: mean 0.8, share 1. ECE = (0.3 + 0.2) / 2.
    found = expected_calibration_error([0, 1, 1, 1], [0.1, 0.3, 0.7, 0.9], n_bins=2)
    assert found.value == pytest.approx(0.25)
    assert expected_calibration_error([0, 1, 1, 1], [0.1, 0.3, 0.7, 0.9], n_bins=2, binning="width").value == (
        pytest.approx(0.25)
    )


def test_a_calibrated_score_shows_no_more_error_than_chance() -> None:
    random = np.random.default_rng(1)
    p = random.random(500)
    calibrated = expected_calibration_error(random.random(500) < p, p)
    assert calibrated.value == pytest.approx(calibrated.by_chance, rel=0.5)
    assert calibrated.by_chance > 0.02
    off = expected_calibration_error(random.random(500) < p**3, p)
    assert off.value > 3 * off.by_chance


def test_bands_are_exact_binomial_intervals() -> None:
    (only,) = reliability_curve([1, 0, 0, 0], [0.3] * 4)
    assert (only.n, only[2:]) == (4, clopper_pearson(1, 4))
    assert only.mean == pytest.approx(0.3)


def test_no_text_and_no_probability_are_refused() -> None:
    for statistic in (brier, expected_calibration_error, reliability_curve):
        with pytest.raises(UndefinedMetric, match="no text"):
            statistic([], [])
        with pytest.raises(ValueError, match="lies in"):
            statistic([1], [1.5])

"""A threshold claims what its calibration data can carry, and what was not measured is no miss."""

from __future__ import annotations

import numpy as np
import pytest

from monitors.redteam.detection import area, detect, threshold_for
from monitors.stats.errors import UndefinedMetric

COVERS = [f"cover {i}" for i in range(200)]
HALVES = {cover: i % 2 for i, cover in enumerate(COVERS)}


def test_99_clean_scores_carry_one_percent() -> None:
    assert threshold_for([i / 99 for i in range(99)]) == (98 / 99, 0.01)


def test_fewer_carry_one_over_their_number_and_one() -> None:
    assert threshold_for([0.3, 0.1, 0.2]) == (0.3, 0.25)


def test_more_let_the_highest_clean_scores_be_flagged() -> None:
    threshold = threshold_for([float(i) for i in range(199)])
    assert threshold == (197.0, 0.01)


def test_no_clean_score_sets_no_threshold() -> None:
    with pytest.raises(UndefinedMetric):
        threshold_for([])


def test_the_claimed_rate_holds_over_many_draws() -> None:
    random = np.random.default_rng(0)
    rates = []
    for _ in range(300):
        clean = random.normal(size=99)
        rates.append((random.normal(size=200) > threshold_for(clean.tolist()).value).mean())
    assert np.mean(rates) < 0.013


def test_each_half_is_tested_by_the_threshold_of_the_other() -> None:
    """Half 1 has high clean scores: they raise the threshold of half 0 only."""
    clean: dict[str, float | None] = {cover: float(HALVES[cover]) for cover in COVERS}
    stego: dict[str, float | None] = dict.fromkeys(COVERS, 0.5)
    found = detect("m", stego, clean, calibration=clean, halves=HALVES)
    assert found.flagged is not None
    assert found.false_alarms is not None
    assert (found.flagged.value, found.false_alarms.value, found.fpr) == (0.5, 0.5, 0.01)


def test_what_was_not_measured_is_counted_apart() -> None:
    clean: dict[str, float | None] = dict.fromkeys(COVERS, 0.0)
    stego: dict[str, float | None] = {cover: 1.0 if i < 150 else None for i, cover in enumerate(COVERS)}
    found = detect("m", stego, clean, calibration=clean, halves=HALVES)
    assert found.flagged is not None
    assert (found.flagged.value, found.n_unmeasured) == (1.0, 50)
    assert found.auroc.value == 1.0


def test_a_monitor_that_never_measured_has_no_detection() -> None:
    nothing: dict[str, float | None] = dict.fromkeys(COVERS)
    found = detect("m", nothing, nothing, calibration=nothing, halves=HALVES)
    assert (found.flagged, found.false_alarms, found.fpr) == (None, None, None)
    assert found.auroc.value is None
    assert found.auroc.reason


def test_few_covers_give_an_area_without_an_interval() -> None:
    found = area({"a": 1.0, "b": 1.0}, {"a": 0.0, "b": 0.0})
    assert (found.value, found.low) == (1.0, None)
    assert "clusters" in found.reason

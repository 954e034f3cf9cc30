"""Do scores come true as probabilities? Only against people and programs: against a judge it would be agreement."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitors.stats.bootstrap import Weights
from monitors.stats.calibration import LEAST_ISOTONIC, calibrated
from monitors.stats.errors import UndefinedMetric
from monitors.stats.estimate import Estimate, estimate
from monitors.stats.reliability import brier, expected_calibration_error, reliability_curve
from oversight.quality.labels import LEAST_OF_CLASS, Source
from oversight.quality.rows import Rows

Floats = NDArray[np.float64]
NOT_TRUTH = "the labels are not by people or programs: this would measure agreement"


def calibration(rows: Rows, source: Source) -> dict[str, Any]:
    """The score as it is, and what a calibrator makes of it that saw nothing of the same group."""
    least = min(rows.n_positive, rows.n - rows.n_positive)
    if not source.is_truth or least < LEAST_OF_CLASS:
        few = f"{least} labels of the rarer kind; {LEAST_OF_CLASS} are the fewest"
        return {"reason": NOT_TRUTH if not source.is_truth else few}
    raw = _quality(rows, rows.score)
    method = "isotonic regression" if rows.n >= LEAST_ISOTONIC else "Platt's sigmoid"
    try:
        fitted = _quality(rows, calibrated(rows.positive, rows.score, rows.groups))
    except UndefinedMetric as error:
        fitted = {"reason": str(error)}
    return {"reason": "", "raw": raw, "fitted": fitted, "method": method, "n": rows.n}


def _quality(rows: Rows, probability: Floats) -> dict[str, Any]:
    error, score = expected_calibration_error(rows.positive, probability), brier(rows.positive, probability)
    found = _brier_interval(rows, probability)
    return {
        "reason": "",
        "bins": [list(one) for one in reliability_curve(rows.positive, probability)],
        "ece": error.value,
        "by_chance": error.by_chance,
        "brier": {"value": score.score, "low": found.low, "high": found.high, "reason": found.reason},
        # What the share of positives alone, said of every transcript, would reach.
        "uncertainty": score.uncertainty,
    }


def _brier_interval(rows: Rows, probability: Floats) -> Estimate:
    loss = (probability - rows.positive) ** 2

    def mean(weights: Weights) -> Floats:
        drawn: Floats = weights @ loss / weights.sum(axis=1)
        return drawn

    return estimate(mean, rows.groups)

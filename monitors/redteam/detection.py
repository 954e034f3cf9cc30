"""Detection at a false-positive rate that the calibration data can carry, each half tested by the other's threshold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from monitors.stats.binomial import Share, clopper_pearson
from monitors.stats.bootstrap import percentile_intervals
from monitors.stats.errors import UndefinedMetric
from monitors.stats.roc import metrics
from monitors.stats.share import Proportion

FPR = 0.01
N_DRAWS = 400

# Scores by cover; None where the text is there and the monitor could not measure.
Scores = Mapping[str, float | None]


class Threshold(NamedTuple):
    """What is above `value` is flagged; of exchangeable clean texts at most a share of `fpr` is."""

    value: float
    fpr: float


@dataclass(frozen=True, slots=True)
class Detection:
    """One monitor against one arm. `flagged` is the share of stegotexts flagged, `false_alarms` of the other arm.

    `fpr` is what may be claimed of the thresholds; the intervals hold for the two thresholds as they were set.
    `n_unmeasured` stegotexts were not scored, and are neither found nor missed.
    """

    monitor: str
    auroc: Proportion
    flagged: Share | None
    false_alarms: Share | None
    fpr: float | None
    n_unmeasured: int


def threshold_for(clean: Sequence[float], fpr: float = FPR) -> Threshold:
    """The lowest threshold whose false-positive rate is bounded by `fpr`, or by what so few scores can carry.

    tau = the ceil((n + 1)(1 - fpr))-th smallest clean score, and P(score > tau) <= fpr under exchangeability. Fewer
    than 1/fpr - 1 scores (99 for 1 %) carry the largest of them, and 1/(n + 1).

    Parameters
    ----------
    clean : (n,) scores of clean texts; higher is more suspicious.
    fpr : in (0, 1).

    Returns
    -------
    Threshold with the rate that may be claimed, at least `fpr`.

    Raises
    ------
    UndefinedMetric : there is no clean score.

    Notes
    -----
    `stats.threshold` sets those of suspicions in [0, 1]; likelihood ratios have no such range.

    References
    ----------
    Vovk, Gammerman and Shafer, "Algorithmic Learning in a Random World", section 2.2 (2005).
    """
    if not clean:
        raise UndefinedMetric("no clean scores to set a threshold with")
    ordered = sorted(clean)
    rank = math.ceil((len(ordered) + 1) * (1.0 - fpr) - 1e-9)
    if rank > len(ordered):
        return Threshold(ordered[-1], 1.0 / (len(ordered) + 1))
    return Threshold(ordered[rank - 1], fpr)


def detect(monitor: str, stego: Scores, other: Scores, *, calibration: Scores, halves: Mapping[str, int]) -> Detection:
    """Detection of stegotexts against an arm, `calibration` being the scores that thresholds are set with."""
    flagged, alarms, bounds = [], [], []
    for half in (0, 1):
        try:
            threshold = threshold_for(_measured(calibration, halves, 1 - half))
        except UndefinedMetric:
            continue
        bounds.append(threshold.fpr)
        flagged += [score > threshold.value for score in _measured(stego, halves, half)]
        alarms += [score > threshold.value for score in _measured(other, halves, half)]
    return Detection(
        monitor,
        area(stego, other),
        _share(flagged),
        _share(alarms),
        max(bounds, default=None),
        sum(score is None for score in stego.values()),
    )


def area(stego: Scores, other: Scores) -> Proportion:
    """AUROC over the covers that were measured in both arms, resampled by cover."""
    covers = [cover for cover in stego if stego[cover] is not None and other.get(cover) is not None]
    y_true = [True] * len(covers) + [False] * len(covers)
    y_score = np.array([arm[cover] for arm in (stego, other) for cover in covers], dtype=np.float64)
    try:
        value = float(metrics(y_true, y_score).auroc[0])
    except UndefinedMetric as error:
        return Proportion(None, reason=str(error))
    try:
        (interval,) = percentile_intervals(
            lambda weights: (metrics(y_true, y_score, weights).auroc,), [*covers, *covers], n_draws=N_DRAWS
        )
    except UndefinedMetric as error:
        return Proportion(value, reason=str(error))
    return Proportion(value, interval.low, interval.high)


def _measured(scores: Scores, halves: Mapping[str, int], half: int) -> list[float]:
    return [score for cover, score in scores.items() if halves[cover] == half and score is not None]


def _share(flags: Sequence[bool]) -> Share | None:
    return clopper_pearson(sum(flags), len(flags)) if flags else None

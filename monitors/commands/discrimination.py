"""AUROC, AUPRC and TPR at fixed FPR with intervals; what the data cannot carry is None with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from monitors.stats.bootstrap import percentile_intervals
from monitors.stats.errors import UndefinedMetric
from monitors.stats.roc import Metrics, metrics

# Three false alarms expected at the bound: fewer negatives cannot tell 1 % from 0 % or 2 %.
MIN_NEGATIVES_AT_1 = 300
MIN_NEGATIVES_AT_5 = 20


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval. `reason` says why one of them is missing."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Discrimination:
    """Metrics by name, over n scored rows."""

    n: int
    positives: int
    clusters: int
    metrics: Mapping[str, Estimate]

    def as_json(self) -> dict[str, object]:
        return {
            "n": self.n,
            "positives": self.positives,
            "clusters": self.clusters,
            **{name: asdict(estimate) for name, estimate in self.metrics.items()},
        }


def discriminate(y_true: Sequence[bool], y_score: Sequence[float], groups: Sequence[str]) -> Discrimination:
    """Point values on all rows, intervals by resampling the groups."""
    n, positives = len(y_true), sum(y_true)
    measured = _estimates(y_true, y_score, groups)
    estimates = {name: _missing(name, n - positives) or estimate for name, estimate in measured.items()}
    return Discrimination(n, positives, len(set(groups)), estimates)


def _estimates(y_true: Sequence[bool], y_score: Sequence[float], groups: Sequence[str]) -> dict[str, Estimate]:
    try:
        points = [float(value[0]) for value in metrics(y_true, y_score)]
    except UndefinedMetric as error:
        return dict.fromkeys(Metrics._fields, Estimate(None, reason=str(error)))
    try:
        intervals = percentile_intervals(lambda weights: metrics(y_true, y_score, weights), groups)
    except UndefinedMetric as error:
        return {name: Estimate(point, reason=str(error)) for name, point in zip(Metrics._fields, points, strict=True)}
    return {
        name: Estimate(point, interval.low, interval.high)
        for name, point, interval in zip(Metrics._fields, points, intervals, strict=True)
    }


def _missing(name: str, n_negatives: int) -> Estimate | None:
    least = {"tpr_at_fpr_1": MIN_NEGATIVES_AT_1, "tpr_at_fpr_5": MIN_NEGATIVES_AT_5}.get(name, 0)
    if n_negatives >= least:
        return None
    return Estimate(None, reason=f"{n_negatives} negatives; this operating point needs {least}")

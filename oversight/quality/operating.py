"""From what one can review a day to a threshold, and what it would find and miss."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitors.stats.cascade import weighted_share
from monitors.stats.errors import UndefinedMetric
from monitors.stats.precision_recall import at_budget
from oversight.quality.figures import too_few
from oversight.quality.rows import Rows
from oversight.quality.stream import Scores

Floats = NDArray[np.float64]
LADDER = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
MOST_BUDGET = 1_000_000


@dataclass(frozen=True, slots=True)
class Numbers:
    """What an operating table is made of: labelled rows, the stream, and the names that their places stand for."""

    positive: NDArray[np.bool_]
    score: Floats
    group: NDArray[np.int32]
    inclusion: Floats
    model: NDArray[np.int32]
    length: Floats
    stream: Floats
    stream_model: NDArray[np.int32]
    models: tuple[str, ...]
    days: float
    n_audit: int
    is_review: bool

    @property
    def a_day(self) -> float:
        """Scores of the stream in a day."""
        return float(self.stream.size / self.days)

    @property
    def is_of_flagged(self) -> bool:
        """Whether somebody looked only because something had been flagged, so that nothing tells what was missed."""
        return self.is_review and not self.n_audit


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its interval and the sample behind it; `reason` where there is none, or where it is doubtful."""

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    k: int = 0
    n_effective: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One threshold. `missed_a_day` only where the reviewed are a sample of all."""

    name: str
    budget: int | None
    threshold: float | None
    a_day: float | None
    precision: Share
    recall: Share
    false_alarms: Share
    n_missed: int
    n_positive: int
    missed_a_day: Share
    length_recall: float | None
    reason: str = ""
    is_asked: bool = False
    is_live: bool = False

    def figures(self) -> dict[str, Any]:
        """For the basis of a version."""
        kept = ("budget", "threshold", "a_day", "precision", "recall", "false_alarms", "n_missed", "n_positive")
        return {name: value for name, value in asdict(self).items() if name in kept}


def packed(rows: Rows, stream: Scores, *, is_review: bool) -> tuple[bytes, dict[str, Any]]:
    """Columns as one compressed block, and beside them what is no column."""
    groups: dict[str, int] = {}
    models = sorted({*stream.models, *rows.models})
    place = {name: number for number, name in enumerate(models)}
    of_stream = np.array([place[name] for name in stream.models], dtype=np.int32)
    order = np.argsort(-stream.value, kind="stable")
    columns: dict[str, NDArray[Any]] = {
        "positive": rows.positive,
        "score": rows.score,
        "group": np.array([groups.setdefault(one, len(groups)) for one in rows.groups], dtype=np.int32),
        "inclusion": rows.inclusion,
        "model": np.array([place[name] for name in rows.models], dtype=np.int32),
        "length": rows.n_chars,
        "stream": stream.value[order],
        "stream_model": (of_stream[stream.model] if stream.models else stream.model)[order],
    }
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **columns)
    beside = {"models": models, "days": stream.days, "n_audit": rows.n_audit, "is_review": is_review}
    return file.getvalue(), {**beside, "n": int(stream.value.size), "is_capped": stream.is_capped}


def unpacked(block: bytes, beside: Mapping[str, Any]) -> Numbers:
    with np.load(io.BytesIO(block), allow_pickle=False) as columns:
        return Numbers(
            **{name: columns[name] for name in columns.files},
            models=tuple(beside["models"]),
            **{name: beside[name] for name in ("days", "n_audit", "is_review")},
        )


def threshold_for(numbers: Numbers, budget: int) -> float:
    """The lowest score such that no more than `budget` a day reach it. Raises UndefinedMetric: too many are equal."""
    values, n_at = np.unique(numbers.stream, return_counts=True)
    reached = np.cumsum(n_at[::-1])
    allowed = int(np.searchsorted(reached, budget * numbers.days + 1e-9, side="right"))
    if not values.size:
        raise UndefinedMetric("nothing has a score yet")
    if not allowed:
        least = reached[0] / numbers.days
        raise UndefinedMetric(f"{least:,.1f} a day share the highest score, {values[-1]:.4g}: no threshold flags fewer")
    return float(values[::-1][allowed - 1])


def asked(numbers: Numbers, budget: int) -> Row:
    """What reviewing `budget` a day would find."""
    try:
        threshold = threshold_for(numbers, budget)
    except UndefinedMetric as error:
        none = Share(None, reason=str(error))
        return Row(f"{budget:,} a day", budget, None, None, none, none, none, 0, 0, none, None, str(error))
    levels = np.full(len(numbers.models), threshold)
    return _row(numbers, f"{budget:,} a day", levels, threshold, budget)


def live(numbers: Numbers, threshold: float, model_thresholds: Mapping[str, float]) -> Row:
    """What the thresholds of now find, each model's own where it has one."""
    levels = np.array([model_thresholds.get(name, threshold) for name in numbers.models], dtype=np.float64)
    return _row(numbers, "Live threshold", levels, threshold, None)


def table(
    numbers: Numbers, threshold: float, model_thresholds: Mapping[str, float], budget: int | None
) -> tuple[Row, ...]:
    """The live thresholds, the budget asked for, and budgets around it; without those that nothing can be set for."""
    now = live(numbers, threshold, model_thresholds)
    chosen = budget or default_budget(now)
    ladder = sorted({chosen, *(one for one in LADDER if one <= max(numbers.a_day, 1))})
    rows = (asked(numbers, one) for one in ladder)
    marked = (_marked(row, is_asked=row.budget == chosen) for row in rows)
    return _marked(now, is_live=True), *_different(row for row in marked if row.is_asked or row.threshold is not None)


def _different(rows: Iterable[Row]) -> Iterator[Row]:
    """Without budgets that buy no more than the one before: equal scores are flagged together."""
    last: float | None = None
    for row in rows:
        if row.is_asked or row.threshold != last:
            yield row
        last = row.threshold


def default_budget(now: Row) -> int:
    """About what the live threshold costs."""
    return max(1, round(now.a_day or 0))


def _marked(row: Row, *, is_asked: bool = False, is_live: bool = False) -> Row:
    return replace(row, is_asked=is_asked, is_live=is_live)


def _row(numbers: Numbers, name: str, levels: Floats, threshold: float, budget: int | None) -> Row:
    flagged = numbers.score >= levels[numbers.model] if numbers.model.size else np.zeros(0, dtype=bool)
    reached = numbers.stream >= levels[numbers.stream_model] if numbers.stream.size else np.zeros(0, dtype=bool)
    y = numbers.positive
    return Row(
        name=name,
        budget=budget,
        threshold=threshold,
        a_day=float(reached.sum() / numbers.days),
        precision=_share(numbers, y, flagged, "no labelled transcript is flagged"),
        recall=_share(numbers, flagged, y, "no positive label"),
        false_alarms=_share(numbers, flagged, ~y, "no negative label"),
        n_missed=int((y & ~flagged).sum()),
        n_positive=int(y.sum()),
        missed_a_day=_missed(numbers, flagged),
        length_recall=_of_length(numbers, int(flagged.sum())),
    )


def _share(numbers: Numbers, counted: NDArray[np.bool_], of: NDArray[np.bool_], none: str) -> Share:
    n, k = int(of.sum()), int((counted & of).sum())
    try:
        found = weighted_share(counted, of, numbers.inclusion, groups=numbers.group.tolist())
    except UndefinedMetric:
        return Share(None, n=n, k=k, reason=none)
    return Share(found.value, found.low, found.high, n, k, found.n_effective, found.reason)


def _missed(numbers: Numbers, flagged: NDArray[np.bool_]) -> Share:
    """A day, by the share of missed positives among all that were sampled."""
    if not numbers.n_audit:
        return Share(None, reason="the labelled are no random sample of the stream")
    missed = _share(numbers, numbers.positive & ~flagged, np.ones(flagged.size, dtype=bool), "no label")
    if missed.value is None or missed.low is None or missed.high is None:
        return missed
    a_day = numbers.a_day
    return Share(missed.value * a_day, missed.low * a_day, missed.high * a_day, missed.n, missed.k, missed.n_effective)


def _of_length(numbers: Numbers, n_flagged: int) -> float | None:
    """Recall of the longest, or of the shortest, as many as are flagged: the better of both."""
    if too_few(numbers.positive) or not n_flagged:
        return None
    return max(at_budget(numbers.positive, sign * numbers.length, n_flagged).recall for sign in (1.0, -1.0))

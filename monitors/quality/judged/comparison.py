"""Columns of scores on the same rows: each one's figures, and its distance to the baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitors.quality.judged.labels import Labelled, is_naming
from monitors.stats.bootstrap import Weights
from monitors.stats.errors import UndefinedMetric
from monitors.stats.estimate import Estimate, estimates
from monitors.stats.roc import auroc, metrics
from monitors.stats.stacking import combined

Floats = NDArray[np.float64]
Columns = Mapping[str, Sequence[float | None]]
SHOWN = ("auroc", "auprc", "tpr_at_fpr_5")
COMBINATION = "combination of monitors"
WITH_BASELINES = "combination with baselines"
_N_DRAWS = 1000
# Fewer negatives cannot tell 5 % from 0 % or 10 %.
_FEWEST_NEGATIVES = 20


def ranked(column: Sequence[float | None]) -> Floats:
    """A text that was not scored raises no alert and ranks below all others."""
    return np.array([-1.0 if value is None else value for value in column])


def with_combinations(rows: Labelled, monitors: Columns, baselines: Columns) -> dict[str, Sequence[float | None]]:
    """The monitors, and their calibrated combinations, which saw nothing of a row's own group."""
    found: dict[str, Sequence[float | None]] = dict(monitors)
    scored = {name: column for name, column in monitors.items() if any(value is not None for value in column)}
    for name, parts in ((COMBINATION, scored), (WITH_BASELINES, {**scored, **baselines})):
        if len(parts) < 2:
            continue
        try:
            found[name] = combined(rows.y_true, parts, rows.groups)
        except UndefinedMetric:
            continue
    return found


def halves(rows: Labelled, monitors: Columns, baselines: Columns) -> dict[str, Any]:
    """The primary monitor, named on one half of the groups, and everybody's figures on the other half."""
    naming = [is_naming(group) for group in rows.groups]
    own = {name: column for name, column in monitors.items() if name != WITH_BASELINES}
    primary = _best(rows, own, naming, above=0.5)
    reporting = [not one for one in naming]
    figures = side_by_side(rows.where(reporting), _of(monitors, reporting), _of(baselines, reporting))
    return {"primary": primary, "naming": sum(naming), **figures}


def side_by_side(rows: Labelled, monitors: Columns, baselines: Columns) -> dict[str, Any]:
    """Figures of each column, with its difference to the baseline that is best on these rows."""
    best = _best(rows, baselines, [True] * len(rows.y_true))
    figures = _Figures.of(rows, monitors, baselines)
    columns = [
        *(_row(rows, name, column, figures, tuple(baselines), best) for name, column in monitors.items()),
        *(_row(rows, name, column, figures, (), None) for name, column in baselines.items()),
    ]
    return {
        "n": len(rows.y_true),
        "positives": sum(rows.y_true),
        "groups": len(set(rows.groups)),
        "best_baseline": best,
        "columns": columns,
        "clear": [column["name"] for column in columns if column.get("is_clear")],
    }


@dataclass(frozen=True, slots=True)
class _Figures:
    """Every column's metrics and its differences of AUROC to the baselines, all from the same draws."""

    metrics: Mapping[str, Mapping[str, Estimate]]
    differences: Mapping[tuple[str, str], Estimate]

    @classmethod
    def of(cls, rows: Labelled, monitors: Columns, baselines: Columns) -> _Figures:
        columns = {name: ranked(column) for name, column in (*monitors.items(), *baselines.items())}
        pairs = [(name, other) for name in monitors for other in baselines]

        def draws(weights: Weights) -> list[Floats]:
            drawn = {name: metrics(rows.y_true, values, weights) for name, values in columns.items()}
            gaps = [drawn[name].auroc - drawn[other].auroc for name, other in pairs]
            return [one for own in drawn.values() for one in (own.auroc, own.auprc, own.tpr_at_fpr_5)] + gaps

        try:
            found = iter(estimates(draws, rows.groups, n_draws=_N_DRAWS))
        except UndefinedMetric as error:
            found = repeat(Estimate(None, reason=str(error)))
        own = {name: {metric: next(found) for metric in SHOWN} for name in columns}
        return cls(own, {pair: next(found) for pair in pairs})


def _row(
    rows: Labelled,
    name: str,
    column: Sequence[float | None],
    figures: _Figures,
    baselines: Sequence[str],
    best: str | None,
) -> dict[str, Any]:
    found = dict(figures.metrics[name])
    n_negative = len(rows.y_true) - sum(rows.y_true)
    if n_negative < _FEWEST_NEGATIVES:
        found["tpr_at_fpr_5"] = Estimate(None, reason=f"{n_negative} negatives; it needs {_FEWEST_NEGATIVES}")
    row: dict[str, Any] = {
        "name": name,
        "is_baseline": not baselines,
        "scored": sum(value is not None for value in column),
        **{metric: asdict(found[metric]) for metric in SHOWN},
    }
    if not baselines:
        return row
    gaps = {other: figures.differences[name, other] for other in baselines}
    is_clear = all(gap.low is not None and gap.low > 0 for gap in gaps.values())
    return row | {"difference": asdict(gaps[best]) if best else None, "is_clear": is_clear}


def _best(rows: Labelled, columns: Columns, keeps: Sequence[bool], *, above: float = 0.0) -> str | None:
    """The column with the highest AUROC on the rows kept, of equals the first; None if it is not above this."""
    own = rows.where(keeps)
    try:
        areas = {name: auroc(own.y_true, ranked(column)) for name, column in _of(columns, keeps).items()}
    except UndefinedMetric:
        return None
    best = max(areas, key=lambda name: areas[name], default=None)
    return best if best is not None and areas[best] > above else None


def _of(columns: Columns, keeps: Sequence[bool]) -> dict[str, Sequence[float | None]]:
    return {
        name: [value for value, is_kept in zip(column, keeps, strict=True) if is_kept]
        for name, column in columns.items()
    }

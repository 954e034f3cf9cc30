"""What a judge gives in the stream: its newest runs, cut where its settings, prompt or model changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitors import registry
from monitors.base import Reason, State
from monitors.stats.drift import cusum, kolmogorov_smirnov, limit_for_run_length, population_stability_index
from monitors.stats.errors import UndefinedMetric
from oversight.monitoring.models import Deployment, DeploymentVersion, Score

Floats = NDArray[np.float64]
Figures = dict[str, Any]

MOST_RUNS = 4_000
# Of each side of a comparison: more only makes smaller changes significant.
MOST_COMPARED = 500
LEAST_COMPARED = 50
BLOCK, REFERENCE_BLOCKS, LEAST_BLOCKS = 25, 8, 12
# Blocks between false alarms of the chart, were they independent.
RUN_LENGTH = 1_000
# Answers that were there and could not be read. Other reasons speak of the connection, or of the text.
UNREAD = frozenset({Reason.PARSE.value, Reason.REFUSED.value})
MOST_RECENT = 200


@dataclass(frozen=True, slots=True)
class Run:
    """The head of one score."""

    at: datetime
    value: float | None
    state: str
    reason: str
    flagged: bool
    source: tuple[int, str, str, str]

    @property
    def is_answered(self) -> bool:
        return self.value is not None or self.reason in UNREAD


_COLUMNS = ("at", "value", "state", "reason", "flagged", "version", "params_digest", "prompt_sha256", "judge")


def newest(deployment: Deployment) -> tuple[Run, ...]:
    """In order of time, those that a judge answered. One query."""
    rows = Score.objects.filter(deployment=deployment).exclude(state=State.SKIPPED).order_by("-at", "-pk")
    found = [
        Run(at, value, state, reason, flagged, (version, params, prompt, judge))
        for at, value, state, reason, flagged, version, params, prompt, judge in rows.values_list(*_COLUMNS)[:MOST_RUNS]
    ]
    return tuple(run for run in reversed(found) if run.is_answered)


@dataclass(frozen=True, slots=True)
class Segment:
    """Runs in a row by one formula, parameters, prompt and judge. `why` says what was changed at its start."""

    number: int | None
    why: str
    runs: tuple[Run, ...]

    @property
    def values(self) -> Floats:
        return np.array([run.value for run in self.runs if run.value is not None], dtype=np.float64)


def segments(deployment: Deployment, runs: Sequence[Run]) -> tuple[Segment, ...]:
    """Cut where what gives the scores changed. One query. A run without a value names no judge: it goes along."""
    valued = [run for run in runs if run.value is not None]
    cut = [(source, tuple(group)) for source, group in groupby(valued, key=lambda run: run.source)]
    numbers = _numbers(deployment)
    return tuple(
        Segment(
            _number(numbers, source[1], group[0].at),
            _why(cut[index - 1][0], source) if index else "",
            group,
        )
        for index, (source, group) in enumerate(cut)
    )


def _numbers(deployment: Deployment) -> list[tuple[int, str, datetime]]:
    rows = DeploymentVersion.objects.filter(deployment=deployment).order_by("number")
    return [
        (number, registry.params_digest(deployment.monitor, params), at)
        for number, params, at in rows.values_list("number", "params", "at")
    ]


def _number(numbers: Iterable[tuple[int, str, datetime]], digest: str, at: datetime) -> int | None:
    """The newest version of these parameters that was there by then, else the first one."""
    own = [(number, made) for number, of, made in numbers if of == digest]
    return max((number for number, made in own if made <= at), default=min((one for one, _ in own), default=None))


def _why(before: tuple[int, str, str, str], after: tuple[int, str, str, str]) -> str:
    names = ("the formula", "the parameters", "the prompt", "the judge")
    changed = [name for name, old, new in zip(names, before, after, strict=True) if old != new]
    return " and ".join((", ".join(changed[:-1]), changed[-1]) if len(changed) > 1 else changed) + " changed"


def answers(runs: Sequence[Run]) -> Figures:
    """Of the newest: how many could be read, how many were flagged, and which score is the most frequent."""
    recent = runs[-MOST_RECENT:]
    values = [run.value for run in recent if run.value is not None]
    counts = {value: values.count(value) for value in set(values)}
    usual = max(counts, key=lambda value: counts[value], default=None)
    return {
        "n_asked": len(recent),
        "n_read": len(values),
        "n_flagged": sum(run.flagged for run in recent if run.value is not None),
        "usual": usual,
        "n_usual": counts.get(usual, 0) if usual is not None else 0,
        "since": recent[0].at.isoformat() if recent else None,
    }


def drift(cut: Sequence[Segment]) -> Figures:
    """The newest segment against the one before it, its newer half against its older one, and a chart of its blocks."""
    if not cut:
        return {"segments": [], "between": _unknown("no score yet"), "within": _unknown("no score yet"), "chart": None}
    here = cut[-1]
    before = _unknown("there is no earlier version to compare with")
    if len(cut) > 1:
        before = compared(cut[-2].values[-MOST_COMPARED:], here.values[:MOST_COMPARED])
    half = here.values.size // 2
    return {
        "segments": [_said(segment) for segment in cut[-12:]],
        "between": before,
        "within": compared(here.values[:half][:MOST_COMPARED], here.values[half:][-MOST_COMPARED:]),
        "chart": chart(here.values),
    }


def _said(segment: Segment) -> Figures:
    values = segment.values
    return {
        "number": segment.number,
        "why": segment.why,
        "since": segment.runs[0].at.isoformat(),
        "n": int(values.size),
        "mean": float(values.mean()),
        "n_flagged": sum(run.flagged for run in segment.runs),
    }


def _unknown(reason: str) -> Figures:
    return {"reason": reason}


def compared(then: Floats, now: Floats) -> Figures:
    """PSI and the two-sample test, or why neither can be told."""
    fewest = min(then.size, now.size)
    if fewest < LEAST_COMPARED:
        return _unknown(f"{then.size} scores against {now.size}; {LEAST_COMPARED} on each side are the fewest")
    test = kolmogorov_smirnov(then, now)
    found = {
        "reason": "",
        "n_then": int(then.size),
        "n_now": int(now.size),
        "mean_then": float(then.mean()),
        "mean_now": float(now.mean()),
        "distance": test.statistic,
        "p": test.p,
    }
    try:
        index = population_stability_index(then, now)
    except UndefinedMetric as error:
        return {**found, "psi": None, "psi_by_chance": None, "psi_reason": str(error)}
    return {**found, "psi": index.value, "psi_by_chance": index.by_chance, "psi_reason": ""}


def chart(values: Floats) -> Figures:
    """CUSUM of the means of blocks in a row, in standard errors of the first ones."""
    n = values.size // BLOCK
    if n < LEAST_BLOCKS:
        return _unknown(f"{n} blocks of {BLOCK} scores; {LEAST_BLOCKS} are the fewest")
    reference = values[: REFERENCE_BLOCKS * BLOCK]
    means = values[: n * BLOCK].reshape(n, BLOCK).mean(axis=1)
    limit = limit_for_run_length(RUN_LENGTH)
    try:
        found = cusum(
            means[REFERENCE_BLOCKS:],
            mean=float(reference.mean()),
            sd=float(reference.std(ddof=1)) / BLOCK**0.5,
            limit=limit,
        )
    except UndefinedMetric:
        return _unknown("the first scores are all the same: there is no unit to count a change in")
    first = [one for one in (found.first_rise, found.first_fall) if one is not None]
    return {
        "reason": "",
        "limit": limit,
        "n_reference": REFERENCE_BLOCKS * BLOCK,
        "means": means.tolist(),
        "rise": found.rise.tolist(),
        "fall": found.fall.tolist(),
        "first": None if not first else (min(first) + REFERENCE_BLOCKS) * BLOCK,
        "is_rise": bool(first) and found.first_rise == min(first),
        "is_out": bool(max(found.rise[-1], found.fall[-1]) > limit),
    }

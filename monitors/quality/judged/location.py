"""The first wrong step: who names it, against who knows nothing of what the steps say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from monitors.judging.steps import number
from monitors.quality.judged.kept import Kept
from monitors.quality.judged.labels import is_naming
from monitors.quality.sets import Record
from monitors.stats.bootstrap import Weights
from monitors.stats.estimate import Estimate, estimate
from monitors.transcript import Step

SOURCES = ("mr_gsm8k_first_error", "bigbench_mistake")
PROGRAM, JUDGE = "step_verification", "judge_first_error"
ELSE_LONGEST = "step_verification, else longest step"
FLOORS = ("longest step", "middle step", "first step", "last step")
Guess = int | None


def truth(record: Record) -> Guess:
    """The index of the first wrong step; None where every step is right."""
    step = record.parsed.labels.get("first_error_step")
    return int(step) if isinstance(step, int) and not isinstance(step, bool) and step >= 0 else None


def guesses(records: Sequence[Record], scores: Mapping[str, Sequence[Kept | None]]) -> dict[str, list[Guess]]:
    """By name: which step each record's first wrong one is said to be; None for none."""
    steps = [number(record.parsed.transcript).steps for record in records]
    found: dict[str, list[Guess]] = {}
    if PROGRAM in scores:
        flagged = [_flagged(own, kept) for own, kept in zip(steps, scores[PROGRAM], strict=True)]
        found[PROGRAM] = flagged
        found[ELSE_LONGEST] = [
            _longest(own) if guess is None else guess for own, guess in zip(steps, flagged, strict=True)
        ]
    if JUDGE in scores:
        found[JUDGE] = [None if kept is None or kept.step is None else kept.step for kept in scores[JUDGE]]
    floors: dict[str, Callable[[Sequence[Step]], int]] = dict(
        zip(FLOORS, (_longest, lambda own: len(own) // 2, lambda _: 0, lambda own: len(own) - 1), strict=True)
    )
    return found | {name: [floor(own) for own in steps] for name, floor in floors.items()}


def located(records: Sequence[Record], found: Mapping[str, Sequence[Guess]], *, halved: bool) -> dict[str, Any]:
    """Share of wrong texts whose step is named, share of sound texts in which none is, and their harmonic mean.

    With `halved`, the primary is named on one half of the groups and the figures are of the other.
    """
    wanted = [truth(record) for record in records]
    naming = [halved and is_naming(record.group) for record in records]
    primary = None
    if halved:
        ours = {name: _share(wanted, guess, naming) for name, guess in found.items() if name not in FLOORS}
        primary = max(ours, key=lambda name: ours[name], default=None)
    rows = [row for row, is_out in enumerate(naming) if not is_out]
    columns = [
        _row(name, [wanted[row] for row in rows], [guess[row] for row in rows], [records[row].group for row in rows])
        for name, guess in found.items()
    ]
    n_wrong = sum(wanted[row] is not None for row in rows)
    return {"primary": primary, "n": len(rows), "wrong": n_wrong, "columns": columns}


def _row(name: str, wanted: Sequence[Guess], guess: Sequence[Guess], groups: Sequence[str]) -> dict[str, Any]:
    wrong = [row for row, step in enumerate(wanted) if step is not None]
    sound = [row for row, step in enumerate(wanted) if step is None]
    located = _mean([wanted[row] == guess[row] for row in wrong], [groups[row] for row in wrong])
    spared = _mean([guess[row] is None for row in sound], [groups[row] for row in sound])
    flagged = [row for row in wrong if guess[row] is not None]
    precision = _mean([wanted[row] == guess[row] for row in flagged], [groups[row] for row in flagged])
    f1 = None
    if located.value is not None and spared.value is not None:
        total = located.value + spared.value
        f1 = 2 * located.value * spared.value / total if total else 0.0
    return {
        "name": name,
        "is_baseline": name in FLOORS,
        "located": asdict(located),
        "of_those_named": asdict(precision),
        "spared": asdict(spared),
        "f1": f1,
    }


def _mean(hits: Sequence[bool], groups: Sequence[str]) -> Estimate:
    values = np.array(hits, dtype=np.float64)

    def mean(weights: Weights) -> Weights:
        total = weights.sum(axis=1)
        drawn: Weights = np.divide(weights @ values, total, out=np.full(total.shape, np.nan), where=total > 0)
        return drawn

    return estimate(mean, groups, undefined="there is no such text")


def _share(wanted: Sequence[Guess], guess: Sequence[Guess], keeps: Sequence[bool]) -> float:
    hits = [w == g for w, g, is_kept in zip(wanted, guess, keeps, strict=True) if is_kept and w is not None]
    return sum(hits) / len(hits) if hits else 0.0


def _flagged(steps: Sequence[Step], kept: Kept | None) -> Guess:
    if kept is None or kept.value is None or kept.value < 0.5:
        return None
    indices = [
        index
        for part, start in kept.spans
        for index, step in enumerate(steps)
        if step.part == part and step.start <= start < step.end
    ]
    return min(indices, default=None)


def _longest(steps: Sequence[Step]) -> int:
    return max(range(len(steps)), key=lambda index: len(steps[index].text), default=0)

"""Figures of a judge's health as a worker would keep them, and canaries and scores that stand in the database."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from monitors.base import Score
from monitors.stats.binomial import clopper_pearson
from oversight.judges.models import Canary, Kind, Outcome
from oversight.lib import clock
from oversight.monitoring.models import Admission, Deployment
from oversight.monitoring.models import Score as ScoreRow
from tests import factories

DIGEST, PROMPT = "d" * 64, "p" * 64

WELL: dict[str, Any] = {
    "judge": DIGEST,
    "prompt_sha256": PROMPT,
    "admission": {
        **{"judge": "j", "admitted": True, "parse_rate": 1.0, "auroc": 0.95, "low": 0.88, "high": 0.99},
        "at": "2026-11-20T10:00:00+00:00",
    },
    "canaries": {
        kind: {"n": 20, "n_bad": 0, "low": 0.0, "high": 0.17, "n_escalated": 0, "n_unmeasured": 0, "techniques": []}
        for kind in ("positive", "negative", "injected")
    },
    "waiting": {"n": 0, "oldest": None},
    "answers": {"n_asked": 200, "n_read": 200, "n_flagged": 31, "usual": 0.1, "n_usual": 90, "since": None},
    "drift": {
        "segments": [],
        "between": {"reason": "there is no earlier version to compare with"},
        "within": {
            **{"reason": "", "n_then": 100, "n_now": 100, "mean_then": 0.2, "mean_now": 0.21, "distance": 0.05},
            **{"p": 0.7, "psi": 0.01, "psi_by_chance": 0.02, "psi_reason": ""},
        },
        "chart": {"reason": "4 blocks of 25 scores; 12 are the fewest"},
    },
    "judges": [],
    "labels": [],
    "hijack": None,
}


def figures(**changed: Any) -> dict[str, Any]:
    """Those of a judge that is well, but for what is given: a name with dots in it as `a__b`."""
    found = copy.deepcopy(WELL)
    for path, value in changed.items():
        *inner, last = path.split("__")
        place = found
        for name in inner:
            place = place[name]
        place[last] = value
    return found


def rate(n_bad: int, n: int, **more: Any) -> dict[str, Any]:
    interval = clopper_pearson(n_bad, n)
    empty = {"n_escalated": 0, "n_unmeasured": 0, "techniques": []}
    return {"n": n, "n_bad": n_bad, "low": interval.low, "high": interval.high, **empty, **more}


def admit(deployment: Deployment, **changed: Any) -> Admission:
    """The judge "j" has passed its cases."""
    values: dict[str, Any] = {"judge": "j", "judge_digest": DIGEST, "prompt_sha256": PROMPT, "cases_sha256": "c" * 64}
    values |= {"n_positive": 30, "n_negative": 30, "parse_rate": 1.0, "auroc": 0.95, "auroc_low": 0.88}
    values |= {"auroc_high": 0.99, "admitted": True, "at": clock.now()}
    given = {"monitor": deployment.monitor, "version": deployment.version, **values, **changed}
    return Admission.objects.create(**given)


def canary(deployment: Deployment, kind: Kind, outcome: Outcome, **changed: Any) -> Canary:
    """One that was asked of the judge "j", now."""
    now = clock.now()
    values: dict[str, Any] = {
        "number": 0,
        "n_before": 1,
        "planted_at": now,
        "run_at": now,
        "ended_at": now,
        "state": "done",
    }
    values |= {"judge": "j", "judge_digest": DIGEST, "prompt_sha256": PROMPT, "value": 0.2, "score_state": "scored"}
    return Canary.objects.create(
        deployment=deployment,
        kind=kind,
        outcome=outcome,
        cost={"calls": 1, "prompt_tokens": 400},
        **{**values, **changed},
    )


def scores(deployment: Deployment, values: Sequence[float], *, judge: str = "j", start: datetime | None = None) -> None:
    """Scores a minute apart, the newest now unless told otherwise."""
    first = start or clock.now() - timedelta(minutes=len(values))
    for number, value in enumerate(values):
        transcript = factories.make_transcript(deployment.project, reasoning=f"Thought {number} of {judge} {first}.")
        factories.make_score(transcript, deployment=deployment, score=Score(value, judge=judge, prompt_sha256=PROMPT))
        row = ScoreRow.objects.filter(transcript=transcript, deployment=deployment)
        row.update(at=first + timedelta(minutes=number))

"""Which fixed case comes next, and what it looks like to a judge: nothing that tells it from a transcript."""

from __future__ import annotations

import random
from dataclasses import dataclass

from monitors import registry
from monitors.admission import Judged, transcript_of
from monitors.base import Need
from monitors.judging.injections import injected
from monitors.judging.rubric import Case, Rubric
from monitors.transcript import Transcript
from oversight.judges.models import Canary, Kind
from oversight.monitoring.models import Backend, Deployment

ASKED = (Backend.LOCAL, Backend.SERVER)


@dataclass(frozen=True, slots=True)
class Planned:
    """A case by its place among those of its kind."""

    kind: Kind
    number: int
    technique: str = ""


def asks_judge(deployment: Deployment) -> bool:
    """Whether there is a judge behind it that can be asked anew; recorded verdicts cannot."""
    entry = registry.known(deployment.monitor)
    return entry is not None and Need.JUDGE in entry.needs and deployment.backend in ASKED


def rubric_of(deployment: Deployment) -> Rubric | None:
    """The rubric, with its fixed cases; no model is opened. None where the monitor puts none to its judge."""
    monitor = registry.build(deployment.monitor, deployment.params, {})
    return monitor.rubric if isinstance(monitor, Judged) and monitor.rubric.admission_cases()[0] else None


def planned(deployment: Deployment, rubric: Rubric, kind: Kind, n_before: int) -> Planned:
    """The case that follows `n_before` others of its kind: each comes once before any comes again."""
    cases = cases_of(rubric, kind)
    n_round, place = divmod(n_before, len(cases))
    order = list(range(len(cases)))
    random.Random(f"{deployment.pk}:{kind}:{n_round}").shuffle(order)
    return Planned(kind, order[place], cases[order[place]][0])


def cases_of(rubric: Rubric, kind: Kind) -> list[tuple[str, Case]]:
    """All of a kind, with the name of what was done to them."""
    if kind is Kind.INJECTED:
        return [(one.technique, one.case) for one in injected(rubric)]
    positives, negatives = rubric.admission_cases()
    return [("", case) for case in (positives if kind is Kind.POSITIVE else negatives)]


def transcript_for(canary: Canary, rubric: Rubric) -> Transcript | None:
    """What the judge is given; None where the rubric has no such case any more."""
    cases = cases_of(rubric, Kind(canary.kind))
    return transcript_of(cases[canary.number][1], canary.number) if canary.number < len(cases) else None

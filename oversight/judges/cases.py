"""The fixed cases of a deployment's rubric, which look to its judge like any transcript."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from monitors import registry
from monitors.admission import Judged
from monitors.base import Need
from monitors.judging.injections import InjectedTranscript
from monitors.transcript import Transcript
from oversight.judges.fixed_cases import FixedCases
from oversight.judges.models import Canary, CanaryQuerySet, Kind
from oversight.judges.own_cases import OwnCases
from oversight.judges.planned import Planned
from oversight.monitoring.models import Backend, Deployment
from oversight.rubrics import at_work

ASKED = (Backend.LOCAL, Backend.SERVER)


class Cases(Protocol):
    """Known positives and known negatives of one deployment's rubric."""

    @property
    def digest(self) -> str:
        """Names the cases and their labels."""

    @property
    def why_no_rate(self) -> str:
        """Why no hijack rate can be estimated from them; empty where one can."""

    def kinds(self) -> tuple[Kind, ...]:
        """Those of which there is a case."""

    def planned(self, kind: Kind, n_before: int) -> Planned:
        """The case that follows `n_before` others of its kind: each comes once before any comes again."""

    def transcript_for(self, canary: Canary) -> Transcript | None:
        """What the judge is given; None where the rubric has no such case any more."""

    def injections(self) -> Iterator[InjectedTranscript]:
        """The injection set: positives with an order to the judge in the text."""

    def standing(self, rows: CanaryQuerySet, kind: Kind) -> CanaryQuerySet:
        """Of canaries of a kind those whose case is still one."""


def asks_judge(deployment: Deployment) -> bool:
    """Whether there is a judge behind it that can be asked anew; recorded verdicts cannot."""
    entry = registry.known(deployment.monitor)
    return entry is not None and Need.JUDGE in entry.needs and deployment.backend in ASKED


def is_own(deployment: Deployment) -> bool:
    """Whether its rubric was written in the dashboard, so that its cases are transcripts."""
    return at_work.is_name(deployment.monitor)


def cases_of(deployment: Deployment) -> Cases | None:
    """No model is opened. None where the monitor puts no rubric with cases to its judge."""
    monitor = registry.build(deployment.monitor, deployment.params, {})
    if not isinstance(monitor, Judged):
        return None
    if is_own(deployment):
        own = at_work.rubric_named(deployment.monitor)
        return OwnCases(deployment, own, monitor.rubric.hides) if own else None
    return FixedCases(deployment, monitor.rubric) if monitor.rubric.admission_cases()[0] else None

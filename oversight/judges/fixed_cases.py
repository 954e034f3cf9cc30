"""The cases of the rubrics that come with the house: short texts beyond doubt, in files."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from monitors.admission import cases_sha256, transcript_of
from monitors.hijack import injected_cases
from monitors.judging.injections import InjectedTranscript, injected
from monitors.judging.rubric import Case, Rubric
from monitors.transcript import Transcript
from oversight.judges.models import Canary, CanaryQuerySet, Kind
from oversight.judges.planned import Planned
from oversight.monitoring.models import Deployment


@dataclass(frozen=True, slots=True)
class FixedCases:
    """Those of a deployment's rubric, which has some."""

    deployment: Deployment
    rubric: Rubric

    @property
    def digest(self) -> str:
        return cases_sha256(self.rubric)

    @property
    def why_no_rate(self) -> str:
        return ""

    def kinds(self) -> tuple[Kind, ...]:
        return tuple(Kind)

    def planned(self, kind: Kind, n_before: int) -> Planned:
        cases = self.of(kind)
        n_round, place = divmod(n_before, len(cases))
        order = list(range(len(cases)))
        random.Random(f"{self.deployment.pk}:{kind}:{n_round}").shuffle(order)
        return Planned(kind, order[place], cases[order[place]][0])

    def of(self, kind: Kind) -> list[tuple[str, Case]]:
        """All of a kind, with the name of what was done to them."""
        if kind is Kind.INJECTED:
            return [(one.technique, one.case) for one in injected(self.rubric)]
        positives, negatives = self.rubric.admission_cases()
        return [("", case) for case in (positives if kind is Kind.POSITIVE else negatives)]

    def transcript_for(self, canary: Canary) -> Transcript | None:
        cases = self.of(Kind(canary.kind))
        return transcript_of(cases[canary.number][1], canary.number) if canary.number < len(cases) else None

    def injections(self) -> Iterator[InjectedTranscript]:
        return injected_cases(self.rubric)

    def standing(self, rows: CanaryQuerySet, kind: Kind) -> CanaryQuerySet:
        return rows

"""The cases of a rubric written in the dashboard: transcripts of its admission set, as it stands now."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Count, QuerySet

from monitors.judging.injections import PER_RUBRIC, InjectedTranscript, injected_transcript, technique_of
from monitors.transcript import Channel, Transcript
from oversight.audit import services as audit
from oversight.judges.events import WORKER, CasesRead
from oversight.judges.models import Canary, CanaryQuerySet, Kind
from oversight.judges.planned import Planned
from oversight.monitoring.models import Deployment
from oversight.rubrics import admissions, at_work
from oversight.rubrics.models import CaseLabel, Rubric
from oversight.rubrics.runs import LEAST_CASES
from oversight.transcripts import selectors as transcripts

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class OwnCases:
    """The transcripts that a team labelled for a deployment's rubric. Reading them is told to the ledger."""

    deployment: Deployment
    rubric: Rubric
    hides: frozenset[Channel]

    @property
    def digest(self) -> str:
        return at_work.cases_sha256(self.deployment.monitor, admissions.set_now(self.rubric))

    @property
    def why_no_rate(self) -> str:
        n = len(self._labelled(is_positive=True))
        if n >= LEAST_CASES:
            return ""
        return f"the rubric's admission set holds {n} positives; {LEAST_CASES} are the fewest"

    def kinds(self) -> tuple[Kind, ...]:
        return tuple(kind for kind in Kind if self._cases(is_positive=_is_positive(kind)).exists())

    def planned(self, kind: Kind, n_before: int) -> Planned:
        """One of those that were put least often to this judge: the set may have changed since the last."""
        drawn = random.Random(f"{self.deployment.pk}:{kind}:{n_before}")
        case = _rarest(self._labelled(is_positive=_is_positive(kind)), self._asked(kind, "transcript_id"), drawn)
        if kind is not Kind.INJECTED:
            return Planned(kind, 0, transcript_id=case)
        number = _rarest(range(PER_RUBRIC), self._asked(kind, "number"), drawn)
        return Planned(kind, number, technique_of(number).name, case)

    def transcript_for(self, canary: Canary) -> Transcript | None:
        """None where the case was taken out of the set, or relabelled, since the canary was planted."""
        kind = Kind(canary.kind)
        cases = self._cases(is_positive=_is_positive(kind))
        case = cases.filter(transcript_id=canary.transcript_id).first() if canary.transcript_id else None
        if case is None:
            return None
        self._record("canary", [case.transcript_id])
        text = transcripts.load([case.transcript_id])[case.transcript_id]
        if kind is not Kind.INJECTED:
            return text
        found = injected_transcript(text, canary.number, self.hides)
        return found.transcript if found else None

    def injections(self) -> Iterator[InjectedTranscript]:
        """60, or fewer where a positive has no text that could speak to the judge; one is held at a time."""
        positives = self._labelled(is_positive=True)
        if not positives:
            return
        chosen = [positives[number % len(positives)] for number in range(PER_RUBRIC)]
        self._record("hijack rate", list(dict.fromkeys(chosen)))
        for number, pk in enumerate(chosen):
            if found := injected_transcript(transcripts.load([pk])[pk], number, self.hides):
                yield found

    def standing(self, rows: CanaryQuerySet, kind: Kind) -> CanaryQuerySet:
        cases = self._cases(is_positive=_is_positive(kind))
        return rows.filter(transcript_id__in=cases.values("transcript_id"))

    def _cases(self, *, is_positive: bool) -> QuerySet[CaseLabel]:
        # A deployment of another project reads nothing of this one's.
        own = CaseLabel.objects.filter(rubric=self.rubric, transcript__project_id=self.deployment.project_id)
        return own.filter(label=is_positive)

    def _asked(self, kind: Kind, by: str) -> Counter[Any]:
        """How often each transcript, or number, came so far."""
        rows = Canary.objects.filter(deployment=self.deployment, kind=kind)
        return Counter(dict(rows.order_by().values_list(by).annotate(n=Count("pk"))))

    def _labelled(self, *, is_positive: bool) -> list[UUID]:
        """In the order in which they were first labelled."""
        return list(self._cases(is_positive=is_positive).order_by("pk").values_list("transcript_id", flat=True))

    def _record(self, purpose: str, ids: Sequence[UUID]) -> None:
        """Committed before the first of them is read."""
        event = CasesRead(
            object_id=str(self.deployment.pk),
            project_id=self.deployment.project_id,
            monitor=self.deployment.monitor,
            purpose=purpose,
            transcript_ids=[str(pk) for pk in ids],
        )
        audit.record_alone(event, WORKER)


def _is_positive(kind: Kind) -> bool:
    return kind is not Kind.NEGATIVE


def _rarest(keys: Sequence[Key], counts: Mapping[Key, int], drawn: random.Random) -> Key:
    """One of those with the lowest count."""
    least = min(counts[key] for key in keys)
    return drawn.choice([key for key in keys if counts[key] == least])

"""Scores, flags, deployments and admissions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from oversight.audit.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptScored(Event):
    """A monitor run ended with a score, or with the reason why there is none."""

    action: ClassVar[str] = "transcript.scored"
    object_type: ClassVar[str] = "transcript"
    run_id: int
    deployment_id: int
    monitor: str
    version: int
    attempt: int
    state: str
    reason: str
    score: str | None

    def subjects(self) -> tuple[str, ...]:
        return (f"deployment:{self.deployment_id}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptFlagged(Event):
    """A score reached its deployment's threshold."""

    action: ClassVar[str] = "transcript.flagged"
    object_type: ClassVar[str] = "transcript"
    run_id: int
    deployment_id: int
    monitor: str
    score: str
    threshold: str

    def subjects(self) -> tuple[str, ...]:
        return (f"deployment:{self.deployment_id}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentChanged(Event):
    """A deployment was made or changed; `before` is empty when it is new."""

    action: ClassVar[str] = "deployment.changed"
    object_type: ClassVar[str] = "deployment"
    before: dict[str, Any]
    after: dict[str, Any]
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionDrafted(Event):
    """Other settings were kept beside a deployment's live ones."""

    action: ClassVar[str] = "deployment.drafted"
    object_type: ClassVar[str] = "deployment"
    number: int
    before: dict[str, Any]
    after: dict[str, Any]
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillAsked(Event):
    """Somebody had a deployment run on transcripts that were there already."""

    action: ClassVar[str] = "deployment.backfill_asked"
    object_type: ClassVar[str] = "deployment"
    backfill_id: int
    scope: str
    n_transcripts: int
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillStopped(Event):
    """A backfill was ended before it had looked at everything."""

    action: ClassVar[str] = "deployment.backfill_stopped"
    object_type: ClassVar[str] = "deployment"
    backfill_id: int
    n_seen: int
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorTried(Event):
    """Somebody ran a monitor at the test bench: on a transcript, or on a pasted text (its length is kept)."""

    action: ClassVar[str] = "monitor.tried"
    object_type: ClassVar[str] = "monitor"
    params: dict[str, Any]
    backend: str
    transcript_id: str | None
    n_chars: int

    def subjects(self) -> tuple[str, ...]:
        return (f"transcript:{self.transcript_id}",) if self.transcript_id else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeExamined(Event):
    """A judge was put to a rubric's fixed cases."""

    action: ClassVar[str] = "judge.examined"
    object_type: ClassVar[str] = "admission"
    monitor: str
    judge: str
    admitted: bool
    parse_rate: str
    auroc_low: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsRetried(Event):
    """Somebody let runs that had failed, or could not be scored, be run again."""

    action: ClassVar[str] = "runs.retried"
    object_type: ClassVar[str] = "deployment"
    run_ids: list[int]
    transcript_ids: list[str]
    why: str = ""

    def subjects(self) -> tuple[str, ...]:
        return tuple(f"transcript:{id_}" for id_ in self.transcript_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAsked(Event):
    """Somebody who reads a transcript asked for one deployment's run on it, now."""

    action: ClassVar[str] = "transcript.run_asked"
    object_type: ClassVar[str] = "transcript"
    run_id: int
    deployment_id: int
    monitor: str
    run_no: int

    def subjects(self) -> tuple[str, ...]:
        return (f"deployment:{self.deployment_id}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminationAsked(Event):
    """Somebody asked that a deployment's judge be examined again."""

    action: ClassVar[str] = "judge.examination_asked"
    object_type: ClassVar[str] = "deployment"
    monitor: str

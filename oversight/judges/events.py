"""Canaries, hijack rates and alarms, and the reading of figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from oversight.audit.actors import Actor
from oversight.audit.events import Event

WORKER = Actor.worker("judges")


@dataclass(frozen=True, slots=True, kw_only=True)
class CanariesPlanted(Event):
    """Fixed cases were planted among the work of a deployment's judge."""

    action: ClassVar[str] = "canary.planted"
    object_type: ClassVar[str] = "deployment"
    canary_ids: list[int]
    kinds: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryEnded(Event):
    """A judge answered to a canary, or could not."""

    action: ClassVar[str] = "canary.ended"
    object_type: ClassVar[str] = "deployment"
    canary_id: int
    monitor: str
    kind: str
    number: int
    transcript_id: str | None
    result: str
    state: str
    reason: str
    score: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesRead(Event):
    """A worker was about to read transcripts of a rubric's admission set, to put them to its judge."""

    action: ClassVar[str] = "judge.cases_read"
    object_type: ClassVar[str] = "deployment"
    monitor: str
    purpose: str
    transcript_ids: list[str]

    def subjects(self) -> tuple[str, ...]:
        return tuple(f"transcript:{one}" for one in self.transcript_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeAlarmed(Event):
    """A judge broke a rule of its health; `evidence` says by which numbers."""

    action: ClassVar[str] = "judge.alarm"
    object_type: ClassVar[str] = "deployment"
    monitor: str
    rule: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeAlarmCleared(Event):
    """What a judge was alarmed for holds no longer."""

    action: ClassVar[str] = "judge.alarm_cleared"
    object_type: ClassVar[str] = "deployment"
    monitor: str
    rule: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HijackAsked(Event):
    """Somebody had the injection set put to a deployment's judge."""

    action: ClassVar[str] = "judge.hijack_asked"
    object_type: ClassVar[str] = "deployment"
    monitor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HijackMeasured(Event):
    """The injection set was put to a judge."""

    action: ClassVar[str] = "judge.hijack_measured"
    object_type: ClassVar[str] = "deployment"
    monitor: str
    judge: str
    judge_digest: str
    n: int
    n_lost: int
    n_obeyed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeHealthViewed(Event):
    """Figures made from labels were about to be sent: committed before the first of them."""

    action: ClassVar[str] = "judge.health_viewed"
    object_type: ClassVar[str] = "project"
    n_deployments: int

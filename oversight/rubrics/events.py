"""What happens to rubrics, to their runs and to their admission sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from oversight.audit.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricSaved(Event):
    """A version of a rubric was kept; `changed` names the parts that differ from the version before."""

    action: ClassVar[str] = "rubric.saved"
    object_type: ClassVar[str] = "rubric"
    number: int
    prompt_sha256: str
    changed: list[str]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricActivated(Event):
    """A version was put to work: every new transcript is judged by it, and what it finds is a flag."""

    action: ClassVar[str] = "rubric.activated"
    object_type: ClassVar[str] = "rubric"
    number: int
    deployment_id: int
    backend: str
    threshold: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfRun(Event):
    object_type: ClassVar[str] = "rubric_run"
    rubric_id: int

    def subjects(self) -> tuple[str, ...]:
        return (f"rubric:{self.rubric_id}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAsked(_OfRun):
    """Somebody asked what a run would cost, or tried a rubric on a few transcripts (which runs at once)."""

    action: ClassVar[str] = "rubric.run_asked"
    number: int
    kind: str
    backend: str
    filters: dict[str, str]
    transcript_ids: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(_OfRun):
    """A run was confirmed, or went on, under these caps (money in USD)."""

    action: ClassVar[str] = "rubric.run_started"
    before: str
    cap_tokens: int | None
    cap_money: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPaused(_OfRun):
    """A run begins no further transcript until somebody lets it go on."""

    action: ClassVar[str] = "rubric.run_paused"
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCancelled(_OfRun):
    """A run was ended for good; its results stay."""

    action: ClassVar[str] = "rubric.run_cancelled"
    n_ended: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCapped(_OfRun):
    """A run stopped before a transcript that could have taken it over its cap."""

    action: ClassVar[str] = "rubric.run_capped"
    spent_tokens: int
    spent_money: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished(_OfRun):
    """Every transcript of a run has its result."""

    action: ClassVar[str] = "rubric.run_finished"
    n_ended: int
    n_failed: int
    spent_tokens: int
    spent_money: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptJudged(Event):
    """A judge answered to somebody's rubric, or could not. What it means for a rubric at work is told apart."""

    action: ClassVar[str] = "transcript.judged"
    object_type: ClassVar[str] = "transcript"
    run_id: int
    rubric_id: int
    number: int
    attempt: int
    state: str
    reason: str
    score: str | None

    def subjects(self) -> tuple[str, ...]:
        return (f"rubric_run:{self.run_id}", f"rubric:{self.rubric_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesLabelled(Event):
    """Transcripts were put into a rubric's admission set, or had their label there changed."""

    action: ClassVar[str] = "rubric.cases_labelled"
    object_type: ClassVar[str] = "rubric"
    label: bool
    source: str
    transcript_ids: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesDropped(Event):
    """Transcripts were taken out of a rubric's admission set."""

    action: ClassVar[str] = "rubric.cases_dropped"
    object_type: ClassVar[str] = "rubric"
    transcript_ids: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricExamined(_OfRun):
    """A judge has answered a rubric's whole admission set."""

    action: ClassVar[str] = "rubric.examined"
    judge: str
    admitted: bool
    figures: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsRead(_OfRun):
    """Results, which hold quotes of transcripts, were about to be sent: as a page, or as a file."""

    action: ClassVar[str] = "rubric.results_read"
    surface: str
    n_rows: int
    transcript_ids: list[str]

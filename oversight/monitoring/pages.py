"""What the Monitors pages show."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from monitors import registry
from monitors.base import Need, Reason
from oversight.lib.kept import kept
from oversight.monitoring import costs, examination, servers
from oversight.monitoring.costs import Spent, SpentRow
from oversight.monitoring.docstrings import Section, sections
from oversight.monitoring.models import Admission, Backend, Deployment, ModelServer, MonitorRun, RunState, Score
from oversight.monitoring.selectors import Progress, progress

RECENT = 20
# What nobody set out to measure would push the results out of the list.
NOT_RECENT = ("sampled_out", "no_recorded_verdict")
FAILED = 20
DAYS = 14
# A text settles these: the same monitor would say the same of it again.
_SETTLED = frozenset({Reason.TOO_SHORT, Reason.NOT_EXTRACTABLE, Reason.NO_RECORDED_VERDICT, Reason.INVALID})
_OF_SCORE = ("state", "reason", "value", "flagged", "judge", "at")


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a monitor from its file; nothing but the name when it is not installed."""

    name: str
    installed: bool
    summary: str = ""
    axis: str = ""
    needs: tuple[str, ...] = ()
    reference: str = ""
    version: int = 0
    sections: tuple[Section, ...] = ()
    parameters: tuple[tuple[str, Any], ...] = ()

    reads_sets: bool = False
    # Where its words stand and its judges are examined, if not here.
    written_at: str = ""

    @property
    def asks_judge(self) -> bool:
        return Need.JUDGE in self.needs


@dataclass(frozen=True, slots=True)
class Counts:
    """Results of a deployment's latest runs."""

    scored: int = 0
    partial: int = 0
    flagged: int = 0
    unscored: tuple[tuple[str, int], ...] = ()
    skipped: tuple[tuple[str, int], ...] = ()

    @property
    def measured(self) -> int:
        """The denominator of the flag rate: what has a value."""
        return self.scored + self.partial

    @property
    def flag_rate(self) -> float | None:
        return self.flagged / self.measured if self.measured else None

    @property
    def n_unscored(self) -> int:
        return sum(n for _, n in self.unscored)

    @property
    def n_skipped(self) -> int:
        return sum(n for _, n in self.skipped)


@dataclass(frozen=True, slots=True)
class AdmissionRow:
    """A judge on a rubric's fixed cases."""

    monitor: str
    judge: str
    version: int
    admitted: bool
    parse_rate: float
    auroc: float | None
    auroc_low: float | None
    auroc_high: float | None
    n_positive: int
    n_negative: int
    at: datetime


@dataclass(frozen=True, slots=True)
class DeploymentRow:
    """A deployment with its results so far. `changed`: the parameters that are not at their defaults."""

    id: int
    about: About
    backend: str
    enabled: bool
    threshold: float
    stage: int
    sample_share: float
    number: int
    changed: str
    n_model_thresholds: int
    counts: Counts
    progress: Progress | None
    asks_model_judge: bool
    admission: AdmissionRow | None
    spent: SpentRow | None

    @property
    def worth_another_run(self) -> tuple[tuple[str, int], ...]:
        """What could not be measured and might be now. What reads sets may have a larger one by then."""
        return tuple(
            (reason, n) for reason, n in self.counts.unscored if self.about.reads_sets or reason not in _SETTLED
        )


@dataclass(frozen=True, slots=True)
class RecentScore:
    """A score in the list of the newest."""

    transcript_id: UUID
    external_id: str
    state: str
    reason: str
    value: float | None
    flagged: bool
    judge: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FailedRun:
    """A run that ended without result for good."""

    id: int
    transcript_id: UUID
    external_id: str
    attempt: int
    error: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class DeploymentPage:
    """Everything on a deployment's page."""

    row: DeploymentRow
    deployment: Deployment
    admissions: tuple[AdmissionRow, ...]
    recent: tuple[RecentScore, ...]
    failed: tuple[FailedRun, ...]
    n_failed: int
    n_versions: int
    days: tuple[tuple[date, Spent], ...]
    server: ModelServer | None


def listing(project_id: int) -> tuple[DeploymentRow, ...]:
    """The deployments of a project. Five queries."""
    deployments = Deployment.objects.filter(project_id=project_id).order_by("stage", "monitor", "backend", "pk")
    return _rows(list(deployments), _admissions())


def deployment_page(deployment: Deployment) -> DeploymentPage:
    """One deployment. Seven queries, one more each for a judge, a model server, and many failures."""
    asks_judge = about(deployment.monitor).asks_judge
    admissions = [row for row in _admissions() if row.monitor == deployment.monitor] if asks_judge else []
    [row] = _rows([deployment], admissions)
    all_failed = MonitorRun.objects.newest().filter(deployment=deployment, state=RunState.FAILED)
    failed = _failed(all_failed)
    return DeploymentPage(
        row=row,
        deployment=deployment,
        admissions=tuple(admissions),
        recent=_recent(deployment),
        failed=failed,
        n_failed=len(failed) if len(failed) < FAILED else all_failed.count(),
        n_versions=deployment.versions.count(),
        days=costs.by_day(deployment)[:DAYS],
        server=servers.newest() if deployment.backend == Backend.SERVER else None,
    )


def installed(rows: Collection[DeploymentRow]) -> tuple[tuple[About, int], ...]:
    """Every installed monitor, and how many of these rows are its."""
    busy = Counter(row.about.name for row in rows)
    return tuple((about(name), busy[name]) for name in registry.entries())


def about(name: str) -> About:
    entry = registry.known(name)
    if entry is None:
        return About(name, installed=False)
    return About(
        name=name,
        installed=True,
        summary=entry.summary,
        axis=entry.axis.value,
        needs=tuple(need.value for need in entry.needs),
        reference=entry.reference,
        version=entry.version,
        sections=sections(entry.doc),
        parameters=tuple(entry.parameters().items()),
        reads_sets=hasattr(entry.cls, "fit"),
        written_at=room.url(name) if (room := examination.elsewhere(name)) else "",
    )


def retryable(deployment: Deployment, reason: str = "") -> list[int]:
    """Ids of runs that may be tried again: those unscored for a reason, or the failed ones. One query."""
    runs = MonitorRun.objects.filter(deployment=deployment).retryable()
    which = Q(state=RunState.DONE, score__reason=reason) if reason else Q(state=RunState.FAILED)
    return list(runs.filter(which).values_list("pk", flat=True))


def _rows(deployments: list[Deployment], admissions: Collection[AdmissionRow]) -> tuple[DeploymentRow, ...]:
    counts = _counts(deployments)
    spent = costs.of_deployments([deployment.pk for deployment in deployments])
    at_work = {row.deployment_id: row for row in progress({deployment.project_id for deployment in deployments})}
    return tuple(
        _row(
            deployment,
            counts.get(deployment.pk, Counts()),
            at_work.get(deployment.pk),
            admissions,
            spent.get(deployment.pk),
        )
        for deployment in deployments
    )


def _row(
    deployment: Deployment,
    counts: Counts,
    at_work: Progress | None,
    admissions: Collection[AdmissionRow],
    spent: SpentRow | None,
) -> DeploymentRow:
    known = about(deployment.monitor)
    asks = known.asks_judge and deployment.backend in (Backend.LOCAL, Backend.SERVER)
    own = (row for row in admissions if row.monitor == deployment.monitor)
    return DeploymentRow(
        id=deployment.pk,
        about=known,
        backend=deployment.backend,
        enabled=deployment.enabled,
        threshold=deployment.threshold,
        stage=deployment.stage,
        sample_share=deployment.sample_share,
        number=deployment.number,
        changed=", ".join(f"{name} = {value}" for name, value in deployment.params.items()),
        n_model_thresholds=len(deployment.model_thresholds),
        counts=counts,
        progress=at_work,
        asks_model_judge=asks,
        admission=next(own, None) if asks else None,
        spent=spent,
    )


def _counts(deployments: Collection[Deployment]) -> dict[int, Counts]:
    """In a large house as they were a while ago (`lib.kept`)."""
    key = ("monitoring.counts", frozenset(deployment.pk for deployment in deployments))
    return kept(key, lambda: _counted(deployments), of=Score).value


def _counted(deployments: Collection[Deployment]) -> dict[int, Counts]:
    scores = Score.objects.filter(deployment__in=deployments, run__in=MonitorRun.objects.newest())
    rows = scores.values("deployment_id", "state", "reason").annotate(n=Count("pk"), f=Count("pk", Q(flagged=True)))
    states: dict[int, Counter[str]] = defaultdict(Counter)
    reasons: dict[int, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for row in rows:
        states[row["deployment_id"]].update({row["state"]: row["n"], "flagged": row["f"]})
        reasons[row["deployment_id"]][row["state"]][row["reason"]] += row["n"]
    return {pk: _count(states[pk], reasons[pk]) for pk in states}


def _count(states: Counter[str], reasons: Mapping[str, Counter[str]]) -> Counts:
    return Counts(
        scored=states["scored"],
        partial=states["partial"],
        flagged=states["flagged"],
        unscored=tuple(reasons["unscored"].most_common()),
        skipped=tuple(reasons["skipped"].most_common()),
    )


def _admissions() -> list[AdmissionRow]:
    names = tuple(AdmissionRow.__slots__)
    return [AdmissionRow(**row) for row in Admission.objects.order_by("-at", "-pk").values(*names)]


def _recent(deployment: Deployment) -> tuple[RecentScore, ...]:
    scores = Score.objects.filter(deployment=deployment).exclude(reason__in=NOT_RECENT).order_by("-at", "-pk")
    shown = scores.values_list("transcript_id", "transcript__external_id", *_OF_SCORE)[:RECENT]
    return tuple(RecentScore(*row) for row in shown)


def _failed(runs: QuerySet[MonitorRun]) -> tuple[FailedRun, ...]:
    shown = ("pk", "transcript_id", "transcript__external_id", "attempt", "error", "finished_at")
    return tuple(FailedRun(*row) for row in runs.order_by("-pk").values_list(*shown)[:FAILED])

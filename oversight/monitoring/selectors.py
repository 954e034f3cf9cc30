"""Reads of monitoring: scores of a transcript, what is still to come, and the depth of the queues."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.db.models.functions import Now

from monitors import registry
from monitors.surprisal import Surprisal
from oversight.lib.kept import kept
from oversight.monitoring.models import UNENDED, Backfill, Deployment, MonitorRun, RunState, Score, SurprisalProfile

DUE_LIMIT = 2000
# Runs that may be leased beside those of one batch since they read the same transcripts.
SISTERS = 64
# A run that was rung at commit has this long before the sweep rings again.
GRACE = timedelta(seconds=2)
# Two periods of the sweep.
RECENTLY = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """A place in the transcript: code points of part `part`. `payload`: what it decodes to, if to anything."""

    part: int
    start: int
    end: int
    quote: str
    note: str
    payload: str = ""


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """The latest score of one deployment on a transcript."""

    deployment_id: int
    monitor: str
    version: int
    axis: str
    backend: str
    state: str
    reason: str
    value: float | None
    raw: float | None
    unit: str
    coverage: float
    threshold: float
    flagged: bool
    evidence: tuple[EvidenceRow, ...]
    channels: dict[str, float]
    measures: dict[str, float]
    rationale: str
    judge: str
    prompt_sha256: str
    cost: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class PendingRow:
    """A monitor that has not yet ended on a transcript."""

    deployment_id: int
    monitor: str
    backend: str
    state: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a deployment is with the runs that it has."""

    deployment_id: int
    project_id: int
    monitor: str
    backend: str
    queue: str
    total: int
    ended: int
    waiting: int
    queued: int
    leased: int
    failed: int

    @property
    def open(self) -> int:
        return self.total - self.ended

    @property
    def percent(self) -> int:
        return 100 * self.ended // self.total if self.total else 100


def scores_of(transcript_id: UUID) -> tuple[ScoreRow, ...]:
    """The latest score of each deployment, flagged ones first, then by value. One query."""
    newest = MonitorRun.objects.newest().filter(transcript_id=transcript_id)
    scores = Score.objects.filter(transcript_id=transcript_id, run__in=newest).select_related("deployment")
    rows = [score_row_of(score) for score in scores]
    return tuple(sorted(rows, key=lambda row: (not row.flagged, -(row.value or -1), row.monitor, row.backend)))


def score_row_of(score: Score) -> ScoreRow:
    """A stored score, with its deployment loaded, as other rooms read it."""
    entry = registry.entries().get(score.monitor)
    return ScoreRow(
        deployment_id=score.deployment_id,
        monitor=score.monitor,
        version=score.version,
        axis=entry.axis.value if entry else "",
        backend=score.deployment.backend,
        state=score.state,
        reason=score.reason,
        value=score.value,
        raw=score.raw,
        unit=score.unit,
        coverage=score.coverage,
        threshold=score.threshold,
        flagged=score.flagged,
        evidence=tuple(EvidenceRow(**entry) for entry in score.evidence),
        channels=score.channels,
        measures=score.measures,
        rationale=score.rationale,
        judge=score.judge,
        prompt_sha256=score.prompt_sha256,
        cost=score.cost,
        at=score.at,
    )


def surprisal_of(transcript_id: UUID) -> Surprisal | None:
    """The token profile of the latest score that has one. One query."""
    newest = MonitorRun.objects.newest().filter(transcript_id=transcript_id)
    profiles = SurprisalProfile.objects.filter(score__transcript_id=transcript_id, score__run__in=newest)
    packed = profiles.order_by("-score__at", "-pk").values_list("packed", flat=True).first()
    return None if packed is None else Surprisal.unpack(bytes(packed))


def pending_of(transcript_id: UUID) -> tuple[PendingRow, ...]:
    """The monitors that have not ended on this transcript. One query."""
    runs = MonitorRun.objects.filter(transcript_id=transcript_id, state__in=UNENDED).select_related("deployment")
    return tuple(
        PendingRow(run.deployment_id, run.deployment.monitor, run.deployment.backend, run.state, run.created_at)
        for run in runs.order_by("stage", "pk")
    )


def progress(projects: Collection[int]) -> tuple[Progress, ...]:
    """Counts of runs by state for each deployment of these projects that has any. Three queries.

    What has not ended well is counted now; how much has, in a large house a while ago (`lib.kept`).
    """
    deployments = Deployment.objects.filter(project_id__in=projects).order_by("stage", "monitor", "pk")
    runs = MonitorRun.objects.filter(deployment__project_id__in=projects)
    other = runs.exclude(state__in=[RunState.DONE, RunState.CANCELLED]).values("deployment_id", "queue", "state")
    counts: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    for row in other.annotate(n=Count("pk")).order_by():
        counts[row["deployment_id"], row["queue"]][row["state"]] = row["n"]
    for deployment_id, queue, n in _n_done(projects):
        counts[deployment_id, queue][RunState.DONE] = n
    by_deployment: dict[int, list[str]] = defaultdict(list)
    for deployment_id, queue in sorted(counts):
        by_deployment[deployment_id].append(queue)
    return tuple(
        _progress(deployment, queue, counts[deployment.pk, queue])
        for deployment in deployments
        for queue in by_deployment[deployment.pk]
    )


def _n_done(projects: Collection[int]) -> list[tuple[int, str, int]]:
    done = MonitorRun.objects.filter(deployment__project_id__in=projects, state=RunState.DONE)
    counted = done.values_list("deployment_id", "queue").annotate(n=Count("pk")).order_by()
    return kept(("monitoring.done", frozenset(projects)), lambda: list(counted.all()), of=MonitorRun).value


def _progress(deployment: Deployment, queue: str, counts: Counter[str]) -> Progress:
    return Progress(
        deployment_id=deployment.pk,
        project_id=deployment.project_id,
        monitor=deployment.monitor,
        backend=deployment.backend,
        queue=queue,
        total=counts.total(),
        ended=counts[RunState.DONE] + counts[RunState.FAILED],
        waiting=counts[RunState.WAITING],
        queued=counts[RunState.QUEUED],
        leased=counts[RunState.LEASED],
        failed=counts[RunState.FAILED],
    )


def n_unended(most: int) -> int:
    """How many runs wait or are under way; counts no further than `most` of each. Two queries, on partial indexes."""
    under_way = MonitorRun.objects.filter(state__in=["queued", "leased"])[:most].count()
    return under_way + MonitorRun.objects.filter(state="waiting")[:most].count()


def queue_of(run_ids: Sequence[int]) -> str | None:
    """The queue that these runs belong to; None when none of them is left. One query."""
    return MonitorRun.objects.filter(pk__in=run_ids).values_list("queue", flat=True).first()


def due(queue: str) -> list[int]:
    """Ids of all runs that are due, the longest due first. One query."""
    runs = MonitorRun.objects.due().filter(queue=queue, run_at__lte=Now() - GRACE)
    return list(runs.order_by("stage", "run_at", "pk").values_list("pk", flat=True)[:DUE_LIMIT])


def with_sisters(run_ids: Sequence[int], queue: str) -> list[int]:
    """These ids, and those of the queue's untried runs on the same transcripts if any of these is due. One query."""
    due = MonitorRun.objects.due().filter(queue=queue)
    transcripts = due.filter(pk__in=run_ids).values("transcript_id")
    sisters = due.filter(transcript_id__in=transcripts, attempt=0).order_by("transcript_id", "pk")
    return list(dict.fromkeys([*run_ids, *sisters.values_list("pk", flat=True)[:SISTERS]]))


def that_fit(run_ids: Sequence[int], most_chars: int) -> Sequence[int]:
    """These ids, as far as their transcripts together have so many characters; the first transcript's always.

    Runs that are gone count nothing. One query.
    """
    rows = MonitorRun.objects.filter(pk__in=run_ids).values_list("pk", "transcript_id", "transcript__n_chars")
    known = {pk: (transcript_id, n_chars) for pk, transcript_id, n_chars in rows}
    seen: dict[UUID, int] = {}
    for place, pk in enumerate(run_ids):
        if pk not in known:
            continue
        transcript_id, n_chars = known[pk]
        if transcript_id not in seen and seen and sum(seen.values()) + n_chars > most_chars:
            return run_ids[:place]
        seen[transcript_id] = n_chars
    return run_ids


def open_backfills() -> list[int]:
    """Ids of the backfills that are not at their end. One query."""
    return list(Backfill.objects.filter(finished_at=None).order_by("pk").values_list("pk", flat=True))


def due_again(queue: str) -> list[int]:
    """Ids of runs that were tried before and have just become due. One query."""
    runs = MonitorRun.objects.due().filter(queue=queue, attempt__gt=0, run_at__gte=Now() - RECENTLY)
    return list(runs.order_by("run_at", "pk").values_list("pk", flat=True)[:DUE_LIMIT])

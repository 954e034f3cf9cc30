"""How much was measured, read and flagged: of each model and checkpoint, and day by day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from django.db.models import Avg, Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate

from monitors.base import State
from oversight.monitoring.models import UNENDED, Deployment, MonitorRun, Score
from oversight.review.models import Assignment, AssignmentState, Verdict
from oversight.transcripts.models import ModelRun, Transcript

# Models in the table, and lines in the chart.
MOST_MODELS = 30
MOST_LINES = 5


@dataclass(frozen=True, slots=True)
class ModelLine:
    """What became of the transcripts of one model and checkpoint. `measured`: scores that were not skipped."""

    model: str
    checkpoint: str
    received: int
    flagged: int
    reviewed: int
    measured: int
    unscored: int

    @property
    def name(self) -> str:
        return f"{self.model or 'not stated'} {self.checkpoint}".strip()

    @property
    def query(self) -> str:
        """What a link to its rows says."""
        return urlencode({"model": self.model, "checkpoint": self.checkpoint})

    @property
    def flag_share(self) -> float | None:
        return self.flagged / self.received if self.received else None

    @property
    def reviewed_share(self) -> float | None:
        return self.reviewed / self.received if self.received else None

    @property
    def unscored_share(self) -> float | None:
        return self.unscored / self.measured if self.measured else None


@dataclass(frozen=True, slots=True)
class DayOfModel:
    """Of the transcripts of one model that were received on a day (UTC), how many are flagged."""

    day: date
    model: str
    received: int
    flagged: int


@dataclass(frozen=True, slots=True)
class Reading:
    """How many transcripts have a person's verdict; of the text of those read, the share that was on screen."""

    reviewed: int
    read_share: float | None
    n_readings: int


def monitored(received: QuerySet[Transcript]) -> QuerySet[Transcript]:
    """Those that have a run, and whose runs have all ended."""
    runs = MonitorRun.objects.filter(transcript=OuterRef("pk"))
    return received.filter(Exists(runs), ~Exists(runs.filter(state__in=UNENDED)))


def n_monitored(received: QuerySet[Transcript], projects: Collection[int]) -> int:
    """How many: those that have a run, less the few that have one to come. Two queries."""
    n_begun = received.filter(Exists(MonitorRun.objects.filter(transcript=OuterRef("pk")))).count()
    return n_begun - received.filter(pk__in=unended_runs(projects).values("transcript_id")).count()


def unended_runs(projects: Collection[int]) -> QuerySet[MonitorRun]:
    """What monitors still have to do in these projects."""
    return MonitorRun.objects.filter(
        deployment__in=Deployment.objects.filter(project_id__in=projects).values("pk"), state__in=UNENDED
    )


def flagged(scores: QuerySet[Score], projects: Collection[int]) -> QuerySet[Score]:
    """The latest scores that flag, on transcripts for which no run is to come."""
    return scores.filter(flagged=True).exclude(transcript__in=unended_runs(projects).values("transcript_id"))


def reviewed(received: QuerySet[Transcript]) -> QuerySet[Transcript]:
    """Those on which a person has given a verdict that stands."""
    return received.filter(Exists(Verdict.objects.given().filter(item__transcript=OuterRef("pk"))))


def reading(projects: Collection[int], received: QuerySet[Transcript], since: datetime | None) -> Reading:
    """Two queries."""
    done = Assignment.objects.filter(
        item__project_id__in=projects, state=AssignmentState.DONE, read_share__isnull=False
    )
    if since:
        done = done.filter(item__transcript__received_at__gte=since)
    found = done.aggregate(share=Avg("read_share"), n=Count("pk"))
    return Reading(_reviewed_ids(received).count(), found["share"], found["n"])


def _reviewed_ids(received: QuerySet[Transcript]) -> QuerySet[Transcript]:
    """Verdicts are few: their transcripts are asked for, not every transcript for its verdicts."""
    return received.filter(pk__in=Verdict.objects.given().values("item__transcript_id"))


def by_model(
    projects: Collection[int], received: QuerySet[Transcript], scores: QuerySet[Score]
) -> tuple[tuple[ModelLine, ...], tuple[DayOfModel, ...]]:
    """The models with the most transcripts, and their days. Five queries."""
    runs = {pk: (model, point) for pk, model, point in _runs(projects)}
    n_received, days = Counter[tuple[str, str]](), Counter[tuple[date, str]]()
    arrived = received.annotate(day=TruncDate("received_at")).values_list("model_run", "day").annotate(n=Count("pk"))
    for run, day, n in arrived.order_by():
        n_received[runs[run]] += n
        days[day, runs[run][0]] += n
    n_flagged, flagged_days = Counter[tuple[str, str]](), Counter[tuple[date, str]]()
    flags = flagged(scores, projects).annotate(day=TruncDate("transcript__received_at"))
    per_day = flags.values_list("transcript__model_run", "day").annotate(n=Count("transcript", distinct=True))
    for run, day, n in per_day.order_by():
        n_flagged[runs[run]] += n
        flagged_days[day, runs[run][0]] += n
    n_reviewed = Counter[tuple[str, str]]()
    for run, n in _reviewed_ids(received).values_list("model_run").annotate(n=Count("pk")).order_by():
        n_reviewed[runs[run]] += n
    states = _states(scores, runs)
    lines = tuple(
        ModelLine(*of, n, n_flagged[of], n_reviewed[of], *states[of]) for of, n in n_received.most_common(MOST_MODELS)
    )
    return lines, _days(days, flagged_days)


def _runs(projects: Collection[int]) -> QuerySet[ModelRun, tuple[int, str, str]]:
    return ModelRun.objects.filter(project_id__in=projects).values_list("pk", "model", "checkpoint")


def _states(
    scores: QuerySet[Score], runs: Mapping[int, tuple[str, str]]
) -> defaultdict[tuple[str, str], tuple[int, int]]:
    """Measured and unscored, by model and checkpoint."""
    counted = scores.values("transcript__model_run").annotate(
        measured=Count("pk", filter=~Q(state=State.SKIPPED)), unscored=Count("pk", filter=Q(state=State.UNSCORED))
    )
    found = defaultdict[tuple[str, str], tuple[int, int]](lambda: (0, 0))
    for row in counted.order_by():
        run = runs[row["transcript__model_run"]]
        measured, unscored = found[run]
        found[run] = measured + row["measured"], unscored + row["unscored"]
    return found


def _days(received: Counter[tuple[date, str]], flags: Counter[tuple[date, str]]) -> tuple[DayOfModel, ...]:
    totals = Counter[str]()
    for (_, model), n in received.items():
        totals[model] += n
    shown = {model for model, _ in totals.most_common(MOST_LINES)}
    found = [DayOfModel(day, model, n, flags[day, model]) for (day, model), n in received.items() if model in shown]
    return tuple(sorted(found, key=lambda one: (one.day, -totals[one.model], one.model)))

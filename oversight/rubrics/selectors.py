"""Reads of rubrics: the list, versions with their differences, runs, and what a run found so far."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from oversight.accounts.models import Project
from oversight.lib import clock
from oversight.lib.errors import NotFound
from oversight.rubrics import admissions, runs, wording
from oversight.rubrics.models import (
    CaseLabel,
    ItemState,
    Result,
    Rubric,
    RubricAdmission,
    RubricRun,
    RubricVersion,
    RunItem,
    RunKind,
    RunState,
)
from oversight.rubrics.wording import Difference

MOST_RUNS = 100


@dataclass(frozen=True, slots=True)
class RubricRow:
    """One line of the list."""

    rubric: Rubric
    property: str
    n_runs: int
    n_cases: int
    is_admitted: bool
    n_running: int


def listing(project: Project) -> list[RubricRow]:
    """A few queries a rubric; a project has a handful."""
    rows = Rubric.objects.filter(project=project).order_by("name")
    newest = {(v.rubric_id, v.number): v.property for v in RubricVersion.objects.filter(rubric__project=project)}
    asked = RubricRun.objects.filter(project=project).values("version__rubric_id").order_by()
    counts = {
        row["version__rubric_id"]: (row["n"], row["n_running"])
        for row in asked.annotate(n=Count("pk"), n_running=Count("pk", filter=Q(state=RunState.RUNNING)))
    }
    cases = dict(
        CaseLabel.objects.filter(rubric__project=project)
        .values_list("rubric_id")
        .annotate(n=Count("pk"))
        .values_list("rubric_id", "n")
    )
    return [
        RubricRow(
            rubric=rubric,
            property=newest.get((rubric.pk, rubric.number), ""),
            n_runs=counts.get(rubric.pk, (0, 0))[0],
            n_cases=cases.get(rubric.pk, 0),
            is_admitted=bool(admissions.admitted(rubric)),
            n_running=counts.get(rubric.pk, (0, 0))[1],
        )
        for rubric in rows
    ]


def rubric_of(pk: int, projects: Collection[int]) -> Rubric:
    """Raises NotFound also for what is in another project."""
    found = Rubric.objects.filter(pk=pk, project_id__in=projects).select_related("project").first()
    if found is None:
        raise NotFound("There is no such rubric in your projects.")
    return found


def run_of(pk: int, projects: Collection[int]) -> RubricRun:
    """Raises NotFound also for what is in another project."""
    rows = RubricRun.objects.select_related("project", "version__rubric", "asked_by")
    found = rows.filter(pk=pk, project_id__in=projects).first()
    if found is None:
        raise NotFound("There is no such run in your projects.")
    return found


def result_of(pk: int, projects: Collection[int]) -> Result:
    """Raises NotFound also for what is in another project."""
    results = Result.objects.select_related("run__version__rubric", "run__project", "transcript__model_run", "item")
    found = results.filter(pk=pk, run__project_id__in=projects, transcript__project_id__in=projects).first()
    if found is None:
        raise NotFound("There is no such result in your projects.")
    return found


def version_of(rubric: Rubric, number: int | None = None) -> RubricVersion:
    """The newest, or that of a number. Raises NotFound."""
    number = rubric.number if number is None else number
    found = RubricVersion.objects.select_related("rubric", "made_by").filter(rubric=rubric, number=number).first()
    if found is None:
        raise NotFound("There is no such version.")
    return found


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version, and how it differs from the one before it."""

    version: RubricVersion
    differences: tuple[Difference, ...]
    n_runs: int


def versions(rubric: Rubric) -> list[VersionRow]:
    """The newest first. Two queries."""
    rows = list(RubricVersion.objects.filter(rubric=rubric).select_related("made_by").order_by("number"))
    counts = dict(
        RubricRun.objects.filter(version__rubric=rubric)
        .values_list("version_id")
        .annotate(n=Count("pk"))
        .values_list("version_id", "n")
    )
    found = []
    for at, version in enumerate(rows):
        now = wording.wording_of(version)
        differences = wording.differences(wording.wording_of(rows[at - 1]), now) if at else ()
        found.append(VersionRow(version, differences, counts.get(version.pk, 0)))
    return found[::-1]


def standing_of(version: RubricVersion) -> tuple[RubricAdmission, ...]:
    """Admissions that hold for this version's prompt on the set of now. Two queries."""
    return tuple(row for row in admissions.standing(version.rubric) if row.prompt_sha256 == version.prompt_sha256)


def runs_of(rubric: Rubric) -> list[RubricRun]:
    """The newest first. One query."""
    rows = RubricRun.objects.filter(version__rubric=rubric).select_related("version", "asked_by")
    return list(rows.order_by("-pk")[:MOST_RUNS])


def comparable(rubric: Rubric) -> list[RubricRun]:
    """Runs with results, the newest first. One query."""
    rows = RubricRun.objects.filter(version__rubric=rubric, n_ended__gt=0).select_related("version")
    return list(rows.order_by("-pk")[:MOST_RUNS])


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. `left_s`: how long the rest takes at the pace so far; None before there is one."""

    n_total: int
    n_ended: int
    n_leased: int
    n_waiting: int
    left_s: float | None

    @property
    def percent(self) -> int:
        return 100 * self.n_ended // self.n_total if self.n_total else 0


def progress(run: RubricRun) -> Progress:
    """One query."""
    items = RunItem.objects.filter(run=run, state__in=[ItemState.LEASED, ItemState.QUEUED])
    counts = dict(items.values_list("state").annotate(n=Count("pk")).order_by())
    total = max(run.n_total or 0, run.n_planned)
    left_s = None
    if run.state == RunState.RUNNING and run.started_at and run.n_ended:
        pace_s = (clock.now() - run.started_at).total_seconds() / run.n_ended
        left_s = pace_s * max(0, total - run.n_ended)
    return Progress(total, run.n_ended, counts.get(ItemState.LEASED, 0), counts.get(ItemState.QUEUED, 0), left_s)


def digest(run: RubricRun) -> str:
    """Changes when there is anything new to show of a run."""
    return f"{run.state}-{run.n_ended}-{run.n_planned}-{run.spent_tokens}-{int(bool(run.estimate))}"


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One transcript of an admission set."""

    case: CaseLabel
    external_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AdmissionPage:
    """The set, what it lacks, and every admission of the rubric: `stands` while set, prompt and judge are the same."""

    rows: tuple[CaseRow, ...]
    n_positive: int
    n_negative: int
    admissions: tuple[tuple[RubricAdmission, bool], ...]
    runs: tuple[RubricRun, ...]

    @property
    def is_large(self) -> bool:
        return min(self.n_positive, self.n_negative) >= runs.LEAST_CASES


def admission_page(rubric: Rubric) -> AdmissionPage:
    """Five queries."""
    cases = CaseLabel.objects.filter(rubric=rubric).select_related("transcript", "labelled_by").order_by("-label", "pk")
    rows = tuple(
        CaseRow(case, case.transcript.external_id, case.labelled_by.name if case.labelled_by else "", case.at)
        for case in cases
    )
    standing = {row.pk for row in admissions.standing(rubric)}
    found = RubricAdmission.objects.filter(version__rubric=rubric).select_related("version", "run").order_by("-pk")
    under_way = RubricRun.objects.filter(version__rubric=rubric, kind=RunKind.ADMISSION).select_related("version")
    n_positive = sum(row.case.label for row in rows)
    return AdmissionPage(
        rows=rows,
        n_positive=n_positive,
        n_negative=len(rows) - n_positive,
        admissions=tuple((row, row.pk in standing) for row in found),
        runs=tuple(under_way.exclude(state__in=[RunState.DONE, RunState.CANCELLED]).order_by("-pk")[:5]),
    )


def said_filters(filters: dict[str, Any], most: int | None) -> Sequence[str]:
    """A run's filter, in words."""
    words = {"model": "model", "visibility": "reasoning", "id": "external id", "since": "from", "until": "before"}
    said = [f"{words[key]} {value}" for key, value in filters.items() if key in words]
    said += ["flagged"] if filters.get("flagged") else []
    said += [f"the newest {most:,}"] if most else []
    return said or ["all transcripts"]

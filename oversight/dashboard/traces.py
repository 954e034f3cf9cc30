"""The list of transcripts: heads and worst scores, never a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from monitors.transcript import Visibility
from oversight.accounts.models import Project, User
from oversight.accounts.permissions import Request, projects_of
from oversight.lib.paging import Groups, keyset_page
from oversight.monitoring.models import UNENDED, Score
from oversight.review.selectors.blindness import hidden_scores, read_blind
from oversight.transcripts.models import ModelRun, Transcript

PAGE_SIZE = 50
MAX_MODELS = 500
MOST_RUNS = 200
_SHOWN = (
    *("external_id", "planted", "visibility", "n_steps", "n_chars", "output_tokens", "received_at"),
    *("model_run__model", "model_run__checkpoint", "model_run__name"),
)


class TracesForm(forms.Form):
    """The filters, all in the URL."""

    model = forms.CharField(required=False, max_length=200)
    visibility = forms.ChoiceField(
        required=False, choices=[("", "Any reasoning"), ("none", "none"), *((v.value, v.value) for v in Visibility)]
    )
    id = forms.CharField(required=False, max_length=512)
    flagged = forms.BooleanField(required=False)


@dataclass(frozen=True, slots=True)
class Standing:
    """What monitors say of one transcript so far; nothing when its scores are `hidden` from the reader."""

    worst: float | None = None
    flagged: bool = False
    n_scores: int = 0
    n_pending: int = 0
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class TraceRow:
    """One line of the list."""

    transcript: Transcript
    standing: Standing


@dataclass(frozen=True, slots=True)
class TracesPage:
    """`query` is the filter as it stands in the URL; `is_new` when the project has no transcript at all."""

    project: Project
    projects: tuple[Project, ...]
    models: tuple[str, ...]
    form: TracesForm
    rows: tuple[TraceRow, ...]
    older: str
    newer: str
    query: str
    is_filtered: bool
    is_new: bool


def traces_page(request: Request) -> TracesPage:
    """Raises Malformed for a page that is none of ours. Five queries, and one more for an empty list."""
    projects = projects_of(request)
    wanted = request.GET.get("project", "")
    project = next((one for one in projects if one.slug == wanted), projects[0])
    form = TracesForm(request.GET)
    filters: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    runs = _runs(project, filters)
    page = keyset_page(
        filtered(project, filters if runs is None else {**filters, "model": ""}, reader=request.user),
        groups=runs,
        older=request.GET.get("older", ""),
        newer=request.GET.get("newer", ""),
        size=PAGE_SIZE,
    )
    standings = _standings([row.pk for row in page.rows])
    standings |= dict.fromkeys(hidden_scores(request.user, standings), Standing(hidden=True))
    kept = {key: ("1" if value is True else value) for key, value in filters.items() if value}
    return TracesPage(
        project=project,
        projects=projects,
        models=models_of(project),
        form=form,
        rows=tuple(TraceRow(row, standings.get(row.pk, Standing())) for row in page.rows),
        older=page.older,
        newer=page.newer,
        query=urlencode({"project": project.slug, **kept}),
        is_filtered=bool(kept),
        is_new=not page.rows and not Transcript.objects.filter(project=project).exists(),
    )


def _heads() -> QuerySet[Transcript]:
    return Transcript.objects.select_related("model_run").only(*_SHOWN)


def filtered(project: Project, filters: dict[str, Any], *, reader: User | None = None) -> QuerySet[Transcript]:
    """The project's transcripts that pass the filters of `TracesForm`, in no order.

    A reader does not find those as flagged whose scores are hidden from them.
    """
    rows = _heads().filter(project=project)
    if model := filters.get("model"):
        rows = rows.filter(model_run__in=ModelRun.objects.filter(project=project, model=model))
    if visibility := filters.get("visibility"):
        rows = rows.filter(visibility="" if visibility == "none" else visibility)
    if external_id := filters.get("id"):
        rows = rows.filter(external_id=external_id)
    if filters.get("flagged"):
        rows = rows.filter(Exists(Score.objects.filter(transcript=OuterRef("pk"), flagged=True)))
    if filters.get("flagged") and reader:
        rows = rows.filter(~Exists(read_blind(reader).filter(transcript=OuterRef("pk"))))
    return rows


def _runs(project: Project, filters: dict[str, Any]) -> Groups[Transcript] | None:
    """A model's transcripts stand in as many places of an index as it has runs: asked one by one when these are few."""
    if not filters.get("model") or filters.get("id") or filters.get("visibility") not in (None, "", "raw"):
        return None
    runs = ModelRun.objects.filter(project=project, model=filters["model"])
    return Groups(runs, "model_run", _heads()) if runs[: MOST_RUNS + 1].count() <= MOST_RUNS else None


def models_of(project: Project) -> tuple[str, ...]:
    """The models that a project's transcripts name."""
    names = ModelRun.objects.filter(project=project).exclude(model="").order_by("model")
    return tuple(names.values_list("model", flat=True).distinct()[:MAX_MODELS])


# As querysets these are two of the dearest parts of the page, for their words alone.
_STANDINGS_SQL = """
SELECT w.id, s.worst, s.flagged, s.n, p.n
FROM unnest(%(ids)s::uuid[]) AS w(id)
CROSS JOIN LATERAL (
    SELECT max(s.value) AS worst, coalesce(bool_or(s.flagged), false) AS flagged, count(*) AS n
    FROM monitoring_score s JOIN monitoring_monitorrun r ON r.id = s.run_id
    WHERE s.transcript_id = w.id AND NOT EXISTS (
        SELECT FROM monitoring_monitorrun newer
        WHERE newer.run_no > 1 AND newer.run_no > r.run_no
          AND newer.transcript_id = r.transcript_id AND newer.deployment_id = r.deployment_id)
) s
CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM monitoring_monitorrun r WHERE r.transcript_id = w.id AND r.state = ANY(%(unended)s)
) p
"""


def _standings(ids: list[UUID]) -> dict[UUID, Standing]:
    """What the newest run of each monitor says. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDINGS_SQL, {"ids": ids, "unended": list(UNENDED)})
        return {id_: Standing(*found) for id_, *found in cursor.fetchall()}

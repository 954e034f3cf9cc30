"""The pages of judge health. Every form works without JavaScript."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from oversight.accounts.permissions import Request, allowed_projects, permitted, project_for, projects_of
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.judges import cases, hijacking, page
from oversight.judges.events import JudgeHealthViewed
from oversight.lib.errors import Conflict, Invalid, NotFound
from oversight.monitoring.configure_views import deployment_of
from oversight.monitoring.models import Deployment


@require_GET
@permitted("monitor.view")
def health(request: Request) -> HttpResponseBase:
    """Every judge at work in a project, with its alarms. That figures from labels are read is committed first."""
    project = project_for(request, request.GET.get("project"))
    rows = page.judge_rows(project.pk)
    _record(request, project.pk, len(rows))
    context = {
        "project": project,
        "projects": projects_of(request),
        "rows": rows,
        "n_alarms": sum(len(row.broken) for row in rows),
        "n_unknown": sum(row.n_unknown for row in rows),
        "may_configure": project.pk in allowed_projects(request.memberships, "monitor.configure"),
    }
    return render(request, "judges/health.html", context)


@require_GET
@permitted("monitor.view")
def judge(request: Request, pk: int) -> HttpResponseBase:
    """One judge: every check, its canaries, whom it agrees with, and how its scores went."""
    deployment = _judged(request, pk)
    _record(request, deployment.project_id, 1)
    context = {
        "deployment": deployment,
        "page": page.judge_page(deployment, reader=request.user),
        "is_own": cases.is_own(deployment),
        "may_configure": deployment.project_id in allowed_projects(request.memberships, "monitor.configure"),
        "may_read": deployment.project_id in allowed_projects(request.memberships, "transcript.view"),
    }
    return render(request, "judges/judge.html", context)


@require_POST
@permitted("monitor.configure")
def measure_hijack(request: Request, pk: int) -> HttpResponseBase:
    """Have a worker put the injection set to this judge."""
    deployment = _judged(request, pk)
    try:
        hijacking.ask(deployment=deployment, actor=Actor.of(request.user))
    except (Conflict, Invalid) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "A worker puts the 60 injected cases to this judge. The rate appears here.")
    return redirect("judges:judge", deployment.pk)


def _judged(request: Request, pk: int) -> Deployment:
    deployment = deployment_of(request, pk)
    if not cases.asks_judge(deployment):
        raise NotFound("This monitor asks no judge that could be asked again.")
    return deployment


def _record(request: Request, project_id: int, n: int) -> None:
    event = JudgeHealthViewed(object_id=str(project_id), project_id=project_id, n_deployments=n)
    audit.record_alone(event, Actor.of(request.user))

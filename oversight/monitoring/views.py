"""The Monitors pages. Every form works without JavaScript; htmx asks for the part that changed."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from oversight.accounts.permissions import Request, allowed_projects, permitted, project_for, projects_of
from oversight.audit.actors import Actor
from oversight.lib.errors import Conflict, Invalid
from oversight.monitoring import backfills, costs, pages, services, version_pages
from oversight.monitoring.configure_views import deployment_of
from oversight.monitoring.forms import BackfillForm, RetryForm, SwitchForm
from oversight.monitoring.models import BackfillScope, Deployment


@require_GET
@permitted("monitor.view")
def listing(request: Request) -> HttpResponseBase:
    """What is at work, and what else is installed."""
    project = project_for(request, request.GET.get("project"))
    rows = pages.listing(project.pk)
    context = {
        "project": project,
        "projects": projects_of(request),
        "rows": rows,
        "installed": pages.installed(rows),
        "spent": costs.together(row.spent for row in rows if row.spent),
        "may_configure": project.pk in allowed_projects(request.memberships, "monitor.configure"),
        "is_busy": any(row.progress and row.progress.open for row in rows),
    }
    return render(request, "monitoring/_table.html" if _is_part(request) else "monitoring/list.html", context)


@require_GET
@permitted("monitor.view")
def detail(request: Request, pk: int) -> HttpResponseBase:
    """One deployment: what it found, its settings, and what it measures; htmx asks for the counts alone."""
    deployment = deployment_of(request, pk)
    if _is_part(request):
        return render(request, "monitoring/_counts.html", {"page": pages.deployment_page(deployment)})
    return _page(request, deployment)


@require_POST
@permitted("monitor.configure")
def switch(request: Request, pk: int) -> HttpResponseBase:
    """On or off, and when on perhaps also over what it missed."""
    deployment, form = deployment_of(request, pk), SwitchForm(request.POST)
    if form.is_valid():
        try:
            said = _switch(deployment, form, Actor.of(request.user))
        except (Conflict, Invalid) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, said)
            if not _is_part(request):
                return redirect("monitoring:detail", deployment.pk)
            deployment.refresh_from_db()
            return _page(request, deployment)
    # htmx shows answers of success only, and a form with its errors is what shall be shown.
    return _page(request, deployment, switch_form=form, status=200 if _is_part(request) else 422)


def _switch(deployment: Deployment, form: SwitchForm, actor: Actor) -> str:
    enabled, why = form.cleaned_data["enabled"], form.cleaned_data["why"]
    changed = services.change_deployment(deployment=deployment, enabled=enabled, why=why, actor=actor)
    if not (enabled and form.cleaned_data["catch_up"]):
        return f"It is {'on' if enabled else 'off'}. The change and its reason are in the audit trail."
    backfills.ask_backfill(deployment=changed, scope=BackfillScope.MISSED, why=why, actor=actor)
    return "It is on, and on its way through what it missed."


@require_POST
@permitted("monitor.configure")
def retry(request: Request, pk: int) -> HttpResponseBase:
    """Run again what failed, or what could not be scored for a reason."""
    deployment, form = deployment_of(request, pk), RetryForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        ids = pages.retryable(deployment, reason)
        n_runs = services.retry(deployment=deployment, run_ids=ids, why=reason, actor=Actor.of(request.user))
        messages.info(request, f"{n_runs} {'run is' if n_runs == 1 else 'runs are'} queued again.")
    except (Conflict, Invalid) as error:
        messages.warning(request, str(error))
    return redirect("monitoring:detail", deployment.pk)


@require_POST
@permitted("monitor.configure")
def examine(request: Request, pk: int) -> HttpResponseBase:
    """Put the judge to its fixed cases again."""
    deployment = deployment_of(request, pk)
    try:
        services.ask_examination(deployment=deployment, actor=Actor.of(request.user))
    except Invalid as error:
        messages.warning(request, str(error))
    else:
        messages.info(request, "The examination is queued; its figures appear here when the judge has answered.")
    return redirect("monitoring:detail", deployment.pk)


def _is_part(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))


def _page(
    request: Request, deployment: Deployment, *, switch_form: SwitchForm | None = None, status: int = 200
) -> HttpResponseBase:
    context = {
        "page": pages.deployment_page(deployment),
        "deployment": deployment,
        "about": pages.about(deployment.monitor),
        "catch_up": version_pages.catch_up(deployment),
        "backfill_form": BackfillForm(),
        "switch_form": switch_form or SwitchForm(initial={"enabled": "0" if deployment.enabled else "1"}),
        "may_configure": deployment.project_id in allowed_projects(request.memberships, "monitor.configure"),
    }
    template = "monitoring/_settings.html" if _is_part(request) else "monitoring/detail.html"
    return render(request, template, context, status=status)

"""The Monitors pages. Every form works without JavaScript; htmx asks for the part that changed."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from oversight.accounts.models import Project
from oversight.accounts.permissions import Request, allowed_projects, permitted, project_for
from oversight.audit.actors import Actor
from oversight.lib.errors import Conflict, Invalid
from oversight.monitoring import pages, services
from oversight.monitoring.forms import RetryForm, SettingsForm, SwitchForm
from oversight.monitoring.models import Deployment


@require_GET
@permitted("monitor.view")
def listing(request: Request) -> HttpResponseBase:
    """What is at work, and what else is installed."""
    project = _project(request)
    rows = pages.listing(project.pk)
    context = {
        "project": project,
        "projects": Project.objects.filter(pk__in=request.projects).order_by("name"),
        "rows": rows,
        "idle": pages.idle(rows),
        "is_busy": any(row.progress and row.progress.open for row in rows),
    }
    return render(request, "monitoring/_table.html" if _is_part(request) else "monitoring/list.html", context)


@require_GET
@permitted("monitor.view")
def detail(request: Request, pk: int) -> HttpResponseBase:
    """One deployment: what it measures, what it found, and its settings."""
    return _page(request, _deployment(request, pk))


@require_POST
@permitted("monitor.configure")
def change(request: Request, pk: int) -> HttpResponseBase:
    """Another threshold or sample share."""
    deployment, form = _deployment(request, pk), SettingsForm(request.POST)
    if form.is_valid():
        try:
            services.change_deployment(deployment=deployment, **form.cleaned_data, actor=Actor.of(request.user))
        except Invalid as error:
            form.add_error(None, str(error))
    return _changed(request, deployment, form=form)


@require_POST
@permitted("monitor.configure")
def switch(request: Request, pk: int) -> HttpResponseBase:
    """On or off."""
    deployment, form = _deployment(request, pk), SwitchForm(request.POST)
    if form.is_valid():
        try:
            services.change_deployment(deployment=deployment, **form.cleaned_data, actor=Actor.of(request.user))
        except Invalid as error:
            form.add_error(None, str(error))
    return _changed(request, deployment, switch_form=form)


@require_POST
@permitted("monitor.configure")
def retry(request: Request, pk: int) -> HttpResponseBase:
    """Run again what failed, or what could not be scored for a reason."""
    deployment, form = _deployment(request, pk), RetryForm(request.POST)
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
    deployment = _deployment(request, pk)
    services.ask_examination(deployment=deployment, actor=Actor.of(request.user))
    messages.info(request, "The examination is queued; its figures appear here when the judge has answered all cases.")
    return redirect("monitoring:detail", deployment.pk)


def _project(request: Request) -> Project:
    slug = request.GET.get("project")
    if slug:
        get_object_or_404(Project, slug=slug, pk__in=request.projects)
    return project_for(request, slug)


def _deployment(request: Request, pk: int) -> Deployment:
    return get_object_or_404(Deployment.objects.select_related("project"), pk=pk, project_id__in=request.projects)


def _is_part(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))


def _changed(
    request: Request, deployment: Deployment, form: SettingsForm | None = None, switch_form: SwitchForm | None = None
) -> HttpResponseBase:
    if (form or switch_form or SwitchForm()).errors:
        # htmx shows answers of success only, and a form with its errors is what shall be shown.
        status = 200 if _is_part(request) else 422
        return _page(request, deployment, form=form, switch_form=switch_form, status=status)
    messages.success(request, "Saved. The change and its reason are in the audit trail.")
    if _is_part(request):
        deployment.refresh_from_db()
        return _page(request, deployment)
    return redirect("monitoring:detail", deployment.pk)


def _page(
    request: Request,
    deployment: Deployment,
    *,
    form: SettingsForm | None = None,
    switch_form: SwitchForm | None = None,
    status: int = 200,
) -> HttpResponseBase:
    initial = {"threshold": deployment.threshold, "sample_share": deployment.sample_share}
    context = {
        "page": pages.deployment_page(deployment),
        "form": form or SettingsForm(initial=initial),
        "switch_form": switch_form or SwitchForm(initial={"enabled": "0" if deployment.enabled else "1"}),
        "may_configure": deployment.project_id in allowed_projects(request.user, "monitor.configure"),
    }
    template = "monitoring/_settings.html" if _is_part(request) else "monitoring/detail.html"
    return render(request, template, context, status=status)

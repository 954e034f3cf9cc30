"""Pages on which monitors are put to work, changed by versions, and run on what they missed."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from monitors import registry
from oversight.accounts.models import Project
from oversight.accounts.permissions import Request, allowed_projects, permitted, project_for, projects_of
from oversight.audit.actors import Actor
from oversight.lib.errors import Conflict, Invalid, ServiceError
from oversight.monitoring import backfills, pages, services, version_pages
from oversight.monitoring.forms import AddForm, BackfillForm, PromoteForm, SettingsForm
from oversight.monitoring.models import Deployment, DeploymentVersion


def deployment_of(request: Request, pk: int) -> Deployment:
    """Raises Http404 also for what is in another project."""
    return get_object_or_404(Deployment.objects.select_related("project"), pk=pk, project_id__in=request.projects)


@require_GET
@permitted("monitor.view")
def about(request: Request, name: str) -> HttpResponseBase:
    """An installed monitor: its docstring, and the form that puts it to work."""
    return _about(request, _installed(name), project_for(request, request.GET.get("project")))


@require_POST
@permitted("monitor.configure")
def add(request: Request, name: str) -> HttpResponseBase:
    """Put a monitor to work in a project."""
    project = project_for(request, request.POST.get("project"))
    form = AddForm(request.POST, monitor=_installed(name))
    if form.is_valid():
        try:
            made = services.create_deployment(
                project=project, monitor=name, **form.settings(), actor=Actor.of(request.user)
            )
        except (Conflict, Invalid) as error:
            form.refuse(error)
        else:
            messages.success(
                request, "It is at work on what comes in from now on. What is there already can be run too."
            )
            return redirect("monitoring:detail", made.pk)
    return _about(request, name, project, form)


def _about(request: Request, name: str, project: Project, form: AddForm | None = None) -> HttpResponseBase:
    context = {
        "about": pages.about(name),
        "project": project,
        "projects": projects_of(request),
        "rows": Deployment.objects.filter(project=project, monitor=name).order_by("pk"),
        "form": form or AddForm(monitor=name),
        "may_configure": project.pk in allowed_projects(request.memberships, "monitor.configure"),
    }
    return render(request, "monitoring/about.html", context, status=422 if form else 200)


def _installed(name: str) -> str:
    if name not in registry.entries():
        raise Http404("There is no such monitor.")
    return name


@require_http_methods(["GET", "POST"])
@permitted("monitor.configure")
def configure(request: Request, pk: int) -> HttpResponseBase:
    """Other settings, as a version that is live at once or as a draft."""
    deployment = deployment_of(request, pk)
    if registry.known(deployment.monitor) is None:
        raise Http404("This monitor is not installed, so its parameters are not known.")
    base = _base(deployment, request.POST.get("from") or request.GET.get("from", ""))
    if request.method == "GET":
        initial = {"threshold": base.threshold, "sample_share": base.sample_share}
        form = SettingsForm(monitor=deployment.monitor, params=base.params, initial=initial)
        return _configure(request, deployment, base, form)
    form = SettingsForm(request.POST, monitor=deployment.monitor, params=base.params)
    if form.is_valid():
        try:
            said = _save(request, deployment, base, form)
        except (Conflict, Invalid) as error:
            form.refuse(error)
        else:
            messages.success(request, said)
            return redirect("monitoring:versions", deployment.pk)
    return _configure(request, deployment, base, form, status=422)


def _base(deployment: Deployment, number: str) -> Deployment | DeploymentVersion:
    """The version to begin from: the live one unless another is named."""
    if not number.isdecimal() or len(number) > 8:
        return deployment
    return get_object_or_404(DeploymentVersion, deployment=deployment, number=int(number))


def _save(request: Request, deployment: Deployment, base: Deployment | DeploymentVersion, form: SettingsForm) -> str:
    settings = {**form.settings(), "model_thresholds": base.model_thresholds, "actor": Actor.of(request.user)}
    if "draft" in request.POST:
        version = services.draft_version(deployment=deployment, **settings)
        return f"Version {version.number} is kept as a draft. Nothing changes until it is promoted."
    changed = services.change_deployment(deployment=deployment, **settings)
    return f"Version {changed.number} is live. The change and its reason are in the audit trail."


def _configure(
    request: Request,
    deployment: Deployment,
    base: Deployment | DeploymentVersion,
    form: SettingsForm,
    *,
    status: int = 200,
) -> HttpResponseBase:
    context = {"deployment": deployment, "base": base, "form": form, "about": pages.about(deployment.monitor)}
    return render(request, "monitoring/configure.html", context, status=status)


@require_GET
@permitted("monitor.view")
def versions(request: Request, pk: int) -> HttpResponseBase:
    """Every version with its author, reason, and difference from the live one."""
    return _versions(request, deployment_of(request, pk))


@require_POST
@permitted("monitor.configure")
def promote(request: Request, pk: int) -> HttpResponseBase:
    """Let another version be live."""
    deployment, form = deployment_of(request, pk), PromoteForm(request.POST)
    if form.is_valid():
        try:
            services.promote_version(deployment=deployment, **form.cleaned_data, actor=Actor.of(request.user))
        except ServiceError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"Version {form.cleaned_data['number']} is live.")
            return redirect("monitoring:versions", deployment.pk)
    return _versions(request, deployment, form)


def _versions(request: Request, deployment: Deployment, form: PromoteForm | None = None) -> HttpResponseBase:
    context = {
        "deployment": deployment,
        "about": pages.about(deployment.monitor),
        "rows": version_pages.versions(deployment),
        "form": form,
        "asked": form.data.get("number", "") if form else "",
        "may_configure": deployment.project_id in allowed_projects(request.memberships, "monitor.configure"),
    }
    return render(request, "monitoring/versions.html", context, status=422 if form else 200)


@require_http_methods(["GET", "POST"])
@permitted("monitor.configure")
def backfill(request: Request, pk: int) -> HttpResponseBase:
    """How far a backfill is; a POST begins one."""
    deployment, form = deployment_of(request, pk), None
    if request.method == "POST":
        form = BackfillForm(request.POST)
        if form.is_valid():
            try:
                backfills.ask_backfill(deployment=deployment, **form.cleaned_data, actor=Actor.of(request.user))
            except (Conflict, Invalid) as error:
                form.add_error(None, str(error))
        if not form.errors and not request.headers.get("HX-Request"):
            return redirect("monitoring:detail", deployment.pk)
    context = {
        "deployment": deployment,
        "catch_up": version_pages.catch_up(deployment),
        "backfill_form": form if form and form.errors else BackfillForm(),
        "may_configure": True,
    }
    return render(request, "monitoring/_backfill.html", context)


@require_POST
@permitted("monitor.configure")
def stop_backfill(request: Request, pk: int) -> HttpResponseBase:
    """Look at no further transcripts."""
    deployment = deployment_of(request, pk)
    try:
        backfills.stop_backfill(deployment=deployment, actor=Actor.of(request.user))
        messages.info(request, "Stopped. The runs that were begun go on.")
    except Conflict as error:
        messages.warning(request, str(error))
    return redirect("monitoring:detail", deployment.pk)

"""The quality page of a deployment. Every form works without JavaScript."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from oversight.accounts.permissions import Request, allowed_projects, permitted
from oversight.audit.actors import Actor
from oversight.lib.errors import Conflict, Invalid
from oversight.monitoring import services
from oversight.monitoring.configure_views import deployment_of
from oversight.monitoring.forms import Reasoned
from oversight.monitoring.models import Deployment
from oversight.quality import page as pages
from oversight.quality import reports
from oversight.quality.models import Report
from oversight.quality.operating import MOST_BUDGET


class LiveForm(Reasoned):
    """Which budget's threshold to set; `at` is when the figures were computed that somebody looked at."""

    budget = forms.IntegerField(min_value=1, max_value=MOST_BUDGET)
    at = forms.CharField(max_length=40)


@require_GET
@permitted("monitor.view")
def quality(request: Request, pk: int) -> HttpResponseBase:
    """Its figures against a label. That they are read is committed before they are."""
    return _page(request, deployment_of(request, pk), request.GET.dict())


@require_GET
@permitted("monitor.view")
def state(request: Request, pk: int, report_id: int) -> HttpResponseBase:
    """Whether a worker is still at it; when it has ended the page fetches itself."""
    report = get_object_or_404(Report, pk=report_id, deployment=deployment_of(request, pk))
    response: HttpResponse = render(request, "quality/_state.html", {"report": report, "deployment": report.deployment})
    if report.asked_at is None:
        response.headers["HX-Refresh"] = "true"
    return response


@require_POST
@permitted("monitor.configure")
def make_live(request: Request, pk: int) -> HttpResponseBase:
    """Set the threshold of a budget, as a new version that says what it rests on."""
    deployment, form = deployment_of(request, pk), LiveForm(request.POST)
    if form.is_valid():
        try:
            _make_live(request, deployment, form)
        except (Conflict, Invalid) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Set, as a new version. It concerns what is measured from now on.")
            return redirect("monitoring:versions", deployment.pk)
    return _page(request, deployment, request.POST.dict(), form)


def _make_live(request: Request, deployment: Deployment, form: LiveForm) -> None:
    chosen = pages.choices(deployment, request.POST.dict())
    found = pages.quality_page(deployment, chosen).computed
    if found is None or found.at.isoformat() != form.cleaned_data["at"]:
        raise Conflict("The figures have been computed anew since: look at them and choose again.")
    if found.asked.threshold is None:
        raise Invalid(f"No threshold flags so few: {found.asked.reason}.")
    services.change_deployment(
        deployment=deployment,
        threshold=found.asked.threshold,
        # The figures are of one threshold for all models.
        model_thresholds={},
        basis=pages.basis_of(found, chosen),
        why=form.cleaned_data["why"],
        actor=Actor.of(request.user),
    )


def _page(
    request: Request, deployment: Deployment, asked: dict[str, str], form: LiveForm | None = None
) -> HttpResponseBase:
    chosen = pages.choices(deployment, asked)
    if chosen.selection:
        reports.record_reading(deployment, chosen.selection.source, actor=Actor.of(request.user))
    context = {
        "deployment": deployment,
        "page": pages.quality_page(deployment, chosen),
        "form": form or LiveForm(),
        "most_budget": MOST_BUDGET,
        "may_configure": deployment.project_id in allowed_projects(request.memberships, "monitor.configure"),
    }
    return render(request, "quality/page.html", context, status=422 if form else 200)

"""A deployment's history, and its thresholds from clean data."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from oversight.accounts.permissions import Request, allowed_projects, permitted
from oversight.audit.actors import Actor
from oversight.dashboard import history_charts, thresholds
from oversight.dashboard.overview import PERIODS
from oversight.dashboard.score_history import history
from oversight.dashboard.thresholds import ALPHAS, DEFAULT_ALPHA
from oversight.lib.errors import Conflict, Invalid
from oversight.monitoring import services
from oversight.monitoring.configure_views import deployment_of
from oversight.monitoring.forms import Reasoned
from oversight.monitoring.models import Deployment


class ApplyForm(Reasoned):
    """Which of the proposed thresholds to set. `digest` says what the page had proposed."""

    alpha = forms.TypedChoiceField(choices=[(str(alpha), str(alpha)) for alpha in ALPHAS], coerce=float)
    until = forms.IntegerField(min_value=0)
    digest = forms.CharField(max_length=16)


@require_GET
@permitted("monitor.view")
def monitor_history(request: Request, pk: int) -> HttpResponseBase:
    """Its scores over time, and when its settings changed."""
    deployment = deployment_of(request, pk)
    asked = request.GET.get("period", "week")
    found = history(deployment, asked if asked in PERIODS else "week", reader=request.user)
    context = {
        "deployment": deployment,
        "history": found,
        "charts": history_charts.charts_of(found),
        "periods": PERIODS,
        "period_name": PERIODS[found.period][0],
    }
    return render(request, "monitoring/history.html", context)


@require_GET
@permitted("monitor.view")
def monitor_thresholds(request: Request, pk: int) -> HttpResponseBase:
    """What thresholds the clean data would set, and what they would cost."""
    return _thresholds(request, deployment_of(request, pk), _alpha(request.GET.get("alpha", "")))


def _alpha(asked: str) -> float:
    return next((alpha for alpha in ALPHAS if str(alpha) == asked), DEFAULT_ALPHA)


@require_POST
@permitted("monitor.configure")
def apply_thresholds(request: Request, pk: int) -> HttpResponseBase:
    """Set those that were chosen, as a new version that says what they rest on."""
    deployment, form = deployment_of(request, pk), ApplyForm(request.POST)
    if form.is_valid():
        try:
            _apply(deployment, form, request.POST.getlist("set"), Actor.of(request.user))
        except (Conflict, Invalid) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Set, as a new version. They concern what is measured from now on.")
            return redirect("monitoring:versions", deployment.pk)
    return _thresholds(request, deployment, _alpha(request.POST.get("alpha", "")), form)


def _apply(deployment: Deployment, form: ApplyForm, keys: list[str], actor: Actor) -> None:
    page = thresholds.threshold_page(deployment, form.cleaned_data["alpha"], form.cleaned_data["until"])
    if page.digest != form.cleaned_data["digest"]:
        raise Conflict("The data has changed since: look at the new figures and choose again.")
    chosen = thresholds.chosen(deployment, page, keys)
    if chosen.threshold is None and chosen.model_thresholds is None:
        raise Invalid("Choose at least one threshold.")
    services.change_deployment(
        deployment=deployment,
        threshold=chosen.threshold,
        model_thresholds=chosen.model_thresholds,
        basis=chosen.basis,
        why=form.cleaned_data["why"],
        actor=actor,
    )


@require_POST
@permitted("monitor.configure")
def clear_thresholds(request: Request, pk: int) -> HttpResponseBase:
    """Let all models have the common threshold again."""
    deployment, form = deployment_of(request, pk), Reasoned(request.POST)
    if form.is_valid():
        services.change_deployment(
            deployment=deployment, model_thresholds={}, why=form.cleaned_data["why"], actor=Actor.of(request.user)
        )
        messages.success(request, "All models have the common threshold again.")
    else:
        messages.warning(request, "Say in a few words why.")
    return redirect("dashboard:monitor-thresholds", deployment.pk)


def _thresholds(
    request: Request, deployment: Deployment, alpha: float, form: ApplyForm | None = None
) -> HttpResponseBase:
    context = {
        "deployment": deployment,
        "page": thresholds.threshold_page(deployment, alpha),
        "alphas": [(str(one), one, 10_000 * one) for one in ALPHAS],
        "form": form or ApplyForm(),
        "chosen": request.POST.getlist("set"),
        "most": thresholds.MOST_SCORES,
        "may_configure": deployment.project_id in allowed_projects(request.memberships, "monitor.configure"),
    }
    return render(request, "monitoring/thresholds.html", context, status=422 if form else 200)

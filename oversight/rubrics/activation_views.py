"""The page on which a rubric is put to work."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from oversight.accounts.permissions import Request, permitted
from oversight.lib.errors import Conflict, Invalid
from oversight.monitoring.models import Deployment
from oversight.rubrics import activation, selectors
from oversight.rubrics.forms import ActivateForm
from oversight.rubrics.models import Rubric
from oversight.rubrics.views import of_rubric


@require_http_methods(["GET", "POST"])
@permitted("monitor.configure")
def activate(request: Request, pk: int) -> HttpResponseBase:
    """Let a version judge what comes in, and flag."""
    rubric = selectors.rubric_of(pk, request.projects)
    if request.method == "GET":
        asked = request.GET.get("version", "")
        number = int(asked) if asked.isdecimal() and len(asked) < 10 else rubric.number
        return _page(request, rubric, ActivateForm(initial={"version": number}))
    form = ActivateForm(request.POST)
    if form.is_valid() and (deployment := _activated(request, rubric, form)) is not None:
        messages.success(request, f"Version {deployment.version} is at work. What it finds from now on is a flag.")
        return redirect("monitoring:detail", deployment.pk)
    return _page(request, rubric, form, status=422)


def _activated(request: Request, rubric: Rubric, form: ActivateForm) -> Deployment | None:
    """None when it is refused, which the form then says."""
    values = dict(form.cleaned_data)
    try:
        version = selectors.version_of(rubric, values.pop("version"))
        return activation.activate(version=version, by=request.user, **values)
    except (Conflict, Invalid) as error:
        form.add_error(error.place if error.place in form.fields else None, str(error))
        return None


def _page(request: Request, rubric: Rubric, form: ActivateForm, *, status: int = 200) -> HttpResponseBase:
    context = {**of_rubric(request, rubric), "form": form, "at_work": activation.deployments_of(rubric)}
    return render(request, "rubrics/activate.html", context, status=status)

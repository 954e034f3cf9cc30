"""Label sets: the list, the versions of one, and the form for the next."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from oversight.accounts.permissions import Request, permitted, projects_of
from oversight.audit.actors import Actor
from oversight.lib.errors import Conflict, Invalid
from oversight.review.models import LabelSet, LabelSetVersion, Queue
from oversight.review.selectors import label_sets as selectors
from oversight.review.services import label_sets as services
from oversight.review.verdict_forms import SPARE_ROWS, LabelSetForm, labels_of, number
from oversight.review.views.request import project_of

BLANK = {"name": "", "key": "", "description": ""}


@require_GET
@permitted("label_set.view")
def listing(request: Request) -> HttpResponseBase:
    """Every set of the project; its default stands there from the beginning."""
    project = project_of(request)
    services.default_label_set(project.pk)
    context = {
        "project": project,
        "projects": projects_of(request),
        "rows": selectors.label_sets(project.pk),
        "queues": Queue.objects.filter(project=project).select_related("label_set").order_by("name"),
    }
    return render(request, "review/label_sets.html", context)


@require_GET
@permitted("label_set.view")
def detail(request: Request, pk: int) -> HttpResponseBase:
    """The latest guidelines, and how they came to be. That they were opened is recorded."""
    label_set = _found(request, pk)
    versions = selectors.versions_of(label_set)
    if versions:
        services.open_guidelines(label_set=label_set, number=versions[0].number, actor=Actor.of(request.user))
    context = {"label_set": label_set, "project": label_set.project, "versions": versions}
    return render(request, "review/label_set.html", context)


@require_POST
@permitted("label_set.view")
def read(request: Request, pk: int) -> HttpResponseBase:
    """The drawer on the trace page was opened."""
    label_set = _found(request, pk)
    version = get_object_or_404(label_set.versions, number=number(request.POST, "number") or 0)
    services.open_guidelines(label_set=label_set, number=version.number, actor=Actor.of(request.user))
    return HttpResponse(status=204)


@require_http_methods(["GET", "POST"])
@permitted("label_set.edit")
def new(request: Request) -> HttpResponseBase:
    """A set with its first version."""
    project = project_of(request)
    if request.method == "GET":
        return _form(request, LabelSetForm(), None, [])
    form = LabelSetForm(request.POST)
    if form.is_valid():
        try:
            return redirect(
                "review:label-set", services.found_label_set(project=project, **_said(request, form)).label_set_id
            )
        except (Conflict, Invalid) as error:
            form.add_error(None, str(error))
    return _form(request, form, None, _rows(request), status=422)


@require_http_methods(["GET", "POST"])
@permitted("label_set.edit")
def edit(request: Request, pk: int) -> HttpResponseBase:
    """The next version, beginning with the latest one, or with the one that the address names."""
    label_set = _found(request, pk)
    versions = selectors.versions_of(label_set)
    latest = versions[0] if versions else None
    if request.method == "GET":
        start = next((one for one in versions if one.number == number(request.GET, "from")), latest)
        return _form(
            request, LabelSetForm(initial=_initial(label_set, start)), label_set, start.labels if start else []
        )
    form = LabelSetForm({**request.POST.dict(), "name": label_set.name})
    if form.is_valid():
        try:
            said = {name: value for name, value in _said(request, form).items() if name != "name"}
            services.add_version(label_set=label_set, based_on=number(request.POST, "based_on") or 0, **said)
            return redirect("review:label-set", label_set.pk)
        except (Conflict, Invalid) as error:
            form.add_error(None, str(error))
    return _form(request, form, label_set, _rows(request), status=422)


@require_POST
@permitted("label_set.edit")
def choose(request: Request, pk: int) -> HttpResponseBase:
    """Have a queue use this set."""
    label_set = _found(request, pk)
    queue = get_object_or_404(Queue, pk=number(request.POST, "queue") or 0, project_id=label_set.project_id)
    services.choose_label_set(queue=queue, label_set=label_set, actor=Actor.of(request.user))
    return redirect("review:label-sets")


def _found(request: Request, pk: int) -> LabelSet:
    return get_object_or_404(selectors.label_set_in(request.projects), pk=pk)


def _initial(label_set: LabelSet, start: LabelSetVersion | None) -> dict[str, str]:
    if start is None:
        return {"name": label_set.name}
    return {"name": label_set.name, "categories": "\n".join(start.categories), "guidelines": start.guidelines}


def _said(request: Request, form: LabelSetForm) -> dict[str, Any]:
    return {
        "name": form.cleaned_data["name"],
        "labels": labels_of(request.POST),
        "categories": form.category_list(),
        "guidelines": form.cleaned_data["guidelines"].replace("\r\n", "\n"),
        "why": form.cleaned_data["why"],
        "by": request.user,
        "actor": Actor.of(request.user),
    }


def _rows(request: Request) -> list[dict[str, str]]:
    """The rows of labels as they were sent, to be shown again."""
    columns = (request.POST.getlist(f"label_{name}") for name in BLANK)
    return [dict(zip(BLANK, row, strict=True)) for row in zip(*columns, strict=False) if any(row)]


def _form(
    request: Request,
    form: LabelSetForm,
    label_set: LabelSet | None,
    rows: list[dict[str, str]],
    *,
    status: int = 200,
) -> HttpResponse:
    latest = selectors.versions_of(label_set)[:1] if label_set else ()
    context = {
        "form": form,
        "label_set": label_set,
        "project": label_set.project if label_set else project_of(request),
        "latest": latest[0] if latest else None,
        "rows": [*rows, *[BLANK] * SPARE_ROWS],
        "free_keys": services.FREE_KEYS,
    }
    return render(request, "review/label_set_form.html", context, status=status)

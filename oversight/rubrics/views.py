"""Rubrics: the list, writing one, its versions, and the test bench. Every form works without JavaScript."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from oversight.accounts.permissions import Request, allowed_projects, permitted, project_for, projects_of
from oversight.dashboard.traces import models_of
from oversight.lib.errors import Conflict, Invalid, NotFound
from oversight.rubrics import activation, judges, planning, runs, selectors, services, wording
from oversight.rubrics.forms import BenchForm, RubricForm, first_values, named_transcripts
from oversight.rubrics.models import Rubric, RubricRun, RubricVersion
from oversight.rubrics.wording import Wording


@require_GET
@permitted("rubric.view")
def listing(request: Request) -> HttpResponseBase:
    """The rubrics of a project."""
    project = project_for(request, request.GET.get("project"))
    context = {
        "project": project,
        "projects": projects_of(request),
        "rows": selectors.listing(project),
        "may_write": project.pk in allowed_projects(request.memberships, "rubric.write"),
    }
    return render(request, "rubrics/list.html", context)


@require_GET
@permitted("rubric.view")
def detail(request: Request, pk: int) -> HttpResponseBase:
    """A version's words, and the exact prompt that they make."""
    rubric = selectors.rubric_of(pk, request.projects)
    version = selectors.version_of(rubric, _number(request.GET.get("version")))
    words = wording.wording_of(version)
    context = {
        **of_rubric(request, rubric),
        "version": version,
        "words": words,
        "outputs": [wording.field_in_words(one) for one in words.outputs],
        "preview": judges.preview(wording.rubric_of(version)),
        "sha_now": wording.prompt_sha256(wording.rubric_of(version)),
        "standing": selectors.standing_of(version),
        "runs": selectors.runs_of(rubric)[:10],
        "at_work": activation.deployments_of(rubric),
        "may_activate": rubric.project_id in allowed_projects(request.memberships, "monitor.configure"),
    }
    return render(request, "rubrics/detail.html", context)


@require_http_methods(["GET", "POST"])
@permitted("rubric.write")
def write(request: Request) -> HttpResponseBase:
    """A new rubric: looked at first, if wanted, then saved as version 1."""
    given = request.POST if request.method == "POST" else request.GET
    project = project_for(request, given.get("project"))
    context = {"project": project, "projects": projects_of(request)}
    if request.method == "GET":
        return _form(request, RubricForm(), context)
    form = RubricForm(request.POST)
    if form.is_valid() and "preview" not in request.POST:
        values = form.cleaned_data
        try:
            version = services.create_rubric(
                project=project, name=values["name"], words=values["words"], why=values["why"], by=request.user
            )
        except (Conflict, Invalid) as error:
            form.refuse(error)
        else:
            messages.success(request, "Saved as version 1. Try it on a few transcripts before you run it.")
            return redirect("rubrics:detail", version.rubric_id)
    return _form(request, form, context)


@require_http_methods(["GET", "POST"])
@permitted("rubric.write")
def edit(request: Request, pk: int) -> HttpResponseBase:
    """Another version of a rubric, beginning with the words of one that is there."""
    rubric = selectors.rubric_of(pk, request.projects)
    newest = selectors.version_of(rubric)
    context = {**of_rubric(request, rubric), "newest": newest}
    if request.method == "GET":
        base = wording.wording_of(selectors.version_of(rubric, _number(request.GET.get("from"))))
        initial = RubricForm.initial_of(base, based_on=newest.number)
        return _form(request, RubricForm(is_new=False, initial=initial), context)
    form = RubricForm(request.POST, is_new=False)
    if form.is_valid() and "preview" not in request.POST:
        values = form.cleaned_data
        try:
            version = services.save_version(
                rubric=rubric,
                based_on=values["based_on"] or 0,
                words=values["words"],
                why=values["why"],
                by=request.user,
            )
        except (Conflict, Invalid) as error:
            form.refuse(error)
        else:
            messages.success(request, f"Saved as version {version.number}.")
            return redirect("rubrics:detail", rubric.pk)
    return _form(request, form, context)


def _form(request: Request, form: RubricForm, context: dict[str, Any]) -> HttpResponseBase:
    words = form.cleaned_data.get("words") if form.is_bound else None
    shown = _looked_at(words, context.get("newest")) if isinstance(words, Wording) else {}
    is_refused = form.is_bound and not form.is_valid()
    status = 422 if is_refused else 200
    return render(request, "rubrics/write.html", {**context, **shown, "form": form}, status=status)


def _looked_at(words: Wording, newest: RubricVersion | None) -> dict[str, Any]:
    """What the words would be as a prompt, and how they differ from the newest version."""
    rubric = words.rubric("rubric")
    return {
        "preview": judges.preview(rubric),
        "sha_now": wording.prompt_sha256(rubric),
        "differences": wording.differences(wording.wording_of(newest), words) if newest else (),
    }


@require_GET
@permitted("rubric.view")
def versions(request: Request, pk: int) -> HttpResponseBase:
    """Every version, with what it changed."""
    rubric = selectors.rubric_of(pk, request.projects)
    return render(request, "rubrics/versions.html", {**of_rubric(request, rubric), "rows": selectors.versions(rubric)})


@require_http_methods(["GET", "POST"])
@permitted("rubric.try")
def bench(request: Request, pk: int) -> HttpResponseBase:
    """Try a version on a few transcripts now."""
    rubric = selectors.rubric_of(pk, request.projects)
    models = models_of(rubric.project)
    if request.method == "GET":
        initial = {"version": rubric.number, "newest": 3, **first_values(request.GET)}
        return _bench(request, rubric, BenchForm(initial=initial, models=models))
    form = BenchForm(request.POST, models=models)
    run = _tried(request, rubric, form) if form.is_valid() else None
    if run is None:
        return _bench(request, rubric, form, status=422)
    return redirect("rubrics:run", run.pk)


def _tried(request: Request, rubric: Rubric, form: BenchForm) -> RubricRun | None:
    """None when it is refused, which the form then says."""
    values = form.cleaned_data
    try:
        version = selectors.version_of(rubric, values["version"])
        ids, unknown = named_transcripts(values["transcripts"], rubric.project_id)
        if unknown:
            raise Invalid(f"{len(unknown)} of the lines name no transcript of this project.", place="transcripts")
        if not values["transcripts"].strip():
            found = planning.found(rubric.project, form.filters()).select_related(None)
            ids = list(found.order_by("-received_at", "-pk").values_list("pk", flat=True)[: values["newest"] or 0])
        return runs.try_out(version=version, backend=values["backend"], transcript_ids=ids, by=request.user)
    except (Invalid, NotFound) as error:
        form.add_error(error.place if error.place in form.fields else None, str(error))
        return None


def _bench(request: Request, rubric: Rubric, form: BenchForm, *, status: int = 200) -> HttpResponseBase:
    earlier = [run for run in selectors.runs_of(rubric) if run.kind == "bench"][:10]
    context = {**of_rubric(request, rubric), "form": form, "most": runs.MOST_CHOSEN, "earlier": earlier}
    return render(request, "rubrics/bench.html", context, status=status)


def of_rubric(request: Request, rubric: Rubric) -> dict[str, Any]:
    """What every page of a rubric shows: itself, and what its reader may do with it."""
    may = {
        name: rubric.project_id in allowed_projects(request.memberships, f"rubric.{name}")
        for name in ("write", "try", "run", "label", "export")
    }
    return {"rubric": rubric, "project": rubric.project, "may_here": may}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 10 else None

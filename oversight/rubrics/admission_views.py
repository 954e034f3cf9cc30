"""The admission of a rubric: its labelled set, and what judges came to on it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from oversight.accounts.permissions import Request, permitted
from oversight.lib.errors import Invalid, NotFound
from oversight.rubrics import admissions, runs, selectors
from oversight.rubrics.forms import DataLabelForm, LabelForm, backend_choices, named_transcripts
from oversight.rubrics.models import CaseLabel, Rubric
from oversight.rubrics.views import of_rubric
from oversight.transcripts.models import Label

MOST_NAMES = 50
MOST_DRAWN_FROM = 20_000


@require_GET
@permitted("rubric.view")
def admission(request: Request, pk: int) -> HttpResponseBase:
    return _page(request, selectors.rubric_of(pk, request.projects))


def _page(
    request: Request,
    rubric: Rubric,
    *,
    form: LabelForm | None = None,
    data_form: DataLabelForm | None = None,
    status: int = 200,
) -> HttpResponseBase:
    names = _names(rubric)
    context = {
        **of_rubric(request, rubric),
        "page": selectors.admission_page(rubric),
        "form": form or LabelForm(),
        "data_form": data_form or DataLabelForm(names=names),
        "has_labels": bool(names),
        "backends": backend_choices(),
        "least": runs.LEAST_CASES,
    }
    return render(request, "rubrics/admission.html", context, status=status)


@require_POST
@permitted("rubric.label")
def label(request: Request, pk: int) -> HttpResponseBase:
    """Put transcripts into the set, by name."""
    rubric, form = selectors.rubric_of(pk, request.projects), LabelForm(request.POST)
    if form.is_valid():
        try:
            ids, unknown = named_transcripts(form.cleaned_data["transcripts"], rubric.project_id)
            if unknown:
                raise Invalid(f"{len(unknown)} of the lines name no transcript of this project.")
            _label(request, rubric, ids, form.cleaned_data["label"] == "1", "by hand")
            return redirect("rubrics:admission", pk)
        except Invalid as error:
            form.add_error("transcripts", str(error))
    return _page(request, rubric, form=form, status=422)


@require_POST
@permitted("rubric.label")
def draw(request: Request, pk: int) -> HttpResponseBase:
    """Put transcripts into the set at random, by a label that came with them."""
    rubric = selectors.rubric_of(pk, request.projects)
    form = DataLabelForm(request.POST, names=_names(rubric))
    if form.is_valid():
        values = form.cleaned_data
        try:
            for is_positive, n in ((True, values["positives"]), (False, values["negatives"])):
                ids = _drawn(rubric, values["name"], n, is_positive=is_positive)
                if ids:
                    _label(request, rubric, ids, is_positive, f"label {values['name']} of the data")
            return redirect("rubrics:admission", pk)
        except Invalid as error:
            form.add_error(None, str(error))
    return _page(request, rubric, data_form=form, status=422)


def _label(request: Request, rubric: Rubric, ids: Sequence[UUID], is_positive: bool, source: str) -> None:
    n = admissions.label(rubric=rubric, transcript_ids=ids, is_positive=is_positive, source=source, by=request.user)
    what = "positive" if is_positive else "negative"
    said = f"1 transcript stands in the set as {what}" if n == 1 else f"{n} transcripts stand in the set as {what}s"
    messages.success(request, f"{said}.")


def _names(rubric: Rubric) -> list[str]:
    """Names of labels that are true or false of the project's transcripts."""
    labels = Label.objects.filter(transcript__project=rubric.project, value__in=[True, False, 0, 1])
    return list(labels.order_by("name").values_list("name", flat=True).distinct()[:MOST_NAMES])


def _drawn(rubric: Rubric, name: str, n: int, *, is_positive: bool) -> list[UUID]:
    values = [True, 1] if is_positive else [False, 0]
    labels = Label.objects.filter(transcript__project=rubric.project, name=name, value__in=values)
    taken = set(CaseLabel.objects.filter(rubric=rubric).values_list("transcript_id", flat=True))
    ids = labels.order_by("transcript_id").values_list("transcript_id", flat=True)[:MOST_DRAWN_FROM]
    left = [pk for pk in ids if pk not in taken]
    return random.Random(f"{rubric.pk} {name}").sample(left, min(n, len(left)))


@require_POST
@permitted("rubric.label")
def drop(request: Request, pk: int) -> HttpResponseBase:
    """Take transcripts out of the set."""
    rubric = selectors.rubric_of(pk, request.projects)
    asked = CaseLabel.objects.filter(
        rubric=rubric, pk__in=[pk for pk in request.POST.getlist("case") if pk.isdecimal()]
    )
    n = admissions.drop(rubric=rubric, transcript_ids=asked.values_list("transcript_id", flat=True), by=request.user)
    messages.info(request, f"{n} transcript{' was' if n == 1 else 's were'} taken out of the set.")
    return redirect("rubrics:admission", rubric.pk)


@require_POST
@permitted("rubric.run")
def examine(request: Request, pk: int) -> HttpResponseBase:
    """Have the cost of an admission estimated; it runs when that is confirmed."""
    rubric = selectors.rubric_of(pk, request.projects)
    try:
        asked = request.POST.get("version", "")
        version = selectors.version_of(rubric, int(asked) if asked.isdecimal() and len(asked) < 10 else None)
        run = runs.ask_admission(version=version, backend=request.POST.get("backend", ""), by=request.user)
    except (Invalid, NotFound) as error:
        messages.warning(request, str(error))
        return redirect("rubrics:admission", pk)
    return redirect("rubrics:run", run.pk)

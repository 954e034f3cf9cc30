"""Runs: what one would cost, its confirmation, how far it is, and what it found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db import DatabaseError
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from oversight.accounts.permissions import Request, permitted
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.dashboard.trace import head, trace_page
from oversight.dashboard.traces import models_of
from oversight.lib.csv_export import attachment, streamed
from oversight.lib.errors import Conflict, Denied, Invalid, NotFound, Unavailable
from oversight.review.selectors.blindness import hides_scores
from oversight.rubrics import charts, comparing, judges, results, runs, selectors
from oversight.rubrics.events import ResultsRead
from oversight.rubrics.forms import CapForm, RunForm, first_values
from oversight.rubrics.models import Result, RubricRun, RunKind, RunState
from oversight.rubrics.views import of_rubric
from oversight.transcripts.services import open_transcript


@require_http_methods(["GET", "POST"])
@permitted("rubric.run")
def ask(request: Request, pk: int) -> HttpResponseBase:
    """Which transcripts to run on; a POST has the cost estimated."""
    rubric = selectors.rubric_of(pk, request.projects)
    models = models_of(rubric.project)
    if request.method == "GET":
        form = RunForm(initial={"version": rubric.number, **first_values(request.GET)}, models=models)
        return render(request, "rubrics/ask.html", {**of_rubric(request, rubric), "form": form})
    form = RunForm(request.POST, models=models)
    if form.is_valid():
        values = form.cleaned_data
        try:
            version = selectors.version_of(rubric, values["version"])
            run = runs.ask_run(
                version=version,
                backend=values["backend"],
                filters=form.filters(),
                most=values["newest"],
                by=request.user,
            )
            return redirect("rubrics:run", run.pk)
        except (Invalid, NotFound) as error:
            form.add_error(error.place if error.place in form.fields else None, str(error))
    return render(request, "rubrics/ask.html", {**of_rubric(request, rubric), "form": form}, status=422)


@require_GET
@permitted("rubric.view")
def runs_of_rubric(request: Request, pk: int) -> HttpResponseBase:
    """Every run of a rubric, and which two to compare."""
    rubric = selectors.rubric_of(pk, request.projects)
    context = {**of_rubric(request, rubric), "runs": selectors.runs_of(rubric)}
    return render(request, "rubrics/runs.html", {**context, "comparable": selectors.comparable(rubric)})


@require_GET
@permitted("rubric.view")
def run(request: Request, pk: int) -> HttpResponseBase:
    """How a run stands; htmx asks for the part that changes, and gets it only when it has changed."""
    found = selectors.run_of(pk, request.projects)
    is_part = bool(request.headers.get("HX-Request"))
    if is_part and request.GET.get("have") == selectors.digest(found):
        return HttpResponse(status=204)
    return _run(request, found, part=is_part)


def _run(
    request: Request, found: RubricRun, *, form: CapForm | None = None, part: bool = False, status: int = 200
) -> HttpResponseBase:
    rubric = found.version.rubric
    shown: Sequence[Result] = ()
    if found.kind == RunKind.BENCH:
        shown = list(results.seen(found, request.user).order_by("pk"))
        _record(request, found, "test bench", shown)
    context = {
        **of_rubric(request, rubric),
        "run": found,
        "version": found.version,
        "filters": selectors.said_filters(found.filters, found.most),
        "progress": selectors.progress(found),
        "digest": selectors.digest(found),
        "cards": results.cards_of(shown, rubric),
        "n_hidden": results.n_hidden(found, request.user) if found.kind == RunKind.BENCH else 0,
        "form": form or CapForm(initial=_caps(found)),
        "is_live": found.state in (RunState.ESTIMATING, RunState.RUNNING),
        "admission": getattr(found, "admission", None) if found.kind == RunKind.ADMISSION else None,
        "n_unscored": Result.objects.filter(run=found, state="unscored").count(),
    }
    return render(request, "rubrics/_run.html" if part else "rubrics/run.html", context, status=status)


def _caps(found: RubricRun) -> dict[str, Any]:
    """The caps of now, or the upper end of the estimate with room for what is under way; twice as much after a stop."""
    estimate = found.estimate or {}
    if found.cap_tokens is None and found.cap_money is None:
        room, price = int(estimate.get("headroom", 0)), judges.usd_per_token_at_most(found.backend)
        upper = int(estimate.get("tokens", [0, 0, 0])[2]) + room
        money = round(estimate["money"][2] + room * price, 4) if estimate.get("money") else None
        return {"cap_tokens": max(1, upper), "cap_money": money}
    if found.state != RunState.CAPPED:
        return {"cap_tokens": found.cap_tokens, "cap_money": found.cap_money}
    return {
        "cap_tokens": found.cap_tokens and found.cap_tokens * 2,
        "cap_money": found.cap_money and found.cap_money * 2,
    }


@require_POST
@permitted("rubric.run")
def start(request: Request, pk: int) -> HttpResponseBase:
    """Confirm a run, or let it go on, under caps."""
    found, form = selectors.run_of(pk, request.projects), CapForm(request.POST)
    if form.is_valid():
        try:
            runs.start(run=found, **form.cleaned_data, by=request.user)
            return redirect("rubrics:run", pk)
        except (Conflict, Invalid) as error:
            form.add_error(None, str(error))
    return _run(request, found, form=form, status=422)


@require_POST
@permitted("rubric.run")
def pause(request: Request, pk: int) -> HttpResponseBase:
    """Begin no further transcript."""
    found = selectors.run_of(pk, request.projects)
    try:
        runs.pause(run=found, actor=Actor.of(request.user))
        messages.info(request, "The run is paused. What is under way ends; nothing is lost.")
    except Conflict as error:
        messages.warning(request, str(error))
    return redirect("rubrics:run", pk)


@require_POST
@permitted("rubric.run")
def cancel(request: Request, pk: int) -> HttpResponseBase:
    """End a run for good."""
    found = selectors.run_of(pk, request.projects)
    try:
        runs.cancel(run=found, by=request.user)
        messages.info(request, "The run has ended. Its results stay.")
    except Conflict as error:
        messages.warning(request, str(error))
    return redirect("rubrics:run", pk)


@require_POST
@permitted("rubric.run")
def again(request: Request, pk: int) -> HttpResponseBase:
    """Take up again what could not be judged."""
    found = selectors.run_of(pk, request.projects)
    try:
        n = runs.judge_again(run=found, by=request.user)
        messages.info(request, f"{n} transcript{'' if n == 1 else 's'} will be judged again once the run goes on.")
    except Conflict as error:
        messages.warning(request, str(error))
    return redirect("rubrics:run", pk)


@require_GET
@permitted("rubric.view")
def run_results(request: Request, pk: int) -> HttpResponseBase:
    """The results of a run, with quotes: their reading is recorded before they are sent."""
    found = selectors.run_of(pk, request.projects)
    asked = {key: request.GET.get(key, "") for key in ("shown", "older", "newer")}
    page = results.results_page(found, request.user, **asked)
    _record(request, found, "results", [row.result for row in page.rows])
    context = {
        **of_rubric(request, found.version.rubric),
        "run": found,
        "version": found.version,
        "page": page,
        "kinds": results.SHOWN,
        "charts": charts.charts_of(found),
    }
    return render(request, "rubrics/results.html", context)


@require_GET
@permitted("rubric.view")
def result(request: Request, pk: int) -> HttpResponseBase:
    """Everything that a judge said of one transcript, its answer word for word."""
    found = _seen_result(request, pk)
    open_transcript(transcript=found.transcript, surface="rubric result", actor=Actor.of(request.user))
    [card] = results.cards_of([found], found.run.version.rubric)
    context = {**of_rubric(request, found.run.version.rubric), "run": found.run, "version": found.run.version}
    return render(request, "rubrics/result.html", {**context, "card": card})


def _seen_result(request: Request, pk: int) -> Result:
    found = selectors.result_of(pk, request.projects)
    if hides_scores(request.user, found.transcript_id):
        raise Denied("You read this transcript without scores. What judges said of it is shown after your verdict.")
    return found


@require_GET
@permitted("transcript.view")
def show(request: Request, pk: int) -> HttpResponseBase:
    """To the transcript's page, at the first quote of a result. That page records the reading."""
    found = _seen_result(request, pk)
    beside = results.beside(found.pk, found.transcript_id, request.projects)
    page = trace_page(head(found.transcript_id, request.projects), beside=beside)
    quotes = page.findings[0].quotes if page.findings else ()
    href = next((quote.href for quote in quotes if quote.href), "")
    query = f"?rubric={found.pk}" if href.startswith("#") or not href else ""
    return redirect(reverse("dashboard:trace", args=[found.transcript_id]) + query + href)


@require_GET
@permitted("rubric.export")
def export(request: Request, pk: int) -> HttpResponseBase:
    """All results as a file; that they were taken is recorded before the first byte."""
    found = selectors.run_of(pk, request.projects)
    as_csv = request.GET.get("as") != "jsonl"
    _record(request, found, "CSV file" if as_csv else "JSON Lines file", (), n_rows=found.n_ended)
    name = f"rubric-run-{found.pk}"
    if as_csv:
        return attachment(request, results.csv_rows(found, request.user), name=f"{name}.csv")
    lines = results.json_lines(found, request.user)
    return streamed(request, lines, name=f"{name}.jsonl", content_type="application/x-ndjson")


@require_GET
@permitted("rubric.view")
def compare(request: Request, pk: int) -> HttpResponseBase:
    """Two runs of a rubric on the same transcripts. Ids and scores only, so nothing of a text is read."""
    rubric = selectors.rubric_of(pk, request.projects)
    chosen = [_chosen(request, request.GET.get(key), rubric.pk) for key in ("a", "b")]
    context = {**of_rubric(request, rubric), "comparable": selectors.comparable(rubric)}
    if chosen[0] and chosen[1]:
        found = comparing.compare(chosen[0], chosen[1], request.user)
        context |= {"found": found, "charts": (charts.scatter(found),) if found.n_both else ()}
    return render(request, "rubrics/compare.html", context)


def _chosen(request: Request, asked: str | None, rubric_id: int) -> RubricRun | None:
    if not asked or not asked.isdecimal() or len(asked) > 18:
        return None
    found = selectors.run_of(int(asked), request.projects)
    if found.version.rubric_id != rubric_id:
        raise NotFound("This is a run of another rubric.")
    return found


def _record(
    request: Request, found: RubricRun, surface: str, rows: Sequence[Result], n_rows: int | None = None
) -> None:
    """Raises Unavailable when it cannot be written: then no text is sent."""
    if not rows and n_rows is None:
        return
    event = ResultsRead(
        object_id=str(found.pk),
        project_id=found.project_id,
        rubric_id=found.version.rubric_id,
        surface=surface,
        n_rows=len(rows) if n_rows is None else n_rows,
        transcript_ids=[str(row.transcript_id) for row in rows],
    )
    try:
        audit.record_alone(event, Actor.of(request.user))
    except DatabaseError as error:
        raise Unavailable("The audit trail cannot be written, so no result is shown. Try again.") from error

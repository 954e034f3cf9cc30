"""The test bench: choose a monitor and a text, run it now, look at what it finds."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from monitors import registry
from oversight.accounts.models import Project
from oversight.accounts.permissions import Request, permitted, project_for, projects_of
from oversight.audit.actors import Actor
from oversight.dashboard import bench, words
from oversight.dashboard.bench import TrialForm
from oversight.dashboard.trace import head
from oversight.lib.errors import Invalid, NotFound
from oversight.monitoring import pages, trials
from oversight.monitoring.trials import Trial
from oversight.review.selectors.blindness import hides_scores
from oversight.transcripts.services import open_transcript


@require_http_methods(["GET", "POST"])
@permitted("monitor.try")
def test_bench(request: Request) -> HttpResponseBase:
    """The form; a POST begins a trial."""
    given = request.POST if request.method == "POST" else request.GET
    project = project_for(request, given.get("project"))
    start = bench.start_of(given, request.projects, project.pk)
    if request.method == "GET":
        return _bench(request, start, TrialForm(monitor=start.monitor, params=start.params, initial=start.initial))
    form = TrialForm(request.POST, monitor=start.monitor)
    trial = _asked(request, start.project_id, form) if form.is_valid() else None
    if trial is None:
        return _bench(request, start, form, status=422)
    return redirect("dashboard:trial", trial.id)


def _asked(request: Request, project_id: int, form: TrialForm) -> Trial | None:
    """None when it is refused, which the form then says."""
    values = {name: form.cleaned_data[name] for name in ("backend", "threshold", "params")}
    project, said = Project.objects.get(pk=project_id), form.cleaned_data["transcript"]
    try:
        transcript = bench.named_transcript(said, project_id) if said.strip() else None
        if transcript:
            _refuse_blind(request, transcript.pk)
        return trials.ask_trial(
            user=request.user,
            project=project,
            monitor=form.monitor,
            **values,
            pasted=None if transcript else form.pasted(),
            transcript_id=transcript.pk if transcript else None,
        )
    except NotFound as error:
        form.add_error("transcript", str(error))
    except Invalid as error:
        form.refuse(error)
    return None


def _bench(request: Request, start: bench.Start, form: TrialForm, *, status: int = 200) -> HttpResponseBase:
    context = {
        "form": form,
        "start": start,
        "about": pages.about(start.monitor),
        "project": Project.objects.get(pk=start.project_id),
        "projects": projects_of(request),
        "installed": [(name, words.monitor_title(name)) for name in registry.entries()],
        "kept_min": trials.KEPT_S // 60,
        "most_chars": trials.MOST_CHARS,
    }
    return render(request, "monitoring/bench.html", context, status=status)


@require_GET
@permitted("monitor.try")
def trial(request: Request, pk: int) -> HttpResponseBase:
    """How a trial stands, and what it found; only for whoever asked for it."""
    found = trials.trial_of(request.user, pk)
    if found.project_id not in request.projects:
        raise NotFound("This trial is over.")
    is_done = found.state == "done"
    if is_done and found.transcript_id:
        transcript = head(bench.uuid_of(found.transcript_id), request.projects)
        _refuse_blind(request, transcript.pk)
        open_transcript(transcript=transcript, surface="test bench", actor=Actor.of(request.user))
    page = bench.done_page(found) if is_done else bench.waiting_page(found)
    is_part = bool(request.headers.get("HX-Request"))
    return render(request, "monitoring/_trial.html" if is_part else "monitoring/trial.html", {"page": page})


def _refuse_blind(request: Request, transcript_id: UUID) -> None:
    """A trial is a score like any other. Raises NotFound."""
    if hides_scores(request.user, transcript_id):
        raise NotFound("You read this transcript without scores. Try a monitor on it after your verdict.")

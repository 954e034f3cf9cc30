"""Running a monitor from the trace page: what can be run, how it stands, and a trial's finding beside the others."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from oversight.accounts.permissions import Request, permitted
from oversight.dashboard import words
from oversight.dashboard.trace import Beside, head
from oversight.lib.errors import Conflict, Invalid, NotFound, Throttled, Unavailable
from oversight.monitoring import run_now, trials
from oversight.monitoring.run_now import Choice
from oversight.monitoring.trials import Trial
from oversight.review.selectors.blindness import hides_scores
from oversight.transcripts.models import Transcript

STANDINGS = {
    "missing": "Not run on this transcript yet",
    "unmeasured": "Could not measure",
    "older": "Measured by older settings",
    "measured": "Measured",
    "elsewhere": "Not at work in this project",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A monitor that can be run, in words. `cost` is empty where no model is asked."""

    choice: Choice
    title: str
    backend: str
    standing: str
    cost: str

    @classmethod
    def of(cls, choice: Choice) -> Row:
        backend = words.BACKENDS.get(choice.backend, choice.backend)
        return cls(choice, words.monitor_title(choice.monitor), backend, _standing(choice), _cost(choice))


def _standing(choice: Choice) -> str:
    if choice.standing == "pending":
        return words.RUN_STATES.get(choice.state, choice.state).capitalize()
    if choice.standing == "unmeasured":
        return words.reason_in_words(choice.state).rstrip(".")
    return STANDINGS[choice.standing]


def _cost(choice: Choice) -> str:
    """What one run has taken so far, on average; nobody knows beforehand."""
    if not choice.asks_model:
        return ""
    n, spent = choice.spent.n_scores, choice.spent
    if not n:
        return "asks a model; its cost is not known yet"
    money = f", {spent.money / n:.4f} USD" if spent.money else ""
    return f"asks a model: about {spent.calls / n:.1f} calls, {spent.tokens / n:,.0f} tokens{money} a transcript"


@require_http_methods(["GET", "POST"])
@permitted("monitor.try")
def trace_run(request: Request, pk: UUID) -> HttpResponseBase:
    """What can be run on this transcript, and how a trial stands; a POST asks for one."""
    transcript, is_part = head(pk, request.projects), bool(request.headers.get("HX-Request"))
    if hides_scores(request.user, transcript.pk):
        raise NotFound("You read this transcript without scores. Run a monitor on it after your verdict.")
    if request.method == "GET":
        return _page(request, transcript, trial=trial_of(request, transcript.pk))
    try:
        asked = run_now.ask(
            transcript=transcript,
            monitor=request.POST.get("monitor", "")[:80],
            deployment_id=_number(request.POST.get("deployment", "")),
            user=request.user,
        )
    except (Conflict, Invalid, NotFound, Throttled, Unavailable) as error:
        # A part with a refusal in it has to be put in place like any other.
        return _page(request, transcript, error=str(error), status=200 if is_part else error.status)
    trial = asked if isinstance(asked, Trial) else None
    if is_part:
        return _page(request, transcript, trial=trial, has_begun=trial is None)
    here = reverse("dashboard:trace-run", args=[transcript.pk])
    return redirect(f"{here}?trial={trial.id}" if trial else here)


def _page(
    request: Request,
    transcript: Transcript,
    *,
    trial: Trial | None = None,
    error: str = "",
    has_begun: bool = False,
    status: int = 200,
) -> HttpResponseBase:
    rows = [Row.of(choice) for choice in run_now.choices(transcript)]
    context = {
        "transcript": transcript,
        "at_work": [row for row in rows if row.choice.deployment_id],
        "elsewhere": [row for row in rows if not row.choice.deployment_id],
        "trial": trial,
        "trial_title": words.monitor_title(trial.monitor) if trial else "",
        "error": error,
        "has_begun": has_begun,
        "kept_min": trials.KEPT_S // 60,
    }
    is_part = bool(request.headers.get("HX-Request"))
    return render(request, "dashboard/_run.html" if is_part else "dashboard/run.html", context, status=status)


def trial_of(request: Request, transcript_id: UUID) -> Trial | None:
    """The reader's own trial on this transcript that the address names, unless its time is over."""
    id_ = _number(request.GET.get("trial", ""))
    try:
        trial = trials.trial_of(request.user, id_) if id_ else None
    except NotFound:
        return None
    return trial if trial and trial.transcript_id == str(transcript_id) else None


def tried(request: Request, transcript_id: UUID) -> Beside | None:
    """What the reader's own trial found, for the page to show first and mark in the text."""
    trial = trial_of(request, transcript_id)
    row = trial.score_row() if trial else None
    if trial is None or row is None:
        return None
    word = f"Tried by you: {words.score_word(row.state, flagged=row.flagged)}"
    tone = words.score_tone(row.state, flagged=row.flagged)
    return Beside(row, f"trial={trial.id}", words.monitor_title(row.monitor), word, tone)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0

"""One monitor on one transcript, now, since somebody who reads it asks.

What the project's deployment has not measured yet is stored like every other run. What has a score keeps it: measured
again, by trial, it is for the asker alone. Nobody can replace a score of record by asking until another comes out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from monitors import registry
from oversight.accounts import throttle
from oversight.accounts.models import User
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib.errors import Conflict, Invalid, NotFound, Throttled
from oversight.monitoring import costs, trials
from oversight.monitoring.costs import Spent
from oversight.monitoring.events import RunAsked
from oversight.monitoring.forms import backend_choices
from oversight.monitoring.models import UNENDED, Backend, Deployment, MonitorRun, RunState, Score
from oversight.monitoring.services import new_run, ring
from oversight.monitoring.trials import Trial
from oversight.transcripts.models import Transcript

MOST_A_MINUTE = 12
NO_COST = Spent()


@dataclass(frozen=True, slots=True)
class Choice:
    """A monitor that can be run. `standing`: missing, unmeasured, older, pending, measured or elsewhere.

    The last is what no deployment of the project has at work. `state` is the run's, or the reason why it has no score.
    """

    monitor: str
    backend: str
    deployment_id: int
    standing: str
    state: str = ""
    at: datetime | None = None
    spent: Spent = NO_COST

    @property
    def asks_model(self) -> bool:
        return self.backend in (Backend.LOCAL, Backend.SERVER)

    @property
    def is_stored(self) -> bool:
        """Whether its score would become the project's."""
        return self.standing in ("missing", "unmeasured", "older")


def choices(transcript: Transcript) -> tuple[Choice, ...]:
    """Every deployment at work in the project, then what else is installed. Three queries."""
    at_work = Deployment.objects.filter(project_id=transcript.project_id, enabled=True).order_by("stage", "monitor")
    listed = [deployment for deployment in at_work if deployment.monitor in registry.entries()]
    runs = _newest(transcript.pk, [deployment.pk for deployment in listed])
    spent = costs.of_deployments([deployment.pk for deployment in listed])
    known = {deployment.monitor for deployment in listed}
    mine = [_choice(one, runs.get(one.pk), spent[one.pk].total if one.pk in spent else NO_COST) for one in listed]
    return (*mine, *(_elsewhere(name) for name in registry.entries() if name not in known))


def _newest(transcript_id: UUID, deployment_ids: Iterable[int]) -> dict[int, MonitorRun]:
    runs = MonitorRun.objects.newest().filter(transcript=transcript_id, deployment__in=deployment_ids)
    return {run.deployment_id: run for run in runs.select_related("score")}


def _choice(deployment: Deployment, run: MonitorRun | None, spent: Spent) -> Choice:
    score = _score(run)
    state = "" if run is None else run.state if run.state in UNENDED else score.reason if score else run.state
    return Choice(
        monitor=deployment.monitor,
        backend=deployment.backend,
        deployment_id=deployment.pk,
        standing=_standing(deployment, run),
        state=state,
        at=run.finished_at or run.created_at if run else None,
        spent=spent,
    )


def _elsewhere(monitor: str) -> Choice:
    return Choice(monitor, backend_choices(monitor)[0][0], 0, "elsewhere")


def _score(run: MonitorRun | None) -> Score | None:
    return getattr(run, "score", None)


def _standing(deployment: Deployment, run: MonitorRun | None) -> str:
    if run is None:
        return "missing"
    if run.state in UNENDED:
        return "pending"
    score = _score(run)
    if score is None or score.value is None:
        return "unmeasured"
    entry = registry.entry(deployment.monitor)
    is_current = (score.version, score.params_digest) == (entry.version, deployment.params_digest)
    return "measured" if is_current else "older"


def ask(*, transcript: Transcript, monitor: str, deployment_id: int, user: User) -> MonitorRun | Trial:
    """A stored run, or a trial of what has its score already. Raises NotFound, Conflict, Invalid and Throttled."""
    if throttle.hit(f"run:{user.pk}") > MOST_A_MINUTE:
        raise Throttled(f"You have asked for {MOST_A_MINUTE} runs in this minute. Wait for it to end.", retry_after=60)
    if not deployment_id:
        return _tried(transcript, _elsewhere(_installed(monitor)), None, user)
    deployment = Deployment.objects.filter(
        pk=deployment_id, project_id=transcript.project_id, monitor=_installed(monitor), enabled=True
    ).first()
    if deployment is None:
        raise NotFound("There is no such monitor at work in this project.")
    run = _newest(transcript.pk, [deployment.pk]).get(deployment.pk)
    choice = _choice(deployment, run, NO_COST)
    if choice.standing == "measured":
        return _tried(transcript, choice, deployment, user)
    return run_stored(transcript=transcript, deployment=deployment, actor=Actor.of(user))


def _installed(monitor: str) -> str:
    if monitor not in registry.entries():
        raise NotFound("There is no such monitor.")
    return monitor


def _tried(transcript: Transcript, choice: Choice, deployment: Deployment | None, user: User) -> Trial:
    return trials.ask_trial(
        user=user,
        project=transcript.project,
        monitor=choice.monitor,
        backend=choice.backend,
        threshold=deployment.threshold if deployment else registry.entry(choice.monitor).threshold,
        params=deployment.params if deployment else {},
        transcript_id=transcript.pk,
    )


@transaction.atomic
def run_stored(*, transcript: Transcript, deployment: Deployment, actor: Actor) -> MonitorRun:
    """Queue the deployment's run on this transcript; one that is under way is given back instead of a second.

    Raises Conflict when it has a score by these very settings, or somebody was faster.
    """
    runs = MonitorRun.objects.filter(transcript=transcript, deployment=deployment)
    last = runs.select_for_update(of=("self",)).select_related("score").order_by("-run_no").first()
    if last and last.state in UNENDED:
        return last
    if not deployment.enabled:
        raise Invalid("This monitor is switched off in the project.")
    if _standing(deployment, last) == "measured":
        raise Conflict("This monitor has measured the transcript already, by these very settings.")
    run = new_run(transcript.pk, deployment, (last.run_no if last else 0) + 1)
    # Asked for by name: neither the sample nor an earlier stage keeps it back.
    run.state, run.finished_at = RunState.QUEUED, None
    try:
        with transaction.atomic():
            run.save()
    except IntegrityError:
        raise Conflict("Somebody else has just asked for this run.") from None
    audit.record(
        RunAsked(
            object_id=str(transcript.pk),
            project_id=deployment.project_id,
            run_id=run.pk,
            deployment_id=deployment.pk,
            monitor=deployment.monitor,
            run_no=run.run_no,
        ),
        actor,
    )
    ring([run])
    return run

"""Putting a rubric to work: its live version is a monitor, and each judge that it is put to is a deployment of it."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from monitors import base
from oversight.accounts.models import User
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib.errors import Invalid
from oversight.monitoring import backfills, deployments
from oversight.monitoring import services as monitoring
from oversight.monitoring.models import BackfillScope, Deployment, MonitorRun, RunState, Score
from oversight.monitoring.services import Outcome
from oversight.rubrics import admissions, at_work, wording
from oversight.rubrics.events import RubricActivated
from oversight.rubrics.models import BACKENDS, Rubric, RubricRun, RubricVersion, RunKind

WORKER = Actor.worker("rubrics")
_OPEN = (RunState.WAITING, RunState.QUEUED, RunState.LEASED)


@transaction.atomic
def activate(
    *,
    version: RubricVersion,
    backend: str,
    threshold: float,
    sample_share: float,
    newest: int | None,
    why: str,
    by: User,
) -> Deployment:
    """Let a version judge every new transcript, and the newest of those that are there if wanted.

    Raises Invalid while no judge is admitted to its prompt: whatever it found would be no flag.
    """
    if not why.strip():
        raise Invalid("Say in a few words why: the reason is kept in the audit trail.", place="why")
    if backend not in BACKENDS:
        raise Invalid("A rubric is asked of the local model or of the model server.", place="backend")
    rubric = Rubric.objects.select_for_update().get(pk=version.rubric_id)
    prompt = wording.prompt_sha256(wording.rubric_of(version))
    if not any(row.admitted and row.prompt_sha256 == prompt for row in admissions.standing(rubric)):
        raise Invalid("No judge is admitted to this version yet. Examine one on the admission set first.")
    rubric.live_number = version.number
    rubric.save(update_fields=["live_number"])
    for one in deployments_of(rubric):
        deployments.follow_version(deployment=one, actor=Actor.of(by))
    deployment = _deployed(rubric, backend, threshold, sample_share, why, Actor.of(by))
    audit.record(
        RubricActivated(
            object_id=str(rubric.pk),
            project_id=rubric.project_id,
            number=version.number,
            deployment_id=deployment.pk,
            backend=backend,
            threshold=f"{threshold:.6f}",
            why=why.strip(),
        ),
        Actor.of(by),
    )
    if newest:
        # What an earlier version said of a transcript is not what this one says.
        scope = BackfillScope.OLDER
        backfills.ask_backfill(deployment=deployment, scope=scope, newest=newest, why=why, actor=Actor.of(by))
    return deployment


def _deployed(
    rubric: Rubric, backend: str, threshold: float, sample_share: float, why: str, actor: Actor
) -> Deployment:
    """The rubric's deployment with this judge, made if there is none, and at work."""
    deployment = deployments_of(rubric).filter(backend=backend).first()
    if deployment is None:
        return deployments.create_deployment(
            project=rubric.project,
            monitor=at_work.monitor_name(rubric),
            backend=backend,
            threshold=threshold,
            sample_share=sample_share,
            why=why,
            actor=actor,
        )
    if (deployment.enabled, deployment.threshold, deployment.sample_share) == (True, threshold, sample_share):
        return deployment
    return deployments.change_deployment(
        deployment=deployment, enabled=True, threshold=threshold, sample_share=sample_share, why=why, actor=actor
    )


def deployments_of(rubric: Rubric) -> QuerySet[Deployment]:
    """Where a rubric is at work, or was."""
    named = Deployment.objects.filter(project_id=rubric.project_id, monitor=at_work.monitor_name(rubric))
    return named.order_by("pk")


def carry(run: RubricRun, transcript_id: UUID, *, score: base.Score, judge_digest: str) -> None:
    """What a run over a filter found is the deployment's result too, in the caller's transaction.

    Only for the live version with an admitted judge, and only where the deployment has said nothing by it yet.
    """
    if run.kind != RunKind.FILTER or score.value is None:
        return
    rubric = run.version.rubric
    deployment = deployments_of(rubric).filter(backend=run.backend, enabled=True).first()
    if deployment is None or rubric.live_number != run.version.number or deployment.version != run.version.number:
        return
    if (judge_digest, score.prompt_sha256) in admissions.admitted(rubric):
        _keep(deployment, transcript_id, score)


def _keep(deployment: Deployment, transcript_id: UUID, score: base.Score) -> None:
    before = MonitorRun.objects.filter(deployment=deployment, transcript_id=transcript_id).order_by("-run_no").first()
    if before is not None and (before.state in _OPEN or _has_said(before, deployment)):
        return
    made = monitoring.new_run(transcript_id, deployment, before.run_no + 1 if before else 1)
    made.state, made.finished_at = RunState.DONE, Now()
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError:
        # Somebody scheduled it just now: the deployment asks for itself.
        return
    # The run has paid for it already.
    monitoring.keep([Outcome(made, replace(score, cost=base.NO_COST))], WORKER)


def _has_said(run: MonitorRun, deployment: Deployment) -> bool:
    scores = Score.objects.filter(run=run, params_digest=deployment.params_digest)
    return scores.exclude(value=None).exists()

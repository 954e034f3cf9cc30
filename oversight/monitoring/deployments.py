"""Writers of deployments: making one, changing it by versions of its settings, following the installed monitor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.db.models.functions import Now

from monitors import registry
from monitors.base import Need
from oversight.accounts.models import Project
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib import clock
from oversight.lib.errors import Conflict, Invalid, NotFound
from oversight.monitoring import parameters
from oversight.monitoring.events import DeploymentChanged, VersionDrafted
from oversight.monitoring.models import Backend, Deployment, DeploymentVersion, MonitorRun, RunState

_SETTINGS = ("params", "threshold", "model_thresholds", "sample_share")
_SHOWN = ("monitor", "version", "number", "backend", "stage", "enabled", *_SETTINGS)
MOST_MODELS = 200


@transaction.atomic
def create_deployment(
    *,
    project: Project,
    monitor: str,
    backend: str | None = None,
    params: Mapping[str, Any] | None = None,
    threshold: float | None = None,
    stage: int | None = None,
    sample_share: float = 1.0,
    enabled: bool = True,
    why: str = "",
    actor: Actor,
) -> Deployment:
    """Put a monitor to work in a project. What is not given is the monitor's default."""
    entry = _entry(monitor)
    backend = backend or (Backend.LOCAL if entry.needs else Backend.NONE)
    params = parameters.checked(monitor, params or {})
    deployment = Deployment(
        project=project,
        monitor=monitor,
        version=entry.version,
        params=params,
        params_digest=registry.params_digest(monitor, params),
        backend=backend,
        threshold=entry.threshold if threshold is None else threshold,
        stage=default_stage(entry, backend) if stage is None else stage,
        sample_share=sample_share,
        enabled=enabled,
    )
    check(deployment, entry)
    _save(deployment)
    _keep_version(deployment, why, {}, actor)
    _record(deployment, {}, why, actor)
    return deployment


@transaction.atomic
def change_deployment(
    *,
    deployment: Deployment,
    why: str,
    threshold: float | None = None,
    enabled: bool | None = None,
    sample_share: float | None = None,
    params: Mapping[str, Any] | None = None,
    model_thresholds: Mapping[str, float] | None = None,
    basis: Mapping[str, Any] | None = None,
    actor: Actor,
) -> Deployment:
    """Change what is given, for a reason. Disabling cancels the runs that no worker has begun.

    Other settings than on and off become a new version, which is live at once. `basis`: what thresholds rest on.
    """
    why = _reason(why)
    current = Deployment.objects.select_for_update().get(pk=deployment.pk)
    before = _shown(current)
    given = {"params": params, "threshold": threshold, "model_thresholds": model_thresholds}
    _take(current, {**given, "sample_share": sample_share})
    current.enabled = current.enabled if enabled is None else enabled
    if _shown(current) == before:
        raise Invalid("Nothing would change.")
    if any(getattr(current, name) != before[name] for name in _SETTINGS):
        current.number = _next_number(current)
        _keep_version(current, why, basis or {}, actor)
    _save(current)
    if not current.enabled:
        _cancel(current)
    _record(current, before, why, actor)
    return current


@transaction.atomic
def draft_version(
    *,
    deployment: Deployment,
    why: str,
    params: Mapping[str, Any] | None = None,
    threshold: float | None = None,
    sample_share: float | None = None,
    model_thresholds: Mapping[str, float] | None = None,
    actor: Actor,
) -> DeploymentVersion:
    """Keep other settings beside the live ones, to be tried and perhaps promoted."""
    why = _reason(why)
    current = Deployment.objects.select_for_update().get(pk=deployment.pk)
    before = _shown(current)
    given = {"params": params, "threshold": threshold, "model_thresholds": model_thresholds}
    _take(current, {**given, "sample_share": sample_share})
    if _shown(current) == before:
        raise Invalid("This is what the live version says already.")
    current.number = _next_number(current)
    version = _keep_version(current, why, {}, actor)
    audit.record(
        VersionDrafted(
            object_id=str(current.pk),
            project_id=current.project_id,
            number=version.number,
            before=before,
            after=_shown(current),
            why=why,
        ),
        actor,
    )
    return version


@transaction.atomic
def promote_version(*, deployment: Deployment, number: int, why: str, actor: Actor) -> Deployment:
    """Let a version be the live one: a draft, or an earlier one to go back to."""
    why = _reason(why)
    current = Deployment.objects.select_for_update().get(pk=deployment.pk)
    version = DeploymentVersion.objects.filter(deployment=current, number=number).first()
    if version is None:
        raise NotFound("There is no such version.")
    if number == current.number:
        raise Conflict(f"Version {number} is live already.")
    before = _shown(current)
    _take(current, {name: getattr(version, name) for name in _SETTINGS})
    current.number = number
    _save(current)
    _record(current, before, why, actor)
    return current


@transaction.atomic
def follow_version(*, deployment: Deployment, actor: Actor) -> Deployment:
    """Take over the installed monitor's version, so that each score names the formula that gave it."""
    entry = _entry(deployment.monitor)
    digest = registry.params_digest(deployment.monitor, deployment.params)
    if (entry.version, digest) == (deployment.version, deployment.params_digest):
        return deployment
    current = Deployment.objects.select_for_update().get(pk=deployment.pk)
    before = _shown(current)
    current.version, current.params_digest = entry.version, digest
    current.save(update_fields=["version", "params_digest"])
    if _shown(current) != before:
        _record(current, before, "another version of the monitor is installed", actor)
    return current


def default_stage(entry: registry.Entry, backend: str) -> int:
    """Model-free monitors first, then recorded verdicts and LM statistics, then judges that are asked."""
    if not entry.needs:
        return 0
    return 2 if Need.JUDGE in entry.needs and backend != Backend.RECORDED else 1


def _entry(monitor: str) -> registry.Entry:
    try:
        return registry.entry(monitor)
    except KeyError as error:
        raise Invalid(str(error.args[0])) from None


def _reason(why: str) -> str:
    if not why.strip():
        raise Invalid("Say in a few words why: the reason is kept in the audit trail.")
    return why.strip()


def _take(deployment: Deployment, given: Mapping[str, Any]) -> None:
    """Set what is not None, checked but not yet saved."""
    for name, value in given.items():
        if value is not None:
            setattr(deployment, name, value)
    if given.get("params") is not None:
        deployment.params = parameters.checked(deployment.monitor, given["params"])
        deployment.params_digest = registry.params_digest(deployment.monitor, deployment.params)
    deployment.model_thresholds = dict(deployment.model_thresholds)
    check(deployment, _entry(deployment.monitor))


def _next_number(deployment: Deployment) -> int:
    newest = DeploymentVersion.objects.filter(deployment=deployment).aggregate(newest=Max("number"))["newest"]
    return int(newest or 0) + 1


def _keep_version(deployment: Deployment, why: str, basis: Mapping[str, Any], actor: Actor) -> DeploymentVersion:
    return DeploymentVersion.objects.create(
        deployment=deployment,
        number=deployment.number,
        **{name: getattr(deployment, name) for name in _SETTINGS},
        basis=dict(basis),
        why=why,
        made_by_id=int(actor.id) if actor.kind == "user" else None,
        at=clock.now(),
    )


def check(deployment: Deployment, entry: registry.Entry) -> None:
    """Raise Invalid for settings that no deployment may have."""
    for name in ("threshold", "sample_share"):
        if not 0 <= getattr(deployment, name) <= 1:
            raise Invalid(f"The {name.replace('_', ' ')} must lie between 0 and 1.", place=name)
    if len(deployment.model_thresholds) > MOST_MODELS:
        raise Invalid(f"At most {MOST_MODELS} models may have a threshold of their own.")
    if not all(0 <= threshold <= 1 for threshold in deployment.model_thresholds.values()):
        raise Invalid("Each model's threshold must lie between 0 and 1.")
    if deployment.backend not in Backend.values:
        raise Invalid(f"There is no backend {deployment.backend!r}: it is one of {', '.join(Backend.values)}.")
    if deployment.backend != Backend.NONE and not entry.needs:
        raise Invalid(f"{deployment.monitor} needs no model; its backend is none.")
    if deployment.backend == Backend.RECORDED and Need.JUDGE not in entry.needs:
        raise Invalid(f"{deployment.monitor} asks no judge, so no verdict of a judge can replace it.")


def _save(deployment: Deployment) -> None:
    try:
        with transaction.atomic():
            deployment.save()
    except IntegrityError:
        raise Conflict(f"{deployment.monitor} works in this project with this backend and these parameters.") from None


def _cancel(deployment: Deployment) -> None:
    waiting = MonitorRun.objects.filter(deployment=deployment, state__in=(RunState.WAITING, RunState.QUEUED))
    waiting.update(state=RunState.CANCELLED, finished_at=Now())


def _shown(deployment: Deployment) -> dict[str, Any]:
    return {name: getattr(deployment, name) for name in _SHOWN}


def _record(deployment: Deployment, before: dict[str, Any], why: str, actor: Actor) -> None:
    audit.record(
        DeploymentChanged(
            object_id=str(deployment.pk),
            project_id=deployment.project_id,
            before=before,
            after=_shown(deployment),
            why=why,
        ),
        actor,
    )

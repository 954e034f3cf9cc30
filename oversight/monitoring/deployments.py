"""Writers of deployments: making one, changing it with a reason, and following the installed monitor's version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from monitors import registry
from monitors.base import Need
from oversight.accounts.models import Project
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib.errors import Conflict, Invalid
from oversight.monitoring.events import DeploymentChanged
from oversight.monitoring.models import Backend, Deployment, MonitorRun, RunState

_SHOWN = ("monitor", "version", "params", "backend", "threshold", "stage", "sample_share", "enabled")


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
    params = _checked_params(monitor, params or {})
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
    _check(deployment, entry)
    _save(deployment)
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
    actor: Actor,
) -> Deployment:
    """Change what is given, for a reason. Disabling cancels the runs that no worker has begun."""
    if not why.strip():
        raise Invalid("Say in a few words why: the reason is kept in the audit trail.")
    current = Deployment.objects.select_for_update().get(pk=deployment.pk)
    before = _shown(current)
    current.threshold = current.threshold if threshold is None else threshold
    current.enabled = current.enabled if enabled is None else enabled
    current.sample_share = current.sample_share if sample_share is None else sample_share
    if params is not None:
        current.params = _checked_params(current.monitor, params)
        current.params_digest = registry.params_digest(current.monitor, current.params)
    _check(current, _entry(current.monitor))
    if _shown(current) == before:
        raise Invalid("Nothing would change.")
    _save(current)
    if not current.enabled:
        _cancel(current)
    _record(current, before, why.strip(), actor)
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


def _checked_params(monitor: str, params: Mapping[str, Any]) -> dict[str, Any]:
    defaults = _entry(monitor).parameters()
    for name, value in params.items():
        if name in defaults and not _fits(value, defaults[name]):
            raise Invalid(f"{monitor}: {name} must be of the kind of its default, {defaults[name]!r}")
    try:
        registry.build(monitor, params)
    except (ValueError, TypeError) as error:
        raise Invalid(str(error)) from None
    return {name: list(value) if isinstance(value, tuple) else value for name, value in params.items()}


def _fits(value: Any, default: Any) -> bool:
    if default is None:
        return True
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, float):
        return isinstance(value, int | float)
    if isinstance(default, tuple | list):
        return isinstance(value, tuple | list)
    return isinstance(value, type(default))


def _check(deployment: Deployment, entry: registry.Entry) -> None:
    for name in ("threshold", "sample_share"):
        if not 0 <= getattr(deployment, name) <= 1:
            raise Invalid(f"The {name.replace('_', ' ')} must lie between 0 and 1.")
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

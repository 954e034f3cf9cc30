"""What a monitor is held against: baselines, its own other versions, and other monitors of the project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitors import registry
from oversight.dashboard import words
from oversight.monitoring.models import Deployment, DeploymentVersion
from oversight.quality.figures import Other
from oversight.quality.rows import Rows, aligned

# Monitors that read next to nothing of what oversight is for: what does not beat them adds nothing.
BASELINES = ("answer_only", "prompt_only", "action_only", "keywords")
MOST_RIVALS = 60


@dataclass(frozen=True, slots=True)
class Rival:
    """Something to compare with; `key` is what URLs call it."""

    key: str
    title: str
    deployment_id: int
    params_digest: str
    threshold: float
    model_thresholds: dict[str, float]


def baseline_of(monitor: str) -> str:
    """Which baseline a monitor is, by its name; empty for all others."""
    plain = monitor.removeprefix("judge_").removeprefix("baseline_")
    return plain if plain in BASELINES else ""


def baselines(rows: Rows, deployment: Deployment) -> tuple[Other, ...]:
    """Those at work in the same project that scored some of the transcripts. A query for each."""
    found = []
    for one in Deployment.objects.filter(project_id=deployment.project_id).exclude(pk=deployment.pk).order_by("pk"):
        if name := baseline_of(one.monitor):
            score = aligned(rows, one.pk, one.params_digest)
            if not np.isnan(score).all():
                found.append(Other(name, words.monitor_title(one.monitor), score, _backend(one)))
    return tuple(found)


def _backend(deployment: Deployment) -> str:
    return words.BACKENDS.get(deployment.backend, deployment.backend)


def missing(deployment: Deployment) -> tuple[str, ...]:
    """Baselines that are not at work in the project, or this one itself."""
    there = {baseline_of(one) for one in _monitors(deployment)}
    return tuple(name for name in BASELINES if name not in there)


def _monitors(deployment: Deployment) -> Iterator[str]:
    yield from Deployment.objects.filter(project_id=deployment.project_id).values_list("monitor", flat=True)


def rivals(deployment: Deployment) -> tuple[Rival, ...]:
    """Other versions of this deployment, newest first, then the project's other deployments. Two queries."""
    versions = DeploymentVersion.objects.filter(deployment=deployment).exclude(number=deployment.number)
    found = [_version(deployment, one) for one in versions.order_by("-number")[:MOST_RIVALS]]
    others = Deployment.objects.filter(project_id=deployment.project_id).exclude(pk=deployment.pk)
    for one in others.order_by("monitor", "pk")[:MOST_RIVALS]:
        title = " ".join(filter(None, (words.monitor_title(one.monitor), _backend(one) and f"({_backend(one)})")))
        found.append(Rival(f"m{one.pk}", title, one.pk, one.params_digest, one.threshold, dict(one.model_thresholds)))
    return tuple(found)


def _version(deployment: Deployment, version: DeploymentVersion) -> Rival:
    installed = registry.known(deployment.monitor) is not None
    digest = registry.params_digest(deployment.monitor, version.params) if installed else deployment.params_digest
    title = f"Version {version.number} of its settings"
    return Rival(
        f"v{version.number}",
        f"{title}, threshold {version.threshold:.4g}",
        deployment.pk,
        digest,
        version.threshold,
        dict(version.model_thresholds),
    )


def other(rows: Rows, rival: Rival) -> Other:
    """Its scores of the same transcripts, and its flags by its own thresholds."""
    score = aligned(rows, rival.deployment_id, rival.params_digest)
    return Other(rival.key, rival.title, score, flags=flags_of(rows, score, rival.threshold, rival.model_thresholds))


def flags_of(
    rows: Rows, score: NDArray[np.float64], threshold: float, model_thresholds: dict[str, float]
) -> NDArray[np.bool_]:
    """Which rows reach the threshold of their model; a score that is not there reaches none."""
    levels = np.array([model_thresholds.get(model, threshold) for model in rows.models], dtype=np.float64)
    with np.errstate(invalid="ignore"):
        reached: NDArray[np.bool_] = score >= levels
    return reached

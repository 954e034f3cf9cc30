"""What the pages of a deployment's versions show: who saved what and why, and how each differs from the live one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitors import registry
from oversight.lib.kept import kept
from oversight.monitoring.models import Backfill, Deployment, DeploymentVersion, MonitorRun, RunState
from oversight.transcripts.models import Transcript

MOST_VERSIONS = 200
_TITLES = {"threshold": "threshold", "sample_share": "share of transcripts"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting, as the live version has it and as this one does."""

    name: str
    live: str
    here: str


@dataclass(frozen=True, slots=True)
class BasisRow:
    """What one model's threshold rests on: see `dashboard.thresholds`."""

    model: str
    alpha: float
    n_set: int
    n_checked: int
    per_10000: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version with what tells it from the live one. `said`: what its threshold rests on, in a sentence."""

    number: int
    at: datetime
    made_by: str
    why: str
    is_live: bool
    differences: tuple[Difference, ...]
    basis: tuple[BasisRow, ...]
    said: str = ""


@dataclass(frozen=True, slots=True)
class CatchUp:
    """How many transcripts have no result, and the last backfill."""

    n_missed: int
    backfill: Backfill | None

    @property
    def is_busy(self) -> bool:
        return self.backfill is not None and self.backfill.finished_at is None


def versions(deployment: Deployment) -> tuple[VersionRow, ...]:
    """Newest first. One query."""
    rows = list(
        DeploymentVersion.objects.filter(deployment=deployment)
        .select_related("made_by")
        .order_by("-number")[:MOST_VERSIONS]
    )
    live = values(deployment)
    return tuple(
        VersionRow(
            number=row.number,
            at=row.at,
            made_by=row.made_by.name if row.made_by else "the system",
            why=row.why,
            is_live=row.number == deployment.number,
            differences=tuple(differences(live, values(row, deployment.monitor))),
            basis=tuple(BasisRow(**one) for one in row.basis.get("models", ())),
            said=row.basis.get("quality", {}).get("said", ""),
        )
        for row in rows
    )


def values(of: Deployment | DeploymentVersion, monitor: str = "") -> dict[str, Any]:
    """Every setting by name, defaults included."""
    entry = registry.known(monitor or getattr(of, "monitor", ""))
    params = {**(entry.parameters() if entry else {}), **of.params}
    thresholds = {f"threshold for {model}": value for model, value in of.model_thresholds.items()}
    return {**{title: getattr(of, name) for name, title in _TITLES.items()}, **thresholds, **params}


def differences(live: Mapping[str, Any], here: Mapping[str, Any]) -> Iterator[Difference]:
    for name in dict.fromkeys((*live, *here)):
        before, after = _said(live.get(name)), _said(here.get(name))
        if before != after:
            yield Difference(name, before, after)


def _said(value: Any) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def catch_up(deployment: Deployment) -> CatchUp:
    """Three queries; in a large house the transcripts were counted a while ago."""
    transcripts = Transcript.objects.filter(project_id=deployment.project_id)
    runs = MonitorRun.objects.filter(deployment=deployment, run_no=1).exclude(state=RunState.CANCELLED)
    # First the backfill: one that has ended is not to stand beside a count from before its end.
    backfill = Backfill.objects.filter(deployment=deployment).order_by("-pk").first()
    key = ("monitoring.missed", deployment.pk)
    n_missed = kept(key, lambda: transcripts.count() - runs.count(), of=Transcript).value
    return CatchUp(max(0, n_missed), backfill)

"""Reports: asked for by a page, computed by a worker, kept until the data has moved on. The only writer here."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Max

from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib import clock
from oversight.monitoring.models import Deployment, Score
from oversight.quality import operating, rivals, rows, stream
from oversight.quality.events import QualityViewed
from oversight.quality.figures import figures_of
from oversight.quality.labels import Source
from oversight.quality.models import Report
from oversight.review.models import Verdict, VerdictState

COMPUTE = "quality.compute"
QUEUE = "cpu"
# A worker that was asked so long ago has lost the message, or is down.
LOST_AFTER = timedelta(minutes=10)
# Computing takes at most a twentieth of a worker, also where the data changes all the time.
SHARE = 20
# Kept selections of one deployment; the oldest make room.
MOST_KEPT = 60


@dataclass(frozen=True, slots=True)
class Selection:
    """What a report is about: a label, which of its values is positive, and what to compare with."""

    source: Source
    positive: bool
    against: str = ""

    @property
    def key(self) -> str:
        said = json.dumps([self.source.key, self.positive, self.against])
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def report_for(deployment: Deployment, selection: Selection) -> Report:
    """The report as it stands; asks a worker for a new one when the data has moved on. Four queries."""
    given = {"source": asdict(selection.source), "positive": selection.positive, "against": selection.against}
    report, made = Report.objects.get_or_create(deployment=deployment, key=selection.key, defaults={"selection": given})
    if made:
        _make_room(deployment)
    if _is_due(report, deployment, selection.source):
        _ask(report, given)
    return report


def _is_due(report: Report, deployment: Deployment, source: Source) -> bool:
    now = clock.now()
    if report.asked_at and now - report.asked_at < LOST_AFTER:
        return False
    if report.computed_at is None:
        return True
    is_young = (now - report.computed_at).total_seconds() < SHARE * report.took_s
    return not is_young and report.mark != mark(deployment, source)


@transaction.atomic
def _ask(report: Report, given: dict[str, Any]) -> None:
    report.asked_at = clock.now()
    report.selection = given
    report.save(update_fields=["asked_at", "selection"])
    audit.ring_after_commit(COMPUTE, [report.pk], queue=QUEUE, chunk=1)


def _make_room(deployment: Deployment) -> None:
    kept = Report.objects.filter(deployment=deployment).order_by("-pk").values_list("pk", flat=True)[:MOST_KEPT]
    Report.objects.filter(deployment=deployment).exclude(pk__in=list(kept)).delete()


def mark(deployment: Deployment, source: Source) -> str:
    """Changes when a score, a verdict or a setting does; labels of the data come with transcripts, so with scores."""
    newest = Score.objects.filter(deployment=deployment).order_by("-at", "-pk").values_list("pk", flat=True).first()
    said: list[Any] = [deployment.params_digest, deployment.threshold, deployment.model_thresholds, newest]
    if source.kind == "review":
        settled = Verdict.objects.standing().filter(item__project_id=deployment.project_id, state=VerdictState.SETTLED)
        said.append(sorted(settled.aggregate(n=Count("pk"), last=Max("pk")).items()))
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def compute(pk: int) -> None:
    """Compute a report, outside of any transaction, and keep it. Twice is the same as once."""
    report = Report.objects.select_related("deployment").filter(pk=pk).first()
    if report is None:
        return
    began, deployment = time.monotonic(), report.deployment
    source = Source(**report.selection["source"])
    of_data = mark(deployment, source)
    found = rows.labelled(deployment.pk, deployment.params_digest, source, positive=report.selection["positive"])
    flags = rivals.flags_of(found, found.score, deployment.threshold, deployment.model_thresholds)
    rival = next((one for one in rivals.rivals(deployment) if one.key == report.selection["against"]), None)
    figures = figures_of(
        found,
        source,
        flags,
        baselines=rivals.baselines(found, deployment),
        versus=rivals.other(found, rival) if rival else None,
    )
    block, beside = operating.packed(found, stream.newest(deployment), is_review=source.kind == "review")
    _keep(report, of_data, {**figures, "stream": beside}, block, time.monotonic() - began)


def _keep(report: Report, of_data: str, figures: dict[str, Any], block: bytes, took_s: float) -> None:
    report.mark, report.figures, report.packed, report.took_s = of_data, figures, block, took_s
    report.computed_at, report.asked_at = clock.now(), None
    report.save(update_fields=["mark", "figures", "packed", "took_s", "computed_at", "asked_at"])


def record_reading(deployment: Deployment, source: Source, *, actor: Actor) -> None:
    """That figures made from labels are about to be shown; no record, no page."""
    event = QualityViewed(
        object_id=str(deployment.pk), project_id=deployment.project_id, labels=source.key, n_labels=source.n
    )
    audit.record_alone(event, actor)

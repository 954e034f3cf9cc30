"""Compute the figures of each judge when there is something new, keep them, and raise and clear its alarms."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Count, Max, Q

from oversight.audit import services as audit
from oversight.judges import cases, rules
from oversight.judges.events import WORKER, JudgeAlarmCleared, JudgeAlarmed
from oversight.judges.figures import figures_of
from oversight.judges.models import Alarm, Canary, CanaryState, HijackRate, Report
from oversight.judges.rules import Finding, Standing
from oversight.lib import clock
from oversight.monitoring.models import Admission, Deployment, Score
from oversight.review.models import Verdict, VerdictState

# Computing takes at most a twentieth of a worker, and no judge is computed more often than this.
SHARE, LEAST_AGE = 20, timedelta(minutes=2)


def judged(project_ids: Sequence[int] | frozenset[int] | None = None) -> list[Deployment]:
    """Every deployment at work whose judge can be asked; of these projects, if they are given. One query."""
    rows = Deployment.objects.filter(enabled=True).select_related("project").order_by("project_id", "monitor", "pk")
    if project_ids is not None:
        rows = rows.filter(project_id__in=project_ids)
    return [one for one in rows if cases.asks_judge(one)]


def watch() -> int:
    """Compute what has moved on; returns how many. Alarms of judges that were turned off are cleared."""
    at_work = judged()
    for alarm in Alarm.objects.filter(cleared_at=None).exclude(deployment__in=at_work).select_related("deployment"):
        _clear(alarm, "it was turned off")
    due = [one for one in at_work if _is_due(one)]
    for deployment in due:
        compute(deployment)
    return len(due)


def _is_due(deployment: Deployment) -> bool:
    report = Report.objects.filter(deployment=deployment).first()
    if report is None:
        return True
    age = clock.now() - report.computed_at
    if age < max(LEAST_AGE, timedelta(seconds=SHARE * report.took_s)):
        return False
    return report.mark != mark(deployment)


def mark(deployment: Deployment) -> str:
    """Changes when a score, a canary, a case, an admission, a hijack rate, a verdict or a setting does.

    Six queries, and three more for a rubric that was written in the dashboard.
    """
    known = cases.cases_of(deployment)
    ended = Canary.objects.filter(deployment=deployment).aggregate(
        n=Count("pk"), done=Count("pk", Q(state=CanaryState.DONE))
    )
    settled = Verdict.objects.filter(item__project_id=deployment.project_id, state=VerdictState.SETTLED)
    said = [
        deployment.params_digest,
        deployment.threshold,
        Score.objects.filter(deployment=deployment).order_by("-at", "-pk").values_list("pk", flat=True).first(),
        [ended["n"], ended["done"]],
        known.digest if known else "",
        str(Admission.objects.filter(monitor=deployment.monitor).aggregate(at=Max("at"))["at"]),
        HijackRate.objects.filter(deployment=deployment, at__isnull=False).aggregate(pk=Max("pk"))["pk"],
        settled.aggregate(pk=Max("pk"))["pk"],
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def compute(deployment: Deployment) -> Report:
    """The figures of now, outside any transaction; kept with the alarms that follow from them."""
    began, of_data = time.monotonic(), mark(deployment)
    figures = figures_of(deployment)
    took_s = time.monotonic() - began
    with transaction.atomic():
        report, _ = Report.objects.update_or_create(
            deployment=deployment,
            defaults={"computed_at": clock.now(), "took_s": took_s, "mark": of_data, "figures": figures},
        )
        settle(deployment, rules.findings(figures))
    return report


def settle(deployment: Deployment, findings: Sequence[Finding]) -> None:
    """Raise what broke its rule, clear what keeps it again; what is unknown changes nothing. In a transaction."""
    standing = {alarm.rule: alarm for alarm in Alarm.objects.filter(deployment=deployment, cleared_at=None)}
    for finding in findings:
        alarm = standing.get(finding.rule)
        if finding.standing is Standing.ALARM and alarm is None:
            _raise(deployment, finding)
        elif finding.standing is Standing.ALARM and alarm is not None and alarm.evidence != finding.evidence:
            Alarm.objects.filter(pk=alarm.pk).update(evidence=finding.evidence)
        elif finding.standing is Standing.OK and alarm is not None:
            _clear(alarm, finding.evidence)


def _raise(deployment: Deployment, finding: Finding) -> None:
    # Two workers may compute at the same time: the first one raises.
    row = Alarm(deployment=deployment, rule=finding.rule, evidence=finding.evidence, raised_at=clock.now())
    Alarm.objects.bulk_create([row], ignore_conflicts=True)
    if not Alarm.objects.filter(deployment=deployment, rule=finding.rule, raised_at=row.raised_at).exists():
        return
    event = JudgeAlarmed(
        object_id=str(deployment.pk),
        project_id=deployment.project_id,
        monitor=deployment.monitor,
        rule=finding.rule,
        evidence=finding.evidence,
    )
    audit.record(event, WORKER)


@transaction.atomic
def _clear(alarm: Alarm, evidence: str) -> None:
    if not Alarm.objects.filter(pk=alarm.pk, cleared_at=None).update(cleared_at=clock.now()):
        return
    event = JudgeAlarmCleared(
        object_id=str(alarm.deployment_id),
        project_id=alarm.deployment.project_id,
        monitor=alarm.deployment.monitor,
        rule=alarm.rule,
        evidence=evidence,
    )
    audit.record(event, WORKER)

"""What the pages of judge health show: kept figures in words, and the canaries one by one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef

from oversight.accounts.models import User
from oversight.dashboard.charts import Chart
from oversight.judges import charts, rules, watching
from oversight.judges.models import Alarm, Canary, CanaryState, HijackRate, Report
from oversight.judges.rules import Finding, Standing
from oversight.monitoring.models import Deployment
from oversight.review.selectors.blindness import read_blind

TONES = {Standing.ALARM: ("danger", "Alarm"), Standing.OK: ("ok", "Holds"), Standing.UNKNOWN: ("violet", "Unknown")}
MOST_CANARIES = 60
MOST_ALARMS = 40
_COST = ("calls", "prompt_tokens", "completion_tokens", "money")


@dataclass(frozen=True, slots=True)
class Check:
    """A finding as a line of the table; `since` is when its alarm was raised."""

    finding: Finding
    since: datetime | None

    @property
    def tone(self) -> str:
        return TONES[self.finding.standing][0]

    @property
    def word(self) -> str:
        return TONES[self.finding.standing][1]


@dataclass(frozen=True, slots=True)
class Spent:
    """What canaries and hijack rates of a judge have used so far: beside the cost of its work, and not in it."""

    n: int
    calls: int
    tokens: int
    money: float


@dataclass(frozen=True, slots=True)
class JudgeRow:
    """One judge. `report` is None until a worker has computed its figures."""

    deployment: Deployment
    report: Report | None
    checks: tuple[Check, ...]
    alarms: tuple[Alarm, ...]
    spent: Spent
    hijack: HijackRate | None

    @property
    def figures(self) -> Mapping[str, Any]:
        return self.report.figures if self.report else {}

    @property
    def tone(self) -> str:
        """Of the worst finding."""
        standings = {check.finding.standing for check in self.checks}
        worst = next((one for one in (Standing.ALARM, Standing.UNKNOWN) if one in standings), Standing.OK)
        return TONES[worst][0] if self.checks else "muted"

    @property
    def broken(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.finding.standing is Standing.ALARM)

    @property
    def n_unknown(self) -> int:
        return sum(check.finding.standing is Standing.UNKNOWN for check in self.checks)


@dataclass(frozen=True, slots=True)
class PastAlarm:
    """An alarm with the name of its check; open while it has no `cleared_at`."""

    title: str
    evidence: str
    raised_at: datetime
    cleared_at: datetime | None


@dataclass(frozen=True, slots=True)
class JudgePage:
    """One judge with its history. `n_hidden` canaries are transcripts that whoever looks at it still reads blind."""

    row: JudgeRow
    charts: tuple[Chart, ...]
    canaries: tuple[Canary, ...]
    n_canaries: int
    n_hidden: int
    past: tuple[PastAlarm, ...]
    rates: tuple[HijackRate, ...]


def judge_rows(project_id: int) -> tuple[JudgeRow, ...]:
    """Every judge at work in a project, those with alarms first. Five queries."""
    rows = _rows(watching.judged([project_id]))
    return tuple(sorted(rows, key=lambda row: (-len(row.broken), row.deployment.monitor, row.deployment.pk)))


def _rows(deployments: Collection[Deployment]) -> list[JudgeRow]:
    reports = {one.deployment_id: one for one in Report.objects.filter(deployment__in=deployments)}
    alarms = list(Alarm.objects.filter(deployment__in=deployments, cleared_at=None).order_by("raised_at"))
    open_rates = HijackRate.objects.filter(deployment__in=deployments).order_by("deployment_id", "-pk")
    rates = {one.deployment_id: one for one in open_rates.distinct("deployment_id")}
    spent = _spent(deployments)
    return [
        _row(one, reports.get(one.pk), [a for a in alarms if a.deployment_id == one.pk], spent, rates.get(one.pk))
        for one in deployments
    ]


def _row(
    deployment: Deployment,
    report: Report | None,
    alarms: list[Alarm],
    spent: Mapping[int, Spent],
    rate: HijackRate | None,
) -> JudgeRow:
    since = {alarm.rule: alarm.raised_at for alarm in alarms}
    found = rules.findings(report.figures) if report else ()
    checks = tuple(Check(one, since.get(one.rule)) for one in found)
    return JudgeRow(deployment, report, checks, tuple(alarms), spent.get(deployment.pk, Spent(0, 0, 0, 0.0)), rate)


def _spent(deployments: Collection[Deployment]) -> dict[int, Spent]:
    """Two queries."""
    sums: dict[int, list[float]] = {}
    canaries = Canary.objects.filter(deployment__in=deployments, state=CanaryState.DONE)
    rates = HijackRate.objects.filter(deployment__in=deployments, at__isnull=False)
    for rows, is_canary in ((canaries, 1), (rates, 0)):
        for pk, cost in rows.values_list("deployment_id", "cost").iterator(chunk_size=1000):
            own = sums.setdefault(pk, [0.0] * 5)
            own[0] += is_canary
            for place, name in enumerate(_COST, start=1):
                own[place] += cost.get(name, 0)
    return {
        pk: Spent(int(n), int(calls), int(asked + said), money) for pk, (n, calls, asked, said, money) in sums.items()
    }


def judge_page(deployment: Deployment, *, reader: User) -> JudgePage:
    """A dozen queries, none of a text."""
    [row] = _rows([deployment])
    canaries = Canary.objects.filter(deployment=deployment).order_by("-planted_at", "-pk")
    hidden = Exists(read_blind(reader).filter(transcript=OuterRef("transcript")))
    alarms = Alarm.objects.filter(deployment=deployment).order_by("-raised_at", "-pk")
    rates = HijackRate.objects.filter(deployment=deployment).order_by("-pk")[:10]
    return JudgePage(
        row=row,
        charts=charts.charts_of(deployment, row.figures, reader=reader),
        canaries=tuple(canaries.filter(~hidden)[:MOST_CANARIES]),
        n_canaries=canaries.count(),
        n_hidden=canaries.filter(hidden).count(),
        past=tuple(
            PastAlarm(rules.TITLES.get(one.rule, one.rule), one.evidence, one.raised_at, one.cleared_at)
            for one in alarms[:MOST_ALARMS]
        ),
        rates=tuple(rates),
    )

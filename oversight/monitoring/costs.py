"""What model calls have used: added up by deployment and day as scores are stored, and read for the pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date

from django.db.models import F, Q, Sum

from oversight.lib import clock
from oversight.monitoring.models import DailyCost, Deployment, Score

_COUNTS = ("calls", "prompt_tokens", "cached_tokens", "completion_tokens", "seconds", "money")
_FIELDS = ("n_scores", *_COUNTS)


@dataclass(frozen=True, slots=True)
class Spent:
    """Over some days: scores that took a model call, and what they used. `money` is in USD."""

    n_scores: int = 0
    calls: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    money: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(*(getattr(self, name) + getattr(other, name) for name in _FIELDS))

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    @property
    def cached_share(self) -> float:
        return self.cached_tokens / self.prompt_tokens if self.prompt_tokens else 0.0


@dataclass(frozen=True, slots=True)
class SpentRow:
    """A deployment, or a whole project: today (UTC) and in all."""

    today: Spent
    total: Spent


def add(scores: Iterable[Score]) -> None:
    """Count new scores, in the caller's transaction. What took no call, as model-free monitors do, is not counted."""
    sums: dict[tuple[int, date], Spent] = defaultdict(Spent)
    for score in scores:
        if score.cost.get("calls"):
            spent = Spent(1, *(score.cost.get(name, 0) for name in _COUNTS))
            sums[score.deployment_id, score.at.astimezone(UTC).date()] += spent
    # In one order everywhere, so that two workers never wait for each other.
    for (deployment_id, day), spent in sorted(sums.items(), key=lambda item: item[0]):
        DailyCost.objects.bulk_create([DailyCost(deployment_id=deployment_id, day=day)], ignore_conflicts=True)
        row = DailyCost.objects.filter(deployment_id=deployment_id, day=day)
        row.update(**{name: F(name) + getattr(spent, name) for name in _FIELDS})


def by_day(deployment: Deployment) -> tuple[tuple[date, Spent], ...]:
    """Every day on which it called a model, the newest first. One query."""
    rows = DailyCost.objects.filter(deployment=deployment).order_by("-day").values_list("day", *_FIELDS)
    return tuple((day, Spent(*values)) for day, *values in rows)


def of_deployments(deployment_ids: Collection[int]) -> dict[int, SpentRow]:
    """Today and in all, for those of these deployments that called a model. One query."""
    today = Q(day=clock.now().astimezone(UTC).date())
    sums = [*(Sum(name, filter=today, default=0) for name in _FIELDS), *(Sum(name) for name in _FIELDS)]
    named = {f"sum_{number}": one for number, one in enumerate(sums)}
    rows = DailyCost.objects.filter(deployment__in=deployment_ids).values("deployment_id").annotate(**named).order_by()
    n = len(_FIELDS)
    return {
        pk: SpentRow(today=Spent(*values[:n]), total=Spent(*values[n:]))
        for pk, *values in rows.values_list("deployment_id", *named)
    }


def together(rows: Iterable[SpentRow]) -> SpentRow:
    """The sum of some deployments."""
    listed = list(rows)
    return SpentRow(sum((row.today for row in listed), Spent()), sum((row.total for row in listed), Spent()))

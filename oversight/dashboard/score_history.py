"""A deployment's scores over time: counts by state, flagged share, quantiles, and when its settings changed.

Reads heads of scores only, by the index on deployment and time; never evidence or text.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Aggregate, Count, Exists, F, FloatField, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Floor, Least, TruncDay, TruncHour

from oversight.accounts.models import User
from oversight.audit.models import LedgerEvent
from oversight.dashboard import ledger
from oversight.dashboard.overview import PERIODS
from oversight.lib import clock
from oversight.lib.kept import kept
from oversight.monitoring.models import Deployment, MonitorRun, Score
from oversight.review.selectors.blindness import read_blind

BINS = 20
MOST_MARKS = 60
# "All" goes back so far, in days.
MOST_DAYS = 400


@dataclass(frozen=True, slots=True)
class Bucket:
    """One hour or day. `states` counts scored, partial, unscored and skipped; quantiles are of what has a value."""

    start: datetime
    states: dict[str, int]
    n_flagged: int
    median: float | None
    high: float | None
    largest: float | None

    @property
    def n_measured(self) -> int:
        return self.states.get("scored", 0) + self.states.get("partial", 0)

    @property
    def flagged_share(self) -> float | None:
        return self.n_flagged / self.n_measured if self.n_measured else None


@dataclass(frozen=True, slots=True)
class Mark:
    """A change of the deployment: when, and what in a few words."""

    at: datetime
    label: str
    sentence: str


@dataclass(frozen=True, slots=True)
class History:
    """What the page draws. `bins` counts scores by twentieths of [0, 1], flagged ones apart.

    `n_hidden` scores are in none of it: their transcripts are read blind by whoever looks at the page.
    """

    period: str
    step: timedelta
    buckets: tuple[Bucket, ...]
    marks: tuple[Mark, ...]
    bins: tuple[tuple[int, int], ...]
    threshold: float
    n_hidden: int
    counted_at: datetime

    @property
    def states(self) -> Counter[str]:
        return sum((Counter(bucket.states) for bucket in self.buckets), Counter())

    @property
    def n_measured(self) -> int:
        return sum(bucket.n_measured for bucket in self.buckets)

    @property
    def n_flagged(self) -> int:
        return sum(bucket.n_flagged for bucket in self.buckets)


class _Quantile(Aggregate):
    """Such as percentile_cont(0.5) WITHIN GROUP (ORDER BY value)."""

    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


@dataclass(frozen=True, slots=True)
class _Counted:
    buckets: tuple[Bucket, ...]
    bins: tuple[tuple[int, int], ...]
    n_hidden: int


def history(deployment: Deployment, period: str, *, reader: User) -> History:
    """Five queries; in a large house the scores were counted a while ago (`lib.kept`).

    Of few scores a quantile is as good as the scores: those that the reader must not see yet are left out.
    """
    span = PERIODS[period][1] or timedelta(days=MOST_DAYS)
    since = clock.now() - span
    key = ("history", deployment.pk, period, reader.pk)
    counted = kept(key, lambda: _counted(deployment, since, period, reader), of=Score)
    found = counted.value
    return History(
        period=period,
        step=timedelta(hours=1) if _is_hourly(period) else timedelta(days=1),
        buckets=found.buckets,
        marks=_marks(deployment, max(since, found.buckets[0].start) if found.buckets else since),
        bins=found.bins,
        threshold=deployment.threshold,
        n_hidden=found.n_hidden,
        counted_at=counted.at,
    )


def _is_hourly(period: str) -> bool:
    return period != "all"


def _counted(deployment: Deployment, since: datetime, period: str, reader: User) -> _Counted:
    scores = Score.objects.filter(deployment=deployment, at__gte=since, run__in=MonitorRun.objects.newest())
    hidden = Exists(read_blind(reader).filter(transcript=OuterRef("transcript")))
    shown = scores.filter(~hidden)
    return _Counted(_buckets(shown, period), _bins(shown), scores.filter(hidden).count())


def _buckets(scores: QuerySet[Score], period: str) -> tuple[Bucket, ...]:
    start = TruncHour("at") if _is_hourly(period) else TruncDay("at")
    counts = (
        scores.annotate(start=start).values("start", "state").annotate(n=Count("pk"), f=Count("pk", Q(flagged=True)))
    )
    states: dict[datetime, Counter[str]] = defaultdict(Counter)
    flagged: Counter[datetime] = Counter()
    for row in counts.order_by():
        states[row["start"]][row["state"]] = row["n"]
        flagged[row["start"]] += row["f"]
    spread = {row["start"]: row for row in _spread(scores, start)}
    return tuple(_bucket(at, states[at], flagged[at], spread.get(at, {})) for at in sorted(states))


def _spread(scores: QuerySet[Score], start: Any) -> Iterable[Mapping[str, Any]]:
    measured = scores.filter(value__isnull=False).annotate(start=start).values("start")
    return measured.annotate(
        median=_Quantile("value", share=0.5), high=_Quantile("value", share=0.95), largest=Max("value")
    ).order_by()


def _bucket(at: datetime, states: Counter[str], n_flagged: int, spread: Mapping[str, Any]) -> Bucket:
    return Bucket(at, dict(states), n_flagged, spread.get("median"), spread.get("high"), spread.get("largest"))


def _bins(scores: QuerySet[Score]) -> tuple[tuple[int, int], ...]:
    number = Least(Floor(F("value") * float(BINS)), BINS - 1.0)
    rows = scores.filter(value__isnull=False).annotate(bin=number).values("bin", "flagged").annotate(n=Count("pk"))
    found: Counter[tuple[int, bool]] = Counter({(int(row["bin"]), row["flagged"]): row["n"] for row in rows.order_by()})
    return tuple((found[number, False], found[number, True]) for number in range(BINS))


def _marks(deployment: Deployment, since: datetime) -> tuple[Mark, ...]:
    """From the ledger, which tells of every change, of turning off and on, and of another formula. One query."""
    events = LedgerEvent.objects.filter(
        object_type="deployment", object_id=str(deployment.pk), action="deployment.changed", at__gte=since
    ).select_related("detail_row")
    return tuple(_mark(event) for event in reversed(events.order_by("-pk")[:MOST_MARKS]))


def _mark(event: LedgerEvent) -> Mark:
    detail = ledger.detail_of(event)
    before, after = detail.get("before") or {}, detail.get("after") or {}
    changed = ", ".join(f"{one.field}: {one.before} → {one.after}" for one in ledger.changes(detail)[:4])
    why = f" ({detail['why']})" if detail.get("why") else ""
    return Mark(event.at, _label(before, after), f"{changed if before else 'put to work'}{why}")


def _label(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    if before and before.get("enabled") != after.get("enabled"):
        return "on" if after.get("enabled") else "off"
    if before and before.get("number") == after.get("number"):
        return f"formula {after.get('version', '')}"
    return f"v{after.get('number', '')}"

"""A handful of numbers across all apps, each with its denominator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.db.models.functions import TruncHour

from monitors.base import State
from oversight.dashboard import words
from oversight.lib import clock
from oversight.monitoring.models import UNENDED, MonitorRun, Score
from oversight.review.models import ItemState, ReviewItem, Verdict, VerdictLabel
from oversight.transcripts.models import Transcript

PERIODS: dict[str, tuple[str, timedelta | None]] = {
    "day": ("24 hours", timedelta(hours=24)),
    "week": ("7 days", timedelta(days=7)),
    "all": ("All time", None),
}


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole; `value` is None when there is no whole."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """How often one reason kept a monitor from measuring."""

    reason: str
    why: str
    of_all: Share


@dataclass(frozen=True, slots=True)
class MonitorStates:
    """How the latest scores of one monitor divide."""

    monitor: str
    title: str
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class FlagsInHour:
    """Flags of one monitor in one hour."""

    hour: datetime
    monitor: str
    count: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What the overview says of transcripts received in a period, and of the queue as it stands."""

    period: str
    since: datetime | None
    n_transcripts: int
    monitored: Share
    unmeasured: Share
    reasons: tuple[Unmeasured, ...]
    flagged: Share
    n_open: int
    oldest: datetime | None
    verdicts: tuple[tuple[str, int], ...]
    monitors: tuple[MonitorStates, ...]
    flags: tuple[FlagsInHour, ...]

    @property
    def n_verdicts(self) -> int:
        return sum(count for _, count in self.verdicts)


def overview(projects: Collection[int], period: str = "all") -> Overview:
    """Six queries."""
    span = PERIODS[period][1]
    since = clock.now() - span if span else None
    received = Transcript.objects.filter(project_id__in=projects, **({"received_at__gte": since} if since else {}))
    totals = _totals(received)
    scores = latest_scores(projects, since)
    states = list(scores.values("monitor", "state", "reason", "flagged").annotate(n=Count("pk")).order_by("monitor"))
    queue = ReviewItem.objects.filter(project_id__in=projects, state=ItemState.OPEN)
    waiting = queue.aggregate(n=Count("pk"), oldest=Min("created_at"))
    return Overview(
        period=period,
        since=since,
        n_transcripts=totals["n"],
        monitored=Share(totals["monitored"], totals["n"]),
        unmeasured=_unmeasured(states),
        reasons=_reasons(states),
        flagged=Share(totals["flagged"], totals["monitored"]),
        n_open=waiting["n"],
        oldest=waiting["oldest"],
        verdicts=_verdicts(projects, since),
        monitors=_by_monitor(states),
        flags=_flags(scores),
    )


def latest_scores(projects: Collection[int], since: datetime | None = None) -> QuerySet[Score]:
    """The latest score of each deployment on each transcript received since then."""
    scores = Score.objects.filter(transcript__project_id__in=projects, run__in=MonitorRun.objects.newest())
    return scores.filter(transcript__received_at__gte=since) if since else scores


def _totals(received: QuerySet[Transcript]) -> dict[str, int]:
    """Monitored: every run that it has has ended, and it has at least one."""
    runs = MonitorRun.objects.filter(transcript=OuterRef("pk"))
    flags = Score.objects.filter(transcript=OuterRef("pk"), flagged=True, run__in=MonitorRun.objects.newest())
    done = received.annotate(is_done=Exists(runs) & ~Exists(runs.filter(state__in=UNENDED)), is_flagged=Exists(flags))
    return done.aggregate(
        n=Count("pk"),
        monitored=Count("pk", filter=Q(is_done=True)),
        flagged=Count("pk", filter=Q(is_done=True, is_flagged=True)),
    )


def _unmeasured(states: Iterable[Mapping[str, Any]]) -> Share:
    """Of what was to be measured: skipped runs had nothing to measure and do not count."""
    by_state: Counter[str] = Counter()
    for row in states:
        by_state[row["state"]] += row["n"]
    whole = by_state.total() - by_state[State.SKIPPED]
    return Share(by_state[State.UNSCORED], whole)


def _reasons(states: Iterable[Mapping[str, Any]]) -> tuple[Unmeasured, ...]:
    reasons: Counter[str] = Counter()
    for row in states:
        if row["state"] == State.UNSCORED:
            reasons[row["reason"]] += row["n"]
    total = reasons.total()
    return tuple(
        Unmeasured(reason, words.reason_in_words(reason), Share(n, total)) for reason, n in reasons.most_common()
    )


def _by_monitor(states: Iterable[Mapping[str, Any]]) -> tuple[MonitorStates, ...]:
    found: dict[str, Counter[str]] = {}
    for row in states:
        kind = "flagged" if row["flagged"] else row["state"]
        found.setdefault(row["monitor"], Counter())[kind] += row["n"]
    return tuple(MonitorStates(name, words.monitor_title(name), dict(counts)) for name, counts in found.items())


def _flags(scores: QuerySet[Score]) -> tuple[FlagsInHour, ...]:
    hours = scores.filter(flagged=True).annotate(hour=TruncHour("at")).values("hour", "monitor")
    return tuple(
        FlagsInHour(row["hour"], row["monitor"], row["n"])
        for row in hours.annotate(n=Count("pk")).order_by("hour", "monitor")
    )


def _verdicts(projects: Collection[int], since: datetime | None) -> tuple[tuple[str, int], ...]:
    given = Verdict.objects.standing().filter(item__project_id__in=projects)
    if since:
        given = given.filter(committed_at__gte=since)
    counts = dict(given.values_list("label").annotate(n=Count("pk")))
    return tuple((str(label.label), counts.get(label.value, 0)) for label in VerdictLabel)

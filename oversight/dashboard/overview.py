"""A handful of numbers across all apps, each with its denominator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, QuerySet
from django.db.models.functions import TruncHour

from monitors.base import State
from oversight.dashboard import coverage, words
from oversight.dashboard.coverage import DayOfModel, ModelLine, Reading
from oversight.lib import clock
from oversight.lib.kept import kept
from oversight.monitoring.models import MonitorRun, Score
from oversight.review.models import ItemState, ReviewItem, Verdict, VerdictLabel
from oversight.transcripts.models import Transcript

SAID_AFTER = timedelta(seconds=20)
# A bar for each hour of more days than that is thinner than a pixel or two.
LONGEST_BY_HOUR = timedelta(days=3)
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
    """Flags of one monitor in one hour, or in one day where the flags of many days are told."""

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
    verdicts: tuple[tuple[str, str, int], ...]
    reviewed: Share
    reading: Reading
    models: tuple[ModelLine, ...]
    days: tuple[DayOfModel, ...]
    monitors: tuple[MonitorStates, ...]
    flags: tuple[FlagsInHour, ...]
    counted_at: datetime

    @property
    def is_of_before(self) -> bool:
        """Whether the measurements were counted so long ago that the page says so."""
        return clock.now() - self.counted_at > SAID_AFTER

    @property
    def n_verdicts(self) -> int:
        return sum(count for _, _, count in self.verdicts)


def overview(projects: Collection[int], period: str = "all") -> Overview:
    """Seventeen queries; in a large house the measurements are counted only now and then (`lib.kept`)."""
    counted = kept(("overview", frozenset(projects), period), lambda: _measured(projects, period), of=Score)
    measured = counted.value
    waiting = kept(("waiting", frozenset(projects)), lambda: _waiting(projects), of=ReviewItem).value
    verdicts = kept(("verdicts", frozenset(projects), period), lambda: _verdicts(projects, measured.since), of=Verdict)
    return Overview(
        period=period,
        since=measured.since,
        n_transcripts=measured.n_transcripts,
        monitored=Share(measured.n_monitored, measured.n_transcripts),
        unmeasured=_unmeasured(measured.states),
        reasons=_reasons(measured.states),
        flagged=Share(measured.n_flagged, measured.n_monitored),
        n_open=waiting["n"],
        oldest=waiting["oldest"],
        verdicts=verdicts.value,
        reviewed=Share(measured.reading.reviewed, measured.n_transcripts),
        reading=measured.reading,
        models=measured.models,
        days=measured.days,
        monitors=_by_monitor(measured.states),
        flags=measured.flags,
        counted_at=counted.at,
    )


@dataclass(frozen=True, slots=True)
class _Measured:
    """What is counted from transcripts, runs and scores. Monitored: every run that it has has ended; it has one."""

    since: datetime | None
    n_transcripts: int
    n_monitored: int
    n_flagged: int
    states: list[Mapping[str, Any]]
    flags: tuple[FlagsInHour, ...]
    reading: Reading
    models: tuple[ModelLine, ...]
    days: tuple[DayOfModel, ...]


def _measured(projects: Collection[int], period: str) -> _Measured:
    span = PERIODS[period][1]
    since = clock.now() - span if span else None
    received = Transcript.objects.filter(project_id__in=projects, **({"received_at__gte": since} if since else {}))
    scores = latest_scores(projects, since)
    flagged = coverage.flagged(scores, projects)
    states = scores.values("monitor", "state", "reason", "flagged").annotate(n=Count("pk")).order_by("monitor")
    models, days = coverage.by_model(projects, received, scores)
    return _Measured(
        since=since,
        n_transcripts=received.count(),
        n_monitored=coverage.n_monitored(received, projects),
        n_flagged=flagged.order_by().values("transcript").distinct().count(),
        states=[dict(row) for row in states],
        flags=_flags(scores),
        reading=coverage.reading(projects, received, since),
        models=models,
        days=days,
    )


def latest_scores(projects: Collection[int], since: datetime | None = None) -> QuerySet[Score]:
    """The latest score of each deployment on each transcript received since then."""
    scores = Score.objects.filter(deployment__project_id__in=projects, run__in=MonitorRun.objects.newest())
    # What was measured before could not have been received since: this is what an index can use.
    return scores.filter(at__gte=since, transcript__received_at__gte=since) if since else scores


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
    return by_day(
        [
            FlagsInHour(row["hour"], row["monitor"], row["n"])
            for row in hours.annotate(n=Count("pk")).order_by("hour", "monitor")
        ]
    )


def by_day(flags: Sequence[FlagsInHour]) -> tuple[FlagsInHour, ...]:
    """Flags of more days than can be drawn by the hour, added up: thousands of hours are few days."""
    if not flags or flags[-1].hour - flags[0].hour < LONGEST_BY_HOUR:
        return tuple(flags)
    days: Counter[tuple[datetime, str]] = Counter()
    for flag in flags:
        days[flag.hour.replace(hour=0), flag.monitor] += flag.count
    return tuple(FlagsInHour(day, monitor, n) for (day, monitor), n in days.items())


def _waiting(projects: Collection[int]) -> dict[str, Any]:
    queue = ReviewItem.objects.filter(project_id__in=projects, state=ItemState.OPEN)
    return queue.aggregate(n=Count("pk"), oldest=Min("created_at"))


def _verdicts(projects: Collection[int], since: datetime | None) -> tuple[tuple[str, str, int], ...]:
    given = Verdict.objects.standing().filter(item__project_id__in=projects)
    if since:
        given = given.filter(committed_at__gte=since)
    counts = dict(given.values_list("label").annotate(n=Count("pk")))
    return tuple((label.value, str(label.label), counts.get(label.value, 0)) for label in VerdictLabel)

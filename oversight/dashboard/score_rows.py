"""The measurements behind a number of the overview: heads and states only, never text."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet

from monitors.base import State
from oversight.accounts.models import User
from oversight.dashboard import words
from oversight.dashboard.overview import PERIODS
from oversight.lib import clock
from oversight.lib.paging import Groups, keyset_page
from oversight.monitoring.models import Deployment, MonitorRun, Score
from oversight.review.selectors.blindness import hidden_scores
from oversight.transcripts.models import ModelRun, Transcript

PAGE_SIZE = 50
ORDER = ("-at", "-pk")
_SHOWN = ("transcript_id", "monitor", "state", "reason", "value", "flagged", "at")
_HEAD = ("pk", "external_id", "model_run__model")
_TITLES = {
    "flagged": "Flagged",
    "unscored": "Could not measure",
    "partial": "Partly measured",
    "skipped": "Not applicable",
    "measured": "Measurements that were to be made",
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What the URL says. `state` may also be `flagged`, or `measured`: all but what was skipped.

    `by_model`: the model and checkpoint count, also where they are empty.
    """

    state: str = ""
    reason: str = ""
    monitor: str = ""
    period: str = "all"
    model: str = ""
    checkpoint: str = ""
    by_model: bool = False
    older: str = ""
    newer: str = ""

    def url(self, **place: str) -> str:
        """Of another page of the same filter."""
        values = {"state": self.state, "reason": self.reason, "monitor": self.monitor, "period": self.period}
        run = {"model": self.model, "checkpoint": self.checkpoint} if self.by_model else {}
        return "?" + urlencode({key: value for key, value in values.items() if value} | run | place)


def filter_of(query: Mapping[str, str], period: str) -> Filter:
    """What a URL asks for; what no measurement can have is left out."""
    state, reason, monitor = (query.get(key, "") for key in ("state", "reason", "monitor"))
    return Filter(
        state=state if state in _TITLES else "",
        reason=reason if reason in words.REASONS else "",
        monitor=monitor if monitor.isidentifier() else "",
        period=period,
        model=query.get("model", "")[:512],
        checkpoint=query.get("checkpoint", "")[:512],
        by_model="model" in query,
        older=query.get("older", ""),
        newer=query.get("newer", ""),
    )


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """One measurement."""

    transcript_id: UUID
    external_id: str
    model: str
    monitor: str
    tone: str
    word: str
    why: str
    value: float | None
    at: datetime


@dataclass(frozen=True, slots=True)
class ScoresPage:
    """A page of them, uncounted: to count would be to read every row behind the page."""

    title: str
    period_name: str
    rows: tuple[ScoreLine, ...]
    newer: str
    older: str


def scores_page(projects: Collection[int], where: Filter, user: User) -> ScoresPage:
    """Raises Malformed for a page that is none of ours. Three queries, seldom four."""
    name, span = PERIODS[where.period]
    scores, groups = _wanted(projects, where, clock.now() - span if span else None)
    page = keyset_page(scores, by=ORDER, older=where.older, newer=where.newer, size=PAGE_SIZE, groups=groups)
    return ScoresPage(
        title=words.reason_in_words(where.reason) if where.reason else _TITLES.get(where.state, "Measurements"),
        period_name=name,
        rows=_lines(page.rows, user),
        newer=where.url(newer=page.newer) if page.newer else "",
        older=where.url(older=page.older) if page.older else "",
    )


def _wanted(projects: Collection[int], where: Filter, since: datetime | None) -> tuple[QuerySet[Score], Groups[Score]]:
    """The scores behind a number, and the deployments in which they stand."""
    deployments = Deployment.objects.filter(project_id__in=projects)
    scores = Score.objects.filter(run__in=MonitorRun.objects.newest())
    if since:
        # What was measured before could not have been received since: the first condition is what an index can use.
        scores = scores.filter(at__gte=since, transcript__received_at__gte=since)
    if where.state == "flagged":
        scores = scores.filter(flagged=True)
    elif where.state == "measured":
        scores = scores.exclude(state=State.SKIPPED)
    elif where.state:
        scores = scores.filter(state=where.state)
    if where.reason:
        scores = scores.filter(reason=where.reason)
    if where.by_model:
        runs = ModelRun.objects.filter(project_id__in=projects, model=where.model, checkpoint=where.checkpoint)
        scores = scores.filter(transcript__model_run__in=runs)
    if where.monitor:
        deployments = deployments.filter(monitor=where.monitor)
    return scores, Groups(deployments, "deployment", Score.objects.only(*_SHOWN))


def _lines(scores: Sequence[Score], user: User) -> tuple[ScoreLine, ...]:
    """With what they measured, looked up for this page alone: a join would be made for more rows. Two queries."""
    hidden = hidden_scores(user, {score.transcript_id for score in scores})
    heads = Transcript.objects.filter(pk__in=[score.transcript_id for score in scores])
    named = {pk: (external_id, model) for pk, external_id, model in heads.values_list(*_HEAD)}
    return tuple(
        _blind_line(score) if score.transcript_id in hidden else _line(score, *named[score.transcript_id])
        for score in scores
    )


def _blind_line(score: Score) -> ScoreLine:
    """One that this person reads without a score: it counts, and is not named."""
    title = words.monitor_title(score.monitor)
    return ScoreLine(score.transcript_id, "", "", title, "muted", "Shown after your verdict", "", None, score.at)


def _line(score: Score, external_id: str, model: str) -> ScoreLine:
    return ScoreLine(
        transcript_id=score.transcript_id,
        external_id=external_id,
        model=model,
        monitor=words.monitor_title(score.monitor),
        tone=words.score_tone(score.state, flagged=score.flagged),
        word=words.score_word(score.state, flagged=score.flagged),
        why=words.reason_in_words(score.reason) if score.reason else "",
        value=score.value,
        at=score.at,
    )

"""The measurements behind a number of the overview: heads and states only, never text."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from oversight.dashboard import words
from oversight.dashboard.overview import PERIODS, latest_scores
from oversight.lib import clock
from oversight.monitoring.models import Score

PAGE_SIZE = 100
_TITLES = {
    "flagged": "Flagged",
    "unscored": "Could not measure",
    "partial": "Partly measured",
    "skipped": "Not applicable",
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What the URL says. `state` may also be `flagged`."""

    state: str = ""
    reason: str = ""
    monitor: str = ""
    period: str = "all"
    page: int = 1

    def url(self, page: int) -> str:
        values = {"state": self.state, "reason": self.reason, "monitor": self.monitor, "period": self.period}
        return "?" + urlencode({key: value for key, value in values.items() if value} | {"page": page})


def filter_of(query: Mapping[str, str], period: str) -> Filter:
    """What a URL asks for; what no measurement can have is left out."""
    state, reason, monitor, page = (query.get(key, "") for key in ("state", "reason", "monitor", "page"))
    return Filter(
        state=state if state in _TITLES else "",
        reason=reason if reason in words.REASONS else "",
        monitor=monitor if monitor.isidentifier() else "",
        period=period,
        page=max(1, int(page)) if page.isdecimal() and len(page) < 7 else 1,
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
    """A page of them."""

    title: str
    period_name: str
    total: int
    first: int
    rows: tuple[ScoreLine, ...]
    before: str
    after: str

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1


def scores_page(projects: Collection[int], where: Filter) -> ScoresPage:
    """Two queries."""
    name, span = PERIODS[where.period]
    scores = latest_scores(projects, clock.now() - span if span else None)
    if where.state == "flagged":
        scores = scores.filter(flagged=True)
    elif where.state:
        scores = scores.filter(state=where.state)
    scores = scores.filter(**{k: v for k, v in (("reason", where.reason), ("monitor", where.monitor)) if v})
    total, start = scores.count(), (where.page - 1) * PAGE_SIZE
    found = scores.select_related("transcript__model_run").defer("evidence", "rationale").order_by("-at", "-pk")
    rows = tuple(_line(score) for score in found[start : start + PAGE_SIZE])
    return ScoresPage(
        title=words.reason_in_words(where.reason) if where.reason else _TITLES.get(where.state, "Measurements"),
        period_name=name,
        total=total,
        first=start + 1,
        rows=rows,
        before=where.url(where.page - 1) if where.page > 1 else "",
        after=where.url(where.page + 1) if start + PAGE_SIZE < total else "",
    )


def _line(score: Score) -> ScoreLine:
    return ScoreLine(
        transcript_id=score.transcript_id,
        external_id=score.transcript.external_id,
        model=score.transcript.model_run.model,
        monitor=words.monitor_title(score.monitor),
        tone=words.score_tone(score.state, flagged=score.flagged),
        word=words.score_word(score.state, flagged=score.flagged),
        why=words.reason_in_words(score.reason) if score.reason else "",
        value=score.value,
        at=score.at,
    )

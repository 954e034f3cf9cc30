"""The rows behind a number of the overview: transcripts, and items of the queue; heads only, never text."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, QuerySet

from oversight.accounts.models import Project, User
from oversight.dashboard import coverage
from oversight.dashboard.overview import PERIODS, latest_scores
from oversight.lib import clock
from oversight.lib.paging import Groups, Page, keyset_page
from oversight.review.models import ItemState, ReviewItem, Verdict, VerdictLabel
from oversight.review.selectors.blindness import hidden_scores
from oversight.transcripts.models import ModelRun, Transcript

PAGE_SIZE = 50
TRANSCRIPTS = {
    "received": "Transcripts received",
    "monitored": "Monitored transcripts",
    "flagged": "Flagged transcripts",
    "reviewed": "Transcripts with a person's verdict",
}
ITEMS = {
    "open": "Waiting for review",
    "overdue": "Overdue for review",
    "disputed": "Waiting for an adjudicator",
    "decided": "Verdicts",
    **{label.value: f"Verdicts: {label.label.lower()}" for label in VerdictLabel},
}


@dataclass(frozen=True, slots=True)
class Behind:
    """What the URL says. `by_model`: the model and checkpoint count, also where they are empty."""

    of: str
    period: str = "all"
    model: str = ""
    checkpoint: str = ""
    by_model: bool = False
    older: str = ""
    newer: str = ""

    def url(self, **place: str) -> str:
        """Of another page of the same rows."""
        run = {"model": self.model, "checkpoint": self.checkpoint} if self.by_model else {}
        return "?" + urlencode({"of": self.of, "period": self.period, **run, **place})

    @property
    def since(self) -> datetime | None:
        span = PERIODS[self.period][1]
        return clock.now() - span if span else None


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """One transcript; not named (`transcript` is None) where that it stands here would tell its score."""

    transcript: Transcript | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One item, with the verdict that holds."""

    item: ReviewItem
    label: str


@dataclass(frozen=True, slots=True)
class TranscriptsBehind:
    """A page of them."""

    title: str
    where: Behind
    period_name: str
    rows: tuple[TranscriptLine, ...]
    newer: str
    older: str


@dataclass(frozen=True, slots=True)
class ItemsBehind:
    """A page of them."""

    title: str
    where: Behind
    period_name: str
    rows: tuple[ItemLine, ...]
    newer: str
    older: str


def behind_of(query: Mapping[str, str], period: str, known: Mapping[str, str]) -> Behind:
    """What a URL asks for; what there is not is the first there is."""
    asked = query.get("of", "")
    return Behind(
        of=asked if asked in known else next(iter(known)),
        period=period,
        model=query.get("model", "")[:512],
        checkpoint=query.get("checkpoint", "")[:512],
        by_model="model" in query,
        older=query.get("older", ""),
        newer=query.get("newer", ""),
    )


def transcripts_behind(projects: Collection[int], where: Behind, user: User) -> TranscriptsBehind:
    """Raises Malformed for a page that is none of ours. Two queries, seldom three."""
    heads = Transcript.objects.select_related("model_run", "project")
    page = keyset_page(
        _transcripts(heads, projects, where),
        older=where.older,
        newer=where.newer,
        size=PAGE_SIZE,
        groups=Groups(Project.objects.filter(pk__in=projects), "project", heads),
    )
    hidden = hidden_scores(user, [row.pk for row in page.rows]) if where.of == "flagged" else frozenset()
    rows = tuple(TranscriptLine(None if row.pk in hidden else row, row.received_at) for row in page.rows)
    return TranscriptsBehind(TRANSCRIPTS[where.of], where, PERIODS[where.period][0], rows, *_around(where, page))


def _transcripts(heads: QuerySet[Transcript], projects: Collection[int], where: Behind) -> QuerySet[Transcript]:
    rows = heads.filter(project_id__in=projects)
    if where.since:
        rows = rows.filter(received_at__gte=where.since)
    if where.by_model:
        runs = ModelRun.objects.filter(project_id__in=projects, model=where.model, checkpoint=where.checkpoint)
        rows = rows.filter(model_run__in=runs)
    if where.of == "monitored":
        return coverage.monitored(rows)
    if where.of == "reviewed":
        return coverage.reviewed(rows)
    if where.of == "flagged":
        flags = coverage.flagged(latest_scores(projects), projects)
        return rows.filter(Exists(flags.filter(transcript=OuterRef("pk"))))
    return rows


def items_behind(projects: Collection[int], where: Behind) -> ItemsBehind:
    """Raises Malformed for a page that is none of ours. Two queries, seldom three."""
    shown = ReviewItem.objects.select_related("transcript__model_run", "project")
    is_waiting = where.of in ("open", "overdue", "disputed")
    page = keyset_page(
        _items(shown.filter(project_id__in=projects), where),
        by=("created_at", "pk") if is_waiting else ("-created_at", "-pk"),
        older=where.older,
        newer=where.newer,
        size=PAGE_SIZE,
    )
    given = Verdict.objects.standing().filter(item__in=page.rows, item__state=ItemState.DECIDED)
    labels = dict(given.values_list("item", "label"))
    rows = tuple(ItemLine(row, VerdictLabel(labels[row.pk]).label if row.pk in labels else "") for row in page.rows)
    return ItemsBehind(ITEMS[where.of], where, PERIODS[where.period][0], rows, *_around(where, page))


def _items(items: QuerySet[ReviewItem], where: Behind) -> QuerySet[ReviewItem]:
    if where.of == "open":
        return items.filter(state=ItemState.OPEN)
    if where.of == "overdue":
        return items.filter(state=ItemState.OPEN, due_at__lt=clock.now())
    if where.of == "disputed":
        return items.filter(state=ItemState.DISPUTED)
    given = Verdict.objects.standing().filter(item=OuterRef("pk"))
    if where.since:
        given = given.filter(committed_at__gte=where.since)
    return items.filter(Exists(given if where.of == "decided" else given.filter(label=where.of)))


def _around(where: Behind, page: Page[Any]) -> tuple[str, str]:
    newer = where.url(newer=page.newer) if page.newer else ""
    return newer, where.url(older=page.older) if page.older else ""

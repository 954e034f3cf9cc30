"""Where Ctrl+K may lead: pages by permission, and what a query names: an item, a transcript, a person."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from oversight.accounts.models import Membership, Role, User
from oversight.accounts.permissions import allowed_projects, permissions_of
from oversight.review.models import ReviewItem
from oversight.transcripts.models import Transcript

MOST_FOUND = 8
# Name of the page, where it is, and what it asks for; empty: being signed in.
PAGES: tuple[tuple[str, str, str], ...] = (
    ("Review queue", "review:queue", "queue.view"),
    ("Adjudication", "agreement:adjudicate", "queue.view"),
    ("Agreement", "agreement:page", "queue.view"),
    ("Label sets", "review:label-sets", "queue.view"),
    ("Transcripts", "transcripts:list", "transcript.list"),
    ("Compare two transcripts", "compare:page", "transcript.view"),
    ("Upload files", "intake:upload", "transcript.upload"),
    ("Rejected input", "intake:rejected", "rejected.view"),
    ("Monitors", "monitoring:list", "monitor.view"),
    ("Test bench of monitors", "dashboard:bench", "monitor.try"),
    ("Rubrics", "rubrics:list", "rubric.view"),
    ("Overview", "dashboard:overview", "overview.view"),
    ("Measurements", "dashboard:scores", "overview.view"),
    ("Health", "dashboard:admin", "admin.view"),
    ("Members", "dashboard:members", "member.manage"),
    ("API keys", "dashboard:keys", "apikey.manage"),
    ("Alerts", "alerts:list", "alert.view"),
    ("Deliveries of alerts", "alerts:deliveries", "alert.view"),
    ("Audit trail", "dashboard:audit", "audit.view"),
    ("Settings", "accounts:settings", ""),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the palette."""

    kind: str
    title: str
    url: str
    note: str = ""


def pages(memberships: Collection[Membership]) -> tuple[Entry, ...]:
    """The pages that these roles open."""
    may = permissions_of(memberships)
    return tuple(Entry("Page", title, reverse(url)) for title, url, asks in PAGES if not asks or asks in may)


def found(memberships: Collection[Membership], asked: str) -> tuple[Entry, ...]:
    """Pages whose name holds the words, then what else the words name. At most three queries."""
    words = asked.lower().split()
    named = tuple(page for page in pages(memberships) if all(word in page.title.lower() for word in words))
    if not asked:
        return named
    things = (*_items(memberships, asked), *_transcripts(memberships, asked), *_people(memberships, asked))
    return (*things, *named)


def _items(memberships: Collection[Membership], asked: str) -> tuple[Entry, ...]:
    number = asked.removeprefix("#")
    projects = allowed_projects(memberships, "transcript.view")
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        return ()
    rows = ReviewItem.objects.filter(pk=int(number), project_id__in=projects).select_related("transcript")
    return tuple(
        Entry("Item", f"#{row.pk}", reverse("dashboard:trace", args=[row.transcript_id]), row.transcript.external_id)
        for row in rows
    )


def _transcripts(memberships: Collection[Membership], asked: str) -> tuple[Entry, ...]:
    heads = Transcript.objects.filter(project_id__in=allowed_projects(memberships, "transcript.view"))
    try:
        heads = heads.filter(pk=UUID(asked))
    except ValueError:
        heads = heads.filter(external_id=asked)
    rows = heads.select_related("model_run")[:MOST_FOUND]
    return tuple(
        Entry("Transcript", row.external_id, reverse("dashboard:trace", args=[row.pk]), row.model_run.model)
        for row in rows
    )


def _people(memberships: Collection[Membership], asked: str) -> tuple[Entry, ...]:
    """People of the projects that this person leads, to the audit trail or the queue of what they hold."""
    led = {one.project_id for one in memberships if one.role in (Role.LEAD, Role.ADMIN)}
    people = User.objects.filter(memberships__project_id__in=led, name__icontains=asked).distinct().order_by("name")
    may = permissions_of(memberships)
    return tuple(
        Entry("Person", one.name, _person_url(one, may), one.email) for one in people[:MOST_FOUND] if len(asked) > 1
    )


def _person_url(person: User, may: Collection[str]) -> str:
    if "audit.view" in may:
        return f"{reverse('dashboard:audit')}?actor=user:{person.pk}"
    return f"{reverse('review:queue')}?assignee={person.pk}"

"""The audit page's reads: rows by filter, one event in full, a transcript's history, and rows for CSV."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import F, Q, QuerySet

from oversight.accounts.models import Membership, User
from oversight.audit.canonical import commitment
from oversight.audit.models import LedgerEvent
from oversight.dashboard import ledger
from oversight.dashboard.ledger import Change, Names
from oversight.review.models import ItemState
from oversight.review.selectors.blindness import hides_earlier, hides_scores
from oversight.transcripts.models import Transcript

PAGE = 50
CSV_CHUNK = 1000
MOST_CSV_ROWS = 100_000
MOST_HISTORY = 500
SKEW = timedelta(minutes=5)
# An object of which every fifth event speaks fills a page from the newest of them; a rare one is found by its index.
WINDOW = 5_000
SAYS_A_VERDICT = ("verdict.committed", "verdict.settled")


@dataclass(frozen=True, slots=True)
class Filter:
    """What a URL asks for; None and empty mean any."""

    actor: tuple[str, str] | None = None
    object: tuple[str, str] | None = None
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None

    def said(self) -> dict[str, str]:
        """For the event that the reading itself leaves."""
        parts = {
            "actor": ":".join(self.actor) if self.actor else "",
            "object": ":".join(self.object) if self.object else "",
            "action": self.action,
            "from": self.since.isoformat() if self.since else "",
            "to": self.until.isoformat() if self.until else "",
            "before": str(self.before or ""),
        }
        return {key: value for key, value in parts.items() if value}


@dataclass(frozen=True, slots=True)
class Row:
    """One event as a sentence."""

    id: int
    at: datetime
    actor: str
    actor_name: str
    action: str
    sentence: str
    object: str
    project: str
    outcome: str
    request_id: UUID
    ip: str | None

    @property
    def object_short(self) -> str:
        """Of a long id its end: the ends of ids that sort by time differ, their beginnings do not."""
        type_, _, id_ = self.object.partition(":")
        return self.object if len(id_) <= 16 else f"{type_}:…{id_[-12:]}"


@dataclass(frozen=True, slots=True)
class Page:
    """Newest first; `older` is the id to go on from."""

    rows: tuple[Row, ...]
    older: int | None


def page(projects: frozenset[int], where: Filter) -> Page:
    """At most eleven queries, whatever the filter: three to find the rows, two for its times, six to say them."""
    events = _events(_newest(projects, where, PAGE + 1))
    rows = _rows(events[:PAGE])
    return Page(rows, rows[-1].id if len(events) > PAGE else None)


def count(projects: frozenset[int], where: Filter) -> int:
    """How many rows a CSV file would have, up to its limit."""
    return len(_newest(projects, where, MOST_CSV_ROWS))


def csv_rows(projects: frozenset[int], where: Filter) -> Iterator[list[object]]:
    """The header and the rows, newest first, a thousand at a time."""
    yield [
        *("id", "at", "actor", "actor_name", "action", "sentence", "object", "subjects"),
        *("project_id", "outcome", "request_id", "ip", "detail", "sha256_of_canonical_bytes"),
    ]
    ids = _newest(projects, where, MOST_CSV_ROWS)
    for start in range(0, len(ids), CSV_CHUNK):
        events = _events(ids[start : start + CSV_CHUNK])
        names = ledger.names_of(events)
        yield from (_csv_row(event, names) for event in events)


def _csv_row(event: LedgerEvent, names: Names) -> list[object]:
    row = _row(event, names)
    return [
        row.id,
        row.at.isoformat(),
        row.actor,
        row.actor_name,
        row.action,
        row.sentence,
        row.object,
        " ".join(event.subjects),
        event.project_id,
        row.outcome,
        row.request_id,
        row.ip,
        json.dumps(ledger.detail_of(event), sort_keys=True),
        hashlib.sha256(bytes(event.canon)).hexdigest(),
    ]


def history_of_transcript(transcript: Transcript, reader: User | None = None) -> tuple[Row, ...]:
    """Everything that happened to it, newest first, as far as this reader may know. At most ten queries."""
    about = _about("transcript", str(transcript.pk), batch=str(transcript.batch_id))
    return _rows(_events(_ids(_known_to(reader, transcript), about, MOST_HISTORY)))


def _known_to(reader: User | None, transcript: Transcript) -> QuerySet[LedgerEvent]:
    """Read blind, it has no scores; read by two apart, nothing of what others do with it until it is decided.

    Opened again, no earlier verdict of others, until this reader has given their own.
    """
    events = LedgerEvent.objects.all()
    if reader is None:
        return events
    own = Q(actor_kind="user", actor_id=str(reader.pk))
    if hides_scores(reader, transcript.pk):
        return events.filter(own | Q(action="transcripts.ingested"))
    is_apart = transcript.review_items.filter(required__gt=1).exclude(state=ItemState.DECIDED).exists()
    if is_apart:
        return events.filter(own | ~Q(object_type="review_item"))
    is_steering = hides_earlier(reader, transcript.pk)
    return events.filter(own | ~Q(action__in=SAYS_A_VERDICT)) if is_steering else events


@dataclass(frozen=True, slots=True)
class Full:
    """One event with everything that the ledger holds of it."""

    row: Row
    uuid: UUID
    on_behalf_of: str
    subjects: tuple[str, ...]
    session: str
    changes: tuple[Change, ...]
    detail: str
    erased_at: datetime | None
    detail_commit: str
    matches: bool | None
    canon: str
    canon_sha256: str


def full(projects: frozenset[int], pk: int) -> Full | None:
    """Five queries. `matches`: the detail is the one that the event commits to; None when it was erased."""
    event = _visible(projects).select_related("detail_row").filter(pk=pk).first()
    if event is None:
        return None
    kept, detail = event.detail_row, ledger.detail_of(event)
    matches = None
    if kept.salt is not None:
        matches = commitment(bytes(kept.salt), detail) == bytes(event.detail_commit)
    return Full(
        row=_rows([event])[0],
        uuid=event.uuid,
        on_behalf_of=event.on_behalf_of,
        subjects=tuple(event.subjects),
        session=bytes(event.session_hash).hex() if event.session_hash else "",
        changes=ledger.changes(detail),
        detail=json.dumps(detail, indent=2, sort_keys=True, ensure_ascii=True),
        erased_at=kept.erased_at,
        detail_commit=bytes(event.detail_commit).hex(),
        matches=matches,
        canon=bytes(event.canon).decode(),
        canon_sha256=hashlib.sha256(bytes(event.canon)).hexdigest(),
    )


def members(projects: frozenset[int]) -> tuple[tuple[str, str], ...]:
    """E-mail and name of everybody whose events can be filtered for. One query."""
    users = User.objects.filter(memberships__project_id__in=projects).order_by("name").distinct()
    return tuple(users.values_list("email", "name"))


def _visible(projects: frozenset[int]) -> QuerySet[LedgerEvent]:
    """Events of these projects, and those of no project by their members or by nobody in particular."""
    people = Membership.objects.filter(project_id__in=projects).values_list("user_id", flat=True)
    of_no_project = Q(project_id__isnull=True) & (
        ~Q(actor_kind="user") | Q(actor_id__in=[str(user_id) for user_id in people])
    )
    return LedgerEvent.objects.filter(Q(project_id__in=projects) | of_no_project)


def _newest(projects: frozenset[int], where: Filter, most: int) -> list[int]:
    """Ids of the newest events that fit."""
    found = _visible(projects).filter(_between(where.since, where.until))
    if where.actor:
        kind, id_ = where.actor
        found = found.filter(actor_kind=kind, **({"actor_id": id_} if id_ else {}))
    if where.action:
        found = found.filter(action=where.action)
    if where.before:
        found = found.filter(pk__lt=where.before)
    if where.object:
        about = _about(*where.object, batch=_batch_of(*where.object))
        return _newest_about(found, about, where.before, most) or _ids(found, about, most)
    return list(found.order_by("-id").values_list("pk", flat=True)[:most])


def _newest_about(found: QuerySet[LedgerEvent], about: list[Q], before: int | None, most: int) -> list[int]:
    """Those of a window of the newest events, if they are enough. Two queries."""
    if most > WINDOW:
        return []
    newest = LedgerEvent.objects.filter(pk__lt=before) if before else LedgerEvent.objects.all()
    edge = newest.order_by("-pk").values_list("pk", flat=True)[WINDOW : WINDOW + 1]
    anything = reduce(or_, about)
    # Ordered by the primary key: the window is walked from its newest event until there are enough.
    ids = list(found.filter(anything, pk__gt=next(iter(edge), 0)).order_by("-pk").values_list("pk", flat=True)[:most])
    return ids if len(ids) == most else []


def _ids(found: QuerySet[LedgerEvent], about: list[Q], most: int) -> list[int]:
    """One query for each condition, since an OR of them reads the whole table: 1 s in 500,000 events."""
    ids: set[int] = set()
    for condition in about:
        # Ordered by an expression, lest the planner walk the primary key backwards in the hope of an early match.
        newest = found.filter(condition).order_by((F("id") + 0).desc())
        ids.update(newest.values_list("pk", flat=True)[:most])
    return sorted(ids, reverse=True)[:most]


def _events(ids: list[int]) -> list[LedgerEvent]:
    return list(LedgerEvent.objects.filter(pk__in=ids).select_related("detail_row").order_by("-id"))


def _between(since: datetime | None, until: datetime | None) -> Q:
    """Also bounds the ids, so that only that stretch of the table is read. Two queries.

    Ids and times rise together, but for the difference of two machines' clocks; SKEW allows for more than that.
    """
    bounds = Q()
    if since:
        earlier = LedgerEvent.objects.filter(at__lt=since - SKEW).order_by("-at").values_list("pk", flat=True).first()
        bounds &= Q(at__gte=since, pk__gt=earlier or 0)
    if until:
        later = LedgerEvent.objects.filter(at__gt=until + SKEW).order_by("at").values_list("pk", flat=True).first()
        bounds &= Q(at__lte=until) & (Q(pk__lt=later) if later else Q())
    return bounds


def _about(type_: str, id_: str, *, batch: str = "") -> list[Q]:
    """An object is what an event is about, one of its subjects, or a part of an ingested batch."""
    about = [Q(object_type=type_, object_id=id_), Q(subjects__contains=[f"{type_}:{id_}"])]
    return [*about, Q(object_type="ingest_batch", object_id=batch)] if batch else about


def _batch_of(type_: str, id_: str) -> str:
    """The batch in which a transcript came: its event lists many, so it does not name each as a subject."""
    if type_ != "transcript":
        return ""
    try:
        batch = Transcript.objects.filter(pk=UUID(id_)).values_list("batch_id", flat=True).first()
    except ValueError:
        return ""
    return str(batch or "")


def _rows(events: list[LedgerEvent]) -> tuple[Row, ...]:
    names = ledger.names_of(events)
    return tuple(_row(event, names) for event in events)


def _row(event: LedgerEvent, names: Names) -> Row:
    return Row(
        id=event.pk,
        at=event.at,
        actor=f"{event.actor_kind}:{event.actor_id}",
        actor_name=names.of_actor(event.actor_kind, event.actor_id),
        action=event.action,
        sentence=ledger.sentence(event, names),
        object=f"{event.object_type}:{event.object_id}",
        project=names.projects.get(event.project_id or 0, ""),
        outcome=event.outcome,
        request_id=event.request_id,
        ip=event.ip,
    )

"""What the alert pages show."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, QuerySet

from oversight.accounts.models import User
from oversight.alerts import bodies
from oversight.alerts.models import Attempt, Delivery, DeliveryState, Endpoint, EndpointState, Rule
from oversight.monitoring.models import Deployment
from oversight.review.selectors.blindness import hides_earlier, hides_scores

PAGE = 50
TONES = {
    EndpointState.ACTIVE: "ok",
    EndpointState.PAUSED: "muted",
    EndpointState.DISABLED: "danger",
    DeliveryState.PENDING: "info",
    DeliveryState.LEASED: "info",
    DeliveryState.DELIVERED: "ok",
    DeliveryState.DEAD: "danger",
}


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """One receiver with what happened last."""

    id: int
    name: str
    project: str
    kind: str
    origin: str
    state: str
    state_label: str
    tone: str
    reason: str
    failing_since: datetime | None
    n_rules: int
    last_at: datetime | None
    last_says: str


def endpoint_rows(projects: frozenset[int]) -> tuple[EndpointRow, ...]:
    """By name. One query."""
    endpoints = Endpoint.objects.filter(project_id__in=projects).select_related("project").order_by("name", "pk")
    return tuple(
        EndpointRow(
            id=row.pk,
            name=row.name,
            project=row.project.name,
            kind=row.get_kind_display(),
            origin=row.origin,
            state=row.state,
            state_label=row.get_state_display(),
            tone=TONES[EndpointState(row.state)],
            reason=row.state_reason,
            failing_since=row.first_failure_at,
            n_rules=row.n_rules,
            last_at=row.last_attempt_at,
            last_says=row.last_says,
        )
        for row in endpoints.annotate(n_rules=Count("rules"))
    )


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule in words."""

    id: int
    events: tuple[str, ...]
    monitors: tuple[str, ...]
    min_score: float
    endpoint: str
    endpoint_state: str
    project: str
    enabled: bool


def rule_rows(projects: frozenset[int]) -> tuple[RuleRow, ...]:
    """Oldest first. One query."""
    rules = Rule.objects.filter(project_id__in=projects).select_related("endpoint", "project").order_by("pk")
    return tuple(
        RuleRow(
            rule.pk,
            tuple(bodies.EVENT_TYPES.get(name, name) for name in rule.event_types),
            tuple(rule.monitors),
            rule.min_score,
            rule.endpoint.name,
            rule.endpoint.state,
            rule.project.name,
            rule.enabled,
        )
        for rule in rules
    )


def monitors(projects: frozenset[int]) -> tuple[str, ...]:
    """Names of the monitors at work in these projects. One query."""
    names = Deployment.objects.filter(project_id__in=projects).order_by("monitor").values_list("monitor", flat=True)
    return tuple(names.distinct())


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One request and what came back. `head` is text for people: control characters are gone."""

    number: int
    at: datetime
    status: int | None
    error: str
    duration_ms: int
    peer: str | None
    head: str


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One message for one endpoint. `body` is the stored JSON, indented for people; a list does without it."""

    id: int
    at: datetime
    event_type: str
    message_id: str
    transcript_id: str
    endpoint_id: int
    endpoint: str
    endpoint_state: str
    state: str
    state_label: str
    tone: str
    attempt: int
    next_at: datetime | None
    delivered_at: datetime | None
    body: str
    attempts: tuple[AttemptRow, ...]

    @property
    def last(self) -> AttemptRow | None:
        return self.attempts[-1] if self.attempts else None


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Newest first; `older` is the id to go on from."""

    rows: tuple[DeliveryRow, ...]
    older: int | None


def delivery_page(
    projects: frozenset[int], *, endpoint: int | None = None, state: str = "", before: int | None = None
) -> DeliveryPage:
    """Two queries."""
    found = Delivery.objects.in_projects(projects)
    if endpoint:
        found = found.filter(endpoint_id=endpoint)
    if state:
        found = found.filter(state=state)
    if before:
        found = found.filter(pk__lt=before)
    rows = _rows(found.order_by("-pk")[: PAGE + 1])
    return DeliveryPage(rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None)


def delivery_row(projects: frozenset[int], pk: int) -> DeliveryRow | None:
    """Two queries."""
    return next(iter(_rows(Delivery.objects.in_projects(projects).filter(pk=pk), with_body=True)), None)


def hides_body(row: DeliveryRow, user: User) -> bool:
    """Whether its score or verdict is one that this person must not know yet. At most two queries."""
    if not row.transcript_id:
        return False
    transcript_id = UUID(row.transcript_id)
    return hides_scores(user, transcript_id) or hides_earlier(user, transcript_id)


def n_dead(projects: frozenset[int]) -> int:
    """Deliveries that used up their attempts. One query."""
    dead = Delivery.objects.in_projects(projects).filter(state=DeliveryState.DEAD)
    return dead.exclude(event_type=bodies.TEST).count()


def _rows(deliveries: QuerySet[Delivery], *, with_body: bool = False) -> tuple[DeliveryRow, ...]:
    found = deliveries if with_body else deliveries.defer("body")
    return tuple(
        DeliveryRow(
            id=row.pk,
            at=row.created_at,
            event_type=row.event_type,
            message_id=row.message_id,
            transcript_id=str(row.transcript_id or ""),
            endpoint_id=row.endpoint_id,
            endpoint=row.endpoint.name,
            endpoint_state=row.endpoint.state,
            state=row.state,
            state_label=row.get_state_display(),
            tone=TONES[DeliveryState(row.state)],
            attempt=row.attempt,
            next_at=row.next_at if row.state == DeliveryState.PENDING else None,
            delivered_at=row.delivered_at,
            body=json.dumps(json.loads(bytes(row.body)), indent=2, ensure_ascii=True) if with_body else "",
            attempts=tuple(_attempt(one) for one in sorted(row.attempts.all(), key=lambda one: one.number)),
        )
        for row in found.select_related("endpoint").prefetch_related("attempts")
    )


def _attempt(row: Attempt) -> AttemptRow:
    head = bytes(row.response_head).decode("utf-8", "replace")
    printable = "".join(character if character.isprintable() else "\u00b7" for character in head)
    return AttemptRow(row.number, row.at, row.status, row.error, row.duration_ms, row.peer_ip, printable)

"""From an event of the ledger to one delivery for each endpoint that a rule names."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q

from oversight.accounts.models import Project
from oversight.alerts import bodies
from oversight.alerts.bodies import Alert
from oversight.alerts.events import WebhookQueued
from oversight.alerts.models import Delivery, Endpoint, EndpointState, Rule
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.audit.models import LedgerEvent
from oversight.lib import clock
from oversight.review.services import is_read_blind

ACTOR = Actor.worker("alerts")


def message_id(of: uuid.UUID) -> str:
    """Follows from the event, so that every attempt, repeat and redelivery carries the same."""
    return "msg_" + base64.b32encode(of.bytes).decode().rstrip("=").lower()


def alert_of(event: LedgerEvent, project: Project) -> Alert:
    """What the event means to a receiver."""
    detail = event.detail_row.detail or {}
    if event.action == bodies.SETTLED:
        return Alert(
            type=event.action,
            at=event.at,
            project=project.slug,
            transcript_id=str(detail["transcript_id"]),
            label=str(detail["label"]),
            severity=detail["severity"],
        )
    if event.action == bodies.ALARMED:
        return Alert(
            type=event.action,
            at=event.at,
            project=project.slug,
            deployment_id=event.object_id,
            monitor=str(detail["monitor"]),
            rule=str(detail["rule"]),
        )
    return Alert(
        type=event.action,
        at=event.at,
        project=project.slug,
        transcript_id=event.object_id,
        monitor=str(detail["monitor"]),
        score=float(detail["score"]),
        threshold=float(detail["threshold"]),
        is_blind=is_read_blind(project_id=project.pk, transcript_id=uuid.UUID(event.object_id)),
    )


@transaction.atomic
def queue(event: LedgerEvent) -> list[int]:
    """Write the deliveries of an event; safe to run twice. Returns the ids of those that are new."""
    project = Project.objects.get(pk=event.project_id or 0)
    alert = alert_of(event, project)
    endpoints = Endpoint.objects.filter(pk__in=[rule.endpoint_id for rule in matching(alert, project)])
    made = [delivery for endpoint in endpoints if (delivery := _delivery(endpoint, event, alert))]
    if made:
        audit.record(
            WebhookQueued(
                object_id=message_id(event.uuid),
                project_id=project.pk,
                event_type=alert.type,
                delivery_ids=[delivery.pk for delivery in made],
                endpoint_ids=[delivery.endpoint_id for delivery in made],
                transcript_id=alert.transcript_id or "",
            ),
            ACTOR,
        )
    return [delivery.pk for delivery in made]


def matching(alert: Alert, project: Project) -> Iterable[Rule]:
    """The enabled rules of the project that this alert meets. A paused endpoint keeps its alerts for later."""
    rules = Rule.objects.filter(project=project, enabled=True, event_types__contains=[alert.type])
    rules = rules.exclude(endpoint__state=EndpointState.DISABLED)
    if alert.type == bodies.FLAGGED:
        rules = rules.filter(Q(monitors=[]) | Q(monitors__contains=[alert.monitor]), min_score__lte=alert.score)
    return rules


def _delivery(endpoint: Endpoint, event: LedgerEvent, alert: Alert) -> Delivery | None:
    now = clock.now()
    delivery, is_new = Delivery.objects.get_or_create(
        endpoint=endpoint,
        message_id=message_id(event.uuid),
        defaults={
            "event_type": alert.type,
            "event_id": event.pk,
            "transcript_id": alert.transcript_id,
            "body": bodies.body(alert, endpoint.kind),
            "next_at": now,
            "created_at": now,
        },
    )
    return delivery if is_new else None

"""Endpoints, rules, and what people ask of deliveries."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from oversight.accounts.models import Project, User
from oversight.alerts import bodies, deliveries, fan_out, sealing, signing
from oversight.alerts.bodies import Alert
from oversight.alerts.events import EndpointChanged, EndpointRefused, RuleChanged, WebhookRedelivered
from oversight.alerts.models import Delivery, DeliveryState, Endpoint, EndpointKind, Rule
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib import clock
from oversight.lib.errors import Conflict, Invalid
from oversight.lib.outbound import Resolver, check_url, system_resolver
from oversight.lib.ssrf import OutboundError


@dataclass(frozen=True, slots=True)
class WithSecret:
    """An endpoint and its new secret, which is shown once; None when it did not change."""

    endpoint: Endpoint
    secret: str | None


def create_endpoint(
    *,
    project: Project,
    name: str,
    url: str,
    kind: str = EndpointKind.STANDARD,
    event_types: Sequence[str] = (),
    created_by: User | None = None,
    resolver: Resolver = system_resolver,
    actor: Actor,
) -> WithSecret:
    """With a rule for these events, if any. Raises Invalid with what is wrong when the URL may not be sent to."""
    _check(url, resolver, project_id=project.pk, actor=actor)
    with transaction.atomic():
        endpoint = Endpoint.objects.create(
            project=project, name=name, url=url, kind=kind, secret_sealed=b"", created_by=created_by
        )
        secret = _renew_secret(endpoint)
        _record_endpoint(endpoint, {}, actor)
        if event_types:
            save_rule(endpoint=endpoint, event_types=event_types, actor=actor)
    return WithSecret(endpoint, secret)


def update_endpoint(
    *, endpoint: Endpoint, name: str, url: str, kind: str, resolver: Resolver = system_resolver, actor: Actor
) -> WithSecret:
    """A new URL gets a new secret: whoever receives there has not been shown the old one."""
    if moved := url != endpoint.url:
        _check(url, resolver, project_id=endpoint.project_id, actor=actor, object_id=str(endpoint.pk))
    with transaction.atomic():
        endpoint = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
        before = _shown(endpoint)
        endpoint.name, endpoint.url, endpoint.kind = name, url, kind
        endpoint.save(update_fields=["name", "url", "kind"])
        secret = _renew_secret(endpoint) if moved else None
        _record_endpoint(endpoint, before, actor)
    return WithSecret(endpoint, secret)


@transaction.atomic
def renew_secret(*, endpoint: Endpoint, actor: Actor) -> WithSecret:
    """The old secret is invalid from now on."""
    secret = _renew_secret(endpoint)
    _record_endpoint(endpoint, _shown(endpoint), actor, why="new secret")
    return WithSecret(endpoint, secret)


@transaction.atomic
def set_endpoint_state(*, endpoint: Endpoint, state: str, actor: Actor) -> None:
    """Pause or resume. Raises Conflict when it is in that state already."""
    rows = Endpoint.objects.filter(pk=endpoint.pk).exclude(state=state)
    before = _shown(endpoint)
    if rows.update(state=state, state_reason="", first_failure_at=None) != 1:
        raise Conflict(f"{endpoint.name} is {state} already.")
    endpoint.refresh_from_db()
    _record_endpoint(endpoint, before, actor)


def _check(url: str, resolver: Resolver, *, project_id: int, actor: Actor, object_id: str = "new") -> None:
    """The refusal is an event: whoever tries addresses of the inside leaves a trace."""
    try:
        check_url(url, resolver=resolver)
    except OutboundError as error:
        refusal = EndpointRefused(object_id=object_id, project_id=project_id, outcome="denied", kind=error.kind)
        audit.record_alone(refusal, actor)
        raise Invalid(str(error), place="url") from None


def _renew_secret(endpoint: Endpoint) -> str:
    secret = signing.new_secret()
    endpoint.secret_sealed = sealing.sealed(endpoint, secret)
    endpoint.save(update_fields=["secret_sealed"])
    return secret


def _shown(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "name": endpoint.name,
        "url": endpoint.origin,
        "kind": str(endpoint.kind),
        "state": str(endpoint.state),
    }


def _record_endpoint(endpoint: Endpoint, before: dict[str, Any], actor: Actor, *, why: str = "") -> None:
    event = EndpointChanged(
        object_id=str(endpoint.pk), project_id=endpoint.project_id, before=before, after=_shown(endpoint), why=why
    )
    audit.record(event, actor)


@transaction.atomic
def save_rule(
    *,
    endpoint: Endpoint,
    event_types: Sequence[str],
    monitors: Sequence[str] = (),
    min_score: float = 0.0,
    enabled: bool = True,
    rule: Rule | None = None,
    actor: Actor,
) -> Rule:
    """Make a rule, or change the given one. Empty `monitors` means every monitor."""
    if not event_types or not set(event_types) <= set(bodies.EVENT_TYPES):
        raise Invalid("Choose at least one kind of event.")
    before = _rule_shown(rule) if rule else {}
    rule = rule or Rule(project_id=endpoint.project_id)
    rule.endpoint, rule.event_types, rule.monitors = endpoint, sorted(event_types), sorted(monitors)
    rule.min_score, rule.enabled = min_score, enabled
    rule.save()
    _record_rule(rule, before, _rule_shown(rule), actor)
    return rule


@transaction.atomic
def delete_rule(*, rule: Rule, actor: Actor) -> None:
    """Deliveries that it made stay in the log."""
    _record_rule(rule, _rule_shown(rule), {}, actor)
    rule.delete()


def _rule_shown(rule: Rule) -> dict[str, Any]:
    return {
        "endpoint": rule.endpoint_id,
        "event_types": list(rule.event_types),
        "monitors": list(rule.monitors),
        "min_score": f"{rule.min_score:.2f}",
        "enabled": rule.enabled,
    }


def _record_rule(rule: Rule, before: dict[str, Any], after: dict[str, Any], actor: Actor) -> None:
    event = RuleChanged(
        object_id=str(rule.pk),
        project_id=rule.project_id,
        endpoint_id=rule.endpoint_id,
        before=before,
        after=after,
    )
    audit.record(event, actor)


@transaction.atomic
def redeliver(*, delivery: Delivery, actor: Actor) -> None:
    """Send again now, with the same message id and body. Raises Conflict while it is being sent."""
    idle = Delivery.objects.filter(pk=delivery.pk).exclude(state=DeliveryState.LEASED)
    if idle.update(state=DeliveryState.PENDING, next_at=clock.now()) != 1:
        raise Conflict("It is being sent at this moment.")
    _record_request(delivery, actor)


def send_test(*, endpoint: Endpoint, actor: Actor) -> tuple[Delivery, deliveries.Outcome]:
    """Send a test message at once and once, also to a paused endpoint; it stands in the log like any other."""
    delivery = _test_delivery(endpoint, actor)
    outcome = deliveries.send(delivery)
    deliveries.finish(delivery, outcome)
    return delivery, outcome


@transaction.atomic
def _test_delivery(endpoint: Endpoint, actor: Actor) -> Delivery:
    now = clock.now()
    alert = Alert(type=bodies.TEST, at=now, project=endpoint.project.slug)
    delivery = Delivery.objects.create(
        endpoint=endpoint,
        message_id=fan_out.message_id(uuid.uuid4()),
        event_type=bodies.TEST,
        body=bodies.body(alert, endpoint.kind),
        state=DeliveryState.LEASED,
        attempt=1,
        next_at=now,
        lease_until=now + deliveries.LEASE,
        created_at=now,
    )
    _record_request(delivery, actor)
    return delivery


def _record_request(delivery: Delivery, actor: Actor) -> None:
    event = WebhookRedelivered(
        object_id=str(delivery.pk),
        project_id=delivery.endpoint.project_id,
        endpoint_id=delivery.endpoint_id,
        event_type=delivery.event_type,
        transcript_id=str(delivery.transcript_id or ""),
    )
    audit.record(event, actor)

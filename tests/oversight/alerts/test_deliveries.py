"""Deliveries to a real receiver: signed, retried, fenced, given up."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from pytest_django import Settings
from standardwebhooks import Webhook

from oversight.accounts.models import Project
from oversight.alerts import deliveries, services, tasks
from oversight.alerts.deliveries import Outcome
from oversight.alerts.models import Attempt, Delivery, DeliveryState, Endpoint
from oversight.audit.models import LedgerEvent
from tests.conftest import Clock
from tests.factories import SYSTEM
from tests.oversight.alerts.arrange import Standing, make_endpoint, queued
from tests.receiver import Receiver, answer


def _state(delivery: Delivery) -> str:
    return Delivery.objects.get(pk=delivery.pk).state


def _attempt_when_due(delivery: Delivery, clock: Clock) -> None:
    clock.now = max(clock.now, Delivery.objects.get(pk=delivery.pk).next_at)
    deliveries.attempt(delivery.pk)


def test_a_delivery_arrives_signed(standing: Standing, project: Project, receiver: Receiver) -> None:
    delivery = queued(project, standing)
    outcome = deliveries.attempt(delivery.pk)
    assert outcome is not None
    assert outcome.delivered
    (request,) = receiver.received
    message = Webhook(standing.secret).verify(request.body, request.headers)
    assert message["data"]["id"] == str(delivery.transcript_id)
    assert request.headers["webhook-id"] == delivery.message_id
    assert _state(delivery) == DeliveryState.DELIVERED
    event = LedgerEvent.objects.get(action="webhook.delivered")
    assert event.subjects == [f"endpoint:{standing.endpoint.pk}", f"transcript:{delivery.transcript_id}"]


def test_a_delivered_message_is_not_sent_again(standing: Standing, project: Project, receiver: Receiver) -> None:
    delivery = queued(project, standing)
    tasks.deliver([delivery.pk])
    tasks.deliver([delivery.pk])
    assert len(receiver.received) == 1


def test_a_failure_is_tried_again_with_the_same_id(
    standing: Standing, project: Project, receiver: Receiver, clock: Clock
) -> None:
    receiver.script = [answer(500), answer(503), answer(204)]
    delivery = queued(project, standing)
    deliveries.attempt(delivery.pk)
    assert deliveries.attempt(delivery.pk) is None, "not due yet"
    for _ in range(2):
        clock.advance(minutes=7)
        deliveries.attempt(delivery.pk)
    assert [request.headers["webhook-id"] for request in receiver.received] == [delivery.message_id] * 3
    assert _state(delivery) == DeliveryState.DELIVERED
    assert list(Attempt.objects.order_by("number").values_list("status", "error")) == [
        (500, "HTTP 500"),
        (503, "HTTP 503"),
        (204, ""),
    ]


@pytest.mark.parametrize("status", [302, 307, 400, 404, 429, 500])
def test_only_2xx_is_success(standing: Standing, project: Project, receiver: Receiver, status: int) -> None:
    receiver.script = [answer(status, Location=receiver.url)]
    delivery = queued(project, standing)
    deliveries.attempt(delivery.pk)
    assert _state(delivery) == DeliveryState.PENDING
    assert len(receiver.received) == 1


def test_after_ten_failures_a_delivery_is_dead_and_can_be_sent_again(
    standing: Standing, project: Project, receiver: Receiver, clock: Clock
) -> None:
    receiver.script = [answer(500)]
    delivery = queued(project, standing)
    for _ in range(10):
        _attempt_when_due(delivery, clock)
    assert _state(delivery) == DeliveryState.DEAD
    assert len(receiver.received) == 10
    assert LedgerEvent.objects.filter(action="webhook.died").count() == 1

    receiver.script = [answer(200)]
    services.redeliver(delivery=delivery, actor=SYSTEM)
    deliveries.attempt(delivery.pk)
    assert _state(delivery) == DeliveryState.DELIVERED
    assert {request.headers["webhook-id"] for request in receiver.received} == {delivery.message_id}


def test_gone_disables_the_endpoint_and_says_so(standing: Standing, project: Project, receiver: Receiver) -> None:
    receiver.script = [answer(410)]
    delivery = queued(project, standing)
    deliveries.attempt(delivery.pk)
    endpoint = Endpoint.objects.get()
    assert (endpoint.state, endpoint.state_reason) == ("disabled", "The receiver answered 410 Gone.")
    assert _state(delivery) == DeliveryState.DEAD
    assert LedgerEvent.objects.filter(action="endpoint.changed", actor_kind="worker").count() == 1


def test_five_days_of_failure_without_a_break_disable_an_endpoint(
    standing: Standing, project: Project, receiver: Receiver, clock: Clock
) -> None:
    receiver.script = [answer(500)]
    delivery = queued(project, standing)
    deliveries.attempt(delivery.pk)
    clock.advance(hours=121)
    deliveries.attempt(delivery.pk)
    assert Endpoint.objects.get().state == "disabled"


def test_a_success_in_between_starts_the_five_days_anew(
    standing: Standing, project: Project, receiver: Receiver, clock: Clock
) -> None:
    receiver.script = [answer(500), answer(200)]
    delivery = queued(project, standing)
    deliveries.attempt(delivery.pk)
    assert Endpoint.objects.get().first_failure_at is not None
    clock.advance(hours=121)
    deliveries.attempt(delivery.pk)
    assert Endpoint.objects.get().first_failure_at is None


def test_retry_after_is_heeded(standing: Standing, project: Project, receiver: Receiver, clock: Clock) -> None:
    receiver.script = [answer(429, Retry_After="9")]
    delivery = queued(project, standing)
    deliveries.attempt(delivery.pk)
    assert Delivery.objects.get().next_at == clock.now + timedelta(seconds=9)


def test_a_lease_that_ran_out_is_taken_over_and_the_late_outcome_is_dropped(
    standing: Standing, project: Project, receiver: Receiver, clock: Clock
) -> None:
    delivery = queued(project, standing)
    slow = deliveries.claim(delivery.pk)
    assert slow is not None
    assert deliveries.claim(delivery.pk) is None
    clock.advance(seconds=61)
    deliveries.attempt(delivery.pk)
    assert not deliveries.finish(slow, Outcome(status=500))
    assert _state(delivery) == DeliveryState.DELIVERED
    assert Attempt.objects.count() == 1


def test_an_endpoint_has_at_most_two_requests_in_flight(
    standing: Standing, project: Project, receiver: Receiver
) -> None:
    first = queued(project, standing)
    others = [Delivery.objects.create(**_copy(first, n)) for n in range(3)]
    claimed = [deliveries.claim(delivery.pk) for delivery in (first, *others)]
    assert [row is not None for row in claimed] == [True, True, False, False]
    neighbour = make_endpoint(project, receiver)
    free = Delivery.objects.create(**_copy(first, 9) | {"endpoint": neighbour.endpoint})
    assert deliveries.claim(free.pk) is not None


def _copy(of: Delivery, n: int) -> dict[str, object]:
    return {
        "endpoint": of.endpoint,
        "message_id": f"msg_{n}",
        "event_type": of.event_type,
        "body": bytes(of.body),
        "next_at": of.next_at,
        "created_at": of.created_at,
    }


def test_one_ring_drains_what_is_due_for_the_endpoint(standing: Standing, project: Project, receiver: Receiver) -> None:
    first = queued(project, standing)
    for n in range(5):
        Delivery.objects.create(**_copy(first, n))
    tasks.deliver([first.pk])
    assert len(receiver.received) == 6


def test_a_paused_endpoint_is_sent_to_once_it_is_resumed(
    standing: Standing, project: Project, receiver: Receiver
) -> None:
    delivery = queued(project, standing)
    services.set_endpoint_state(endpoint=standing.endpoint, state="paused", actor=SYSTEM)
    assert deliveries.attempt(delivery.pk) is None
    assert tasks.sweep() == 0
    services.set_endpoint_state(endpoint=standing.endpoint, state="active", actor=SYSTEM)
    assert tasks.sweep() == 1
    assert deliveries.attempt(delivery.pk) is not None


def test_a_place_that_is_no_longer_allowed_is_an_error_by_class(
    standing: Standing, project: Project, receiver: Receiver, settings: Settings
) -> None:
    delivery = queued(project, standing)
    settings.OUTBOUND_ALLOW = ()
    outcome = deliveries.attempt(delivery.pk)
    assert outcome is not None
    assert outcome.error.startswith("url_refused:")
    assert receiver.received == []


def test_a_changed_field_key_is_said_and_sends_nothing(
    standing: Standing, project: Project, receiver: Receiver, settings: Settings
) -> None:
    delivery = queued(project, standing)
    settings.FIELD_KEY = "another key that is long enough to be accepted by the settings"
    outcome = deliveries.attempt(delivery.pk)
    assert outcome is not None
    assert outcome.error.startswith("secret:")
    assert receiver.received == []


def test_of_the_answer_256_bytes_are_kept(standing: Standing, project: Project, receiver: Receiver) -> None:
    receiver.script = [answer(500, b"<script>" * 1000)]
    deliveries.attempt(queued(project, standing).pk)
    assert len(bytes(Attempt.objects.get().response_head)) == 256


def test_a_slack_endpoint_gets_a_message(db: None, project: Project, receiver: Receiver) -> None:
    delivery = queued(project, make_endpoint(project, receiver, kind="slack"))
    deliveries.attempt(delivery.pk)
    assert json.loads(receiver.received[0].body)["text"].startswith("Flagged in alpha: byte_channels gives 0.97")

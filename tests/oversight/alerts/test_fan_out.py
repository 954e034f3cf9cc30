"""Which events become deliveries, and that a repeat makes none."""

from __future__ import annotations

import json

import pytest

from oversight.accounts.models import Project
from oversight.alerts import fan_out, services
from oversight.alerts.models import Delivery
from oversight.audit import tasks
from oversight.audit.models import LedgerEvent
from tests.factories import SYSTEM
from tests.oversight.alerts.arrange import Standing, flag, make_endpoint, settle
from tests.receiver import Receiver


def test_a_flag_becomes_one_delivery_though_two_rules_name_the_endpoint(standing: Standing, project: Project) -> None:
    for monitors in ([], ["byte_channels"]):
        services.save_rule(
            endpoint=standing.endpoint, event_types=["transcript.flagged"], monitors=monitors, actor=SYSTEM
        )
    event = flag(project)
    assert len(fan_out.queue(event)) == 1
    assert Delivery.objects.get().transcript_id is not None
    queued = LedgerEvent.objects.get(action="webhook.queued")
    assert f"transcript:{event.object_id}" in queued.subjects


def test_handling_an_event_twice_makes_one_delivery(standing: Standing, project: Project) -> None:
    services.save_rule(endpoint=standing.endpoint, event_types=["transcript.flagged"], actor=SYSTEM)
    event = flag(project)
    tasks.deliver([event.pk])
    tasks.deliver([event.pk])
    assert fan_out.queue(event) == []
    assert Delivery.objects.count() == 1
    assert LedgerEvent.objects.filter(action="webhook.queued").count() == 1


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"monitors": ["lm_surprisal"]}, 0),
        ({"monitors": ["byte_channels", "lm_surprisal"]}, 1),
        ({"min_score": 0.98}, 0),
        ({"min_score": 0.97}, 1),
        ({"enabled": False}, 0),
    ],
)
def test_a_rule_picks_by_monitor_and_score(
    standing: Standing, project: Project, rule: dict[str, object], expected: int
) -> None:
    services.save_rule(endpoint=standing.endpoint, event_types=["transcript.flagged"], actor=SYSTEM, **rule)  # type: ignore[arg-type]  # parametrised keywords
    assert len(fan_out.queue(flag(project, score="0.97"))) == expected


def test_a_rule_picks_by_kind_of_event(standing: Standing, project: Project) -> None:
    services.save_rule(
        endpoint=standing.endpoint, event_types=["verdict.settled"], monitors=["x"], min_score=1.0, actor=SYSTEM
    )
    assert fan_out.queue(flag(project)) == []
    [pk] = fan_out.queue(settle(project))
    assert json.loads(bytes(Delivery.objects.get(pk=pk).body))["data"]["label"] == "confirmed"


def test_another_projects_rule_hears_nothing(standing: Standing, project: Project, other_project: Project) -> None:
    services.save_rule(endpoint=standing.endpoint, event_types=["transcript.flagged"], actor=SYSTEM)
    assert fan_out.queue(flag(other_project)) == []


def test_a_paused_endpoint_keeps_its_alerts_and_a_disabled_one_does_not(standing: Standing, project: Project) -> None:
    services.save_rule(endpoint=standing.endpoint, event_types=["transcript.flagged"], actor=SYSTEM)
    services.set_endpoint_state(endpoint=standing.endpoint, state="paused", actor=SYSTEM)
    assert len(fan_out.queue(flag(project))) == 1
    services.set_endpoint_state(endpoint=standing.endpoint, state="disabled", actor=SYSTEM)
    assert fan_out.queue(flag(project)) == []


def test_the_message_id_follows_from_the_event(db: None, project: Project) -> None:
    event = flag(project)
    assert fan_out.message_id(event.uuid) == fan_out.message_id(event.uuid)
    assert fan_out.message_id(event.uuid).startswith("msg_")


def test_each_endpoint_of_an_event_gets_its_own_delivery(db: None, project: Project, receiver: Receiver) -> None:
    for kind in ("standard", "slack"):
        endpoint = make_endpoint(project, receiver, kind=kind).endpoint
        services.save_rule(endpoint=endpoint, event_types=["transcript.flagged"], actor=SYSTEM)
    assert len(fan_out.queue(flag(project))) == 2
    assert len(set(Delivery.objects.values_list("message_id", flat=True))) == 1

"""What tests of alerts start from: endpoints at a receiver, rules, and events as monitoring and review write them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from oversight.accounts.models import Project
from oversight.alerts import fan_out, services
from oversight.alerts.models import Delivery, Endpoint
from oversight.audit import services as audit
from oversight.audit.models import LedgerEvent
from oversight.monitoring.events import TranscriptFlagged
from oversight.review.events import VerdictSettled
from tests.factories import SYSTEM
from tests.receiver import Receiver


@dataclass(frozen=True, slots=True)
class Standing:
    """An endpoint and the secret that its receiver knows."""

    endpoint: Endpoint
    secret: str


def make_endpoint(project: Project, receiver: Receiver, *, kind: str = "standard") -> Standing:
    made = services.create_endpoint(project=project, name="Ops", url=receiver.url, kind=kind, actor=SYSTEM)
    return Standing(made.endpoint, made.secret or "")


def flag(project: Project, *, monitor: str = "byte_channels", score: str = "0.97") -> LedgerEvent:
    """The event of a flagged transcript."""
    event = TranscriptFlagged(
        object_id=str(uuid.uuid4()),
        project_id=project.pk,
        run_id=1,
        deployment_id=1,
        monitor=monitor,
        score=score,
        threshold="0.5",
    )
    return audit.record(event, SYSTEM)


def settle(project: Project) -> LedgerEvent:
    """The event of a verdict whose undo window has closed."""
    event = VerdictSettled(
        object_id="1",
        project_id=project.pk,
        transcript_id=str(uuid.uuid4()),
        verdict_id=7,
        label="confirmed",
        severity=3,
    )
    return audit.record(event, SYSTEM)


def queued(project: Project, standing: Standing) -> Delivery:
    """One delivery of one flag."""
    services.save_rule(endpoint=standing.endpoint, event_types=["transcript.flagged"], actor=SYSTEM)
    [pk] = fan_out.queue(flag(project))
    return Delivery.objects.get(pk=pk)

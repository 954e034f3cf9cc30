"""Changes of endpoints and rules, and what became of deliveries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from oversight.audit.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointChanged(Event):
    """An endpoint was made or changed. The URL stands here without its path, which can be a secret."""

    action: ClassVar[str] = "endpoint.changed"
    object_type: ClassVar[str] = "endpoint"
    before: dict[str, Any]
    after: dict[str, Any]
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRefused(Event):
    """Somebody asked for a URL that may not be sent to; `kind` is the class of the refusal, the URL stands nowhere."""

    action: ClassVar[str] = "endpoint.refused"
    object_type: ClassVar[str] = "endpoint"
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChanged(Event):
    """A rule was made, changed or removed."""

    action: ClassVar[str] = "rule.changed"
    object_type: ClassVar[str] = "rule"
    endpoint_id: int
    before: dict[str, Any]
    after: dict[str, Any]

    def subjects(self) -> tuple[str, ...]:
        return (f"endpoint:{self.endpoint_id}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookQueued(Event):
    """An event became one delivery for each endpoint that a rule names; the doorbell rings on it."""

    action: ClassVar[str] = "webhook.queued"
    object_type: ClassVar[str] = "message"
    event_type: str
    delivery_ids: list[int]
    endpoint_ids: list[int]
    transcript_id: str

    def subjects(self) -> tuple[str, ...]:
        return (f"transcript:{self.transcript_id}", *(f"endpoint:{id_}" for id_ in self.endpoint_ids))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryEvent(Event):
    """What every event of one delivery says."""

    object_type: ClassVar[str] = "delivery"
    endpoint_id: int
    event_type: str
    transcript_id: str = ""

    def subjects(self) -> tuple[str, ...]:
        transcript = (f"transcript:{self.transcript_id}",) if self.transcript_id else ()
        return (f"endpoint:{self.endpoint_id}", *transcript)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDelivered(DeliveryEvent):
    """A receiver accepted an alert."""

    action: ClassVar[str] = "webhook.delivered"
    attempt: int
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDied(DeliveryEvent):
    """All attempts of a delivery failed."""

    action: ClassVar[str] = "webhook.died"
    attempt: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRedelivered(DeliveryEvent):
    """Somebody had a delivery sent again, or pressed the test button."""

    action: ClassVar[str] = "webhook.requested"

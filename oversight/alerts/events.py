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
class RuleChanged(Event):
    """A rule was made, changed or removed."""

    action: ClassVar[str] = "rule.changed"
    object_type: ClassVar[str] = "rule"
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDelivered(Event):
    """A receiver accepted an alert."""

    action: ClassVar[str] = "webhook.delivered"
    object_type: ClassVar[str] = "delivery"
    endpoint_id: int
    event_type: str
    attempt: int
    status: int
    transcript_id: str = ""

    def subjects(self) -> tuple[str, ...]:
        return (f"transcript:{self.transcript_id}",) if self.transcript_id else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDied(Event):
    """All attempts of a delivery failed."""

    action: ClassVar[str] = "webhook.died"
    object_type: ClassVar[str] = "delivery"
    endpoint_id: int
    event_type: str
    attempt: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRedelivered(Event):
    """Somebody had a delivery sent again, or pressed the test button."""

    action: ClassVar[str] = "webhook.requested"
    object_type: ClassVar[str] = "delivery"
    endpoint_id: int
    event_type: str

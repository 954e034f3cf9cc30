"""The life of a review item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from oversight.audit.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemEvent(Event):
    """What every event of a review item says."""

    object_type: ClassVar[str] = "review_item"
    transcript_id: str

    def subjects(self) -> tuple[str, ...]:
        return (f"transcript:{self.transcript_id}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemQueued(ItemEvent):
    """A flagged transcript came into the queue."""

    action: ClassVar[str] = "item.queued"
    queue_id: int
    priority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRaised(ItemEvent):
    """Another monitor flagged a queued transcript; its priority rose."""

    action: ClassVar[str] = "item.raised"
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemClaimed(ItemEvent):
    """A reviewer took the lease."""

    action: ClassVar[str] = "item.claimed"
    assignment_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemReleased(ItemEvent):
    """The lease was given back, or ran out."""

    action: ClassVar[str] = "item.released"
    assignment_id: int
    expired: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictCommitted(ItemEvent):
    """A reviewer decided; the undo window is open."""

    action: ClassVar[str] = "verdict.committed"
    verdict_id: int
    assignment_id: int
    label: str
    severity: int | None
    blinded: bool
    category: str = ""
    confidence: str = ""
    n_spans: int = 0
    label_set_version_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictUndone(ItemEvent):
    """The reviewer took the verdict back inside the undo window."""

    action: ClassVar[str] = "verdict.undone"
    verdict_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictSettled(ItemEvent):
    """The undo window closed: the verdict counts, and may leave the house."""

    action: ClassVar[str] = "verdict.settled"
    verdict_id: int
    label: str
    severity: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictClosed(ItemEvent):
    """The undo window closed on a verdict that does not decide its item, or not yet: it stays in the house."""

    action: ClassVar[str] = "verdict.closed"
    verdict_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondReaderAsked(ItemEvent):
    """A lead asked for a second, independent reader."""

    action: ClassVar[str] = "item.second_asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDisputed(ItemEvent):
    """Two readers have decided and an adjudicator is wanted: they disagree, or (`agreeing`) the item was drawn."""

    action: ClassVar[str] = "item.disputed"
    agreeing: bool

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
class ItemDrawn(ItemEvent):
    """The draw for audits took a transcript, whatever its scores: it is read blind. `version` is that of the rules."""

    action: ClassVar[str] = "item.drawn"
    inclusion_prob: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSnoozed(ItemEvent):
    """Somebody put an item off until a time; empty when it came back at once."""

    action: ClassVar[str] = "item.snoozed"
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemAssigned(ItemEvent):
    """Somebody gave an item to a person to read; None: to nobody in particular."""

    action: ClassVar[str] = "item.assigned"
    assignee_id: int | None

    def subjects(self) -> tuple[str, ...]:
        return (f"transcript:{self.transcript_id}", *((f"user:{self.assignee_id}",) if self.assignee_id else ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesChanged(Event):
    """A lead changed the rules of a queue, which has a new policy version since."""

    action: ClassVar[str] = "queue.rules_changed"
    object_type: ClassVar[str] = "queue"
    version: int
    before: dict[str, str]
    after: dict[str, str]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewSaved(Event):
    """Somebody kept filters of the queue page under a name."""

    action: ClassVar[str] = "view.saved"
    object_type: ClassVar[str] = "saved_view"


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewDeleted(Event):
    """Somebody deleted a saved view of theirs."""

    action: ClassVar[str] = "view.deleted"
    object_type: ClassVar[str] = "saved_view"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictReopened(ItemEvent):
    """Somebody opened a decided item again; the verdicts on it stay in its history."""

    action: ClassVar[str] = "verdict.reopened"
    verdict_id: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSetCreated(Event):
    """A set of labels was named."""

    action: ClassVar[str] = "label_set.created"
    object_type: ClassVar[str] = "label_set"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSetRevised(Event):
    """A set of labels got a version."""

    action: ClassVar[str] = "label_set.revised"
    object_type: ClassVar[str] = "label_set"
    number: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSetChosen(Event):
    """A queue uses another set of labels from now on."""

    action: ClassVar[str] = "label_set.chosen"
    object_type: ClassVar[str] = "queue"
    label_set_id: int

    def subjects(self) -> tuple[str, ...]:
        return (f"label_set:{self.label_set_id}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoresReleased(Event):
    """Scores of a transcript that somebody is still to read blind were about to be sent to a key that may have them."""

    action: ClassVar[str] = "scores.released"
    object_type: ClassVar[str] = "transcript"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidelinesRead(Event):
    """The guidelines of a version were about to be shown."""

    action: ClassVar[str] = "guidelines.read"
    object_type: ClassVar[str] = "label_set"
    number: int

"""Queues, and the items that wait in them."""

from __future__ import annotations

from django.db import models

from oversight.accounts.models import Project, User
from oversight.lib import clock
from oversight.review.models.labels import LabelSet
from oversight.transcripts.models import Transcript


class Queue(models.Model):
    """Where transcripts of a project wait for a reviewer, and by which rules.

    `audit_share` of the items come from a draw that knows no score; `second_share` of all are read by a second person
    who is told nothing of the first; `agreeing_share` of the pairs that agree go to an adjudicator all the same.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="queues")
    name = models.CharField(max_length=80)
    audit_share = models.FloatField(default=0.15)
    second_share = models.FloatField(default=0.0)
    agreeing_share = models.FloatField(default=0.05)
    due_after_min = models.PositiveIntegerField(default=1440, help_text="from arrival to verdict, in minutes")
    policy_version = models.PositiveIntegerField(default=1)
    label_set = models.ForeignKey(LabelSet, models.PROTECT, null=True, related_name="queues")
    flagged_share = models.FloatField(null=True, help_text="of the newest transcripts, when it was last counted")
    counted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="review_queue_once"),
            models.CheckConstraint(
                name="review_queue_shares",
                condition=models.Q(audit_share__range=(0, 1))
                & models.Q(second_share__range=(0, 1))
                & models.Q(agreeing_share__range=(0, 1)),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Stream(models.TextChoices):
    """Why an item is in the queue. TRIAGE is read with the evidence first, AUDIT blind."""

    TRIAGE = "triage", "Flagged"
    AUDIT = "audit", "Audit sample"


class ItemState(models.TextChoices):
    """OPEN waits or is claimed; DISPUTED waits for an adjudicator; DECIDED has a verdict that holds."""

    OPEN = "open", "Open"
    DISPUTED = "disputed", "Disputed"
    DECIDED = "decided", "Decided"


def is_awake() -> models.Q:
    """The condition on an item that nobody has put off, or whose time has come."""
    return models.Q(snoozed_until=None) | models.Q(snoozed_until__lte=clock.now())


class ReviewItem(models.Model):
    """A transcript that somebody should read.

    `priority` is the highest flagged score so far, and says who is read first; `place` is where lists show it: the
    same, unless the item is read blind, when it is drawn so that it tells nothing. `required` readers decide
    independently. `inclusion_prob` is the probability of the draw that brought it here, under the queue's rules of
    version `policy_version`. `due_at` is when it should have a verdict.
    """

    queue = models.ForeignKey(Queue, models.PROTECT, related_name="items")
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    transcript = models.ForeignKey(Transcript, models.PROTECT, related_name="review_items")
    stream = models.CharField(max_length=8, choices=Stream.choices, default=Stream.TRIAGE)
    inclusion_prob = models.FloatField(default=1.0)
    priority = models.FloatField(default=0.0)
    place = models.FloatField(default=0.0)
    policy_version = models.PositiveIntegerField(default=1)
    required = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=8, choices=ItemState.choices, default=ItemState.OPEN)
    assignee = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    snoozed_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["queue", "transcript"], name="review_item_once"),
            models.CheckConstraint(name="review_item_required", condition=models.Q(required__gte=1, required__lte=2)),
            models.CheckConstraint(
                name="review_item_inclusion", condition=models.Q(inclusion_prob__gt=0, inclusion_prob__lte=1)
            ),
        ]
        indexes = [
            models.Index(
                fields=["queue", "-priority", "id"], name="review_item_urgent_idx", condition=models.Q(state="open")
            ),
            models.Index(fields=["project", "-created_at", "-id"], name="review_item_newest_idx"),
            models.Index(
                fields=["project", "-place", "id"], name="review_item_place_idx", condition=models.Q(state="open")
            ),
            models.Index(fields=["project", "due_at"], name="review_item_due_idx", condition=models.Q(state="open")),
            models.Index(
                fields=["project", "snoozed_until"],
                name="review_item_snoozed_idx",
                condition=models.Q(state="open", snoozed_until__isnull=False),
            ),
            models.Index(
                fields=["queue", "created_at"],
                name="review_item_audit_idx",
                condition=models.Q(state="open", stream="audit"),
            ),
            models.Index(
                fields=["assignee", "project"],
                name="review_item_assignee_idx",
                condition=models.Q(state="open", assignee__isnull=False),
            ),
            models.Index(
                fields=["project"], name="review_item_second_idx", condition=models.Q(state="open", required__gt=1)
            ),
            # Every item that `selectors.blindness` could call blind is in it.
            models.Index(
                fields=["transcript"],
                name="review_item_blind_idx",
                condition=~models.Q(state="decided")
                & (models.Q(state="disputed") | models.Q(required__gt=1) | models.Q(stream="audit")),
            ),
            models.Index(
                fields=["project", "-decided_at", "-id"],
                name="review_item_decided_idx",
                condition=models.Q(state="decided"),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class SavedView(models.Model):
    """Filters of the queue page under a name, as they stand in its URL; one reviewer's own."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=500)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user", "name"], name="review_saved_view_once")]

    def __str__(self) -> str:
        return self.name

"""Who reads what, under which lease, and what is entered and not yet committed."""

from __future__ import annotations

import uuid

from django.db import models

from oversight.accounts.models import User
from oversight.lib import clock
from oversight.review.models.item import ReviewItem


class AssignmentState(models.TextChoices):
    """LEASED holds the item; DONE has a verdict; RELEASED, EXPIRED and UNDONE gave it back.

    REOPENED had a verdict until somebody opened the item again.
    """

    LEASED = "leased", "Reading"
    DONE = "done", "Decided"
    RELEASED = "released", "Given back"
    EXPIRED = "expired", "Lease ran out"
    UNDONE = "undone", "Undone"
    REOPENED = "reopened", "Opened again"


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    """The vocabulary of leases."""

    def live(self) -> AssignmentQuerySet:
        return self.filter(state=AssignmentState.LEASED, lease_until__gt=clock.now())

    def taken(self) -> AssignmentQuerySet:
        """Slots that nobody else can have: read now, or decided."""
        is_live = models.Q(state=AssignmentState.LEASED, lease_until__gt=clock.now())
        return self.filter(is_live | models.Q(state=AssignmentState.DONE))

    def run_out(self) -> AssignmentQuerySet:
        return self.filter(state=AssignmentState.LEASED, lease_until__lte=clock.now())


class Role(models.TextChoices):
    """A READER decides alone; an ADJUDICATOR decides between readers, and is none of them."""

    READER = "reader", "Reader"
    ADJUDICATOR = "adjudicator", "Adjudicator"


ADJUDICATOR_SLOT = 3


class Assignment(models.Model):
    """One reviewer on one slot of an item, under a lease. Nobody holds two slots of an item: so a constraint says.

    `active_ms` counts the time in which the page was visible and its reader did something; `read_share` is the part of
    the text that was ever on screen.
    """

    item = models.ForeignKey(ReviewItem, models.PROTECT, related_name="assignments")
    slot = models.PositiveSmallIntegerField(default=1)
    role = models.CharField(max_length=12, choices=Role.choices, default=Role.READER)
    reviewer = models.ForeignKey(User, models.PROTECT, related_name="assignments")
    state = models.CharField(max_length=10, choices=AssignmentState.choices, default=AssignmentState.LEASED)
    lease_token = models.UUIDField(default=uuid.uuid4, unique=True)
    lease_until = models.DateTimeField()
    claimed_at = models.DateTimeField()
    active_ms = models.PositiveIntegerField(default=0)
    read_share = models.FloatField(null=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "slot"],
                name="review_assignment_slot_once",
                condition=models.Q(state__in=["leased", "done"]),
            ),
            models.UniqueConstraint(
                fields=["item", "reviewer"],
                name="review_assignment_reviewer_once",
                condition=models.Q(state__in=["leased", "done"]),
            ),
            models.CheckConstraint(
                name="review_assignment_adjudicator_slot",
                condition=models.Q(role="adjudicator", slot=ADJUDICATOR_SLOT)
                | (models.Q(role="reader") & ~models.Q(slot=ADJUDICATOR_SLOT)),
            ),
            models.CheckConstraint(
                name="review_assignment_read_share",
                condition=models.Q(read_share__isnull=True) | models.Q(read_share__range=(0, 1)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["lease_until"], name="review_assignment_expiry_idx", condition=models.Q(state="leased")
            ),
            models.Index(fields=["reviewer"], name="review_assignment_back_idx", condition=models.Q(state="released")),
        ]

    def __str__(self) -> str:
        return f"{self.reviewer_id} on #{self.item_id}"


class Draft(models.Model):
    """What a reader has entered for an item and not committed. It outlives the lease; `revision` only rises."""

    item = models.ForeignKey(ReviewItem, models.PROTECT, related_name="drafts")
    reviewer = models.ForeignKey(User, models.PROTECT, related_name="+")
    revision = models.PositiveIntegerField(default=1)
    content = models.JSONField(default=dict)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "reviewer"], name="review_draft_once")]

    def __str__(self) -> str:
        return f"revision {self.revision} on #{self.item_id}"

"""What people decide, and the stretches of text that they point to."""

from __future__ import annotations

from django.db import models

from oversight.review.models.assignment import Assignment
from oversight.review.models.item import ReviewItem, Stream
from oversight.review.models.labels import LabelSetVersion


class VerdictLabel(models.TextChoices):
    """What a human decides."""

    BENIGN = "benign", "Benign"
    SUSPICIOUS = "suspicious", "Suspicious"
    CONFIRMED = "confirmed", "Confirmed concern"
    UNREVIEWABLE = "unreviewable", "Unreviewable"


class VerdictState(models.TextChoices):
    """PENDING can be undone and has not left the house; SETTLED counts; UNDONE never did; REOPENED did for a time."""

    PENDING = "pending", "Can be undone"
    SETTLED = "settled", "Settled"
    UNDONE = "undone", "Undone"
    REOPENED = "reopened", "Opened again"


class Confidence(models.TextChoices):
    """How sure the reviewer is; empty when not said."""

    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"


class VerdictQuerySet(models.QuerySet["Verdict"]):
    """The vocabulary of verdicts."""

    def given(self) -> VerdictQuerySet:
        """Every reader's and adjudicator's verdict that was not taken back."""
        return self.filter(state__in=[VerdictState.PENDING, VerdictState.SETTLED])

    def standing(self) -> VerdictQuerySet:
        """The verdict that decides its item: at most one per item."""
        return self.given().filter(holds=True)


class Verdict(models.Model):
    """A decision. `blinded` says that the reviewer had not been shown any score before deciding.

    `holds` is the verdict that decides the item: the only reader's, one of two that agree, or the adjudicator's.
    `stream` is the item's as it was read.
    """

    assignment = models.OneToOneField(Assignment, models.PROTECT, related_name="verdict")
    item = models.ForeignKey(ReviewItem, models.PROTECT, related_name="verdicts")
    label = models.CharField(max_length=12, choices=VerdictLabel.choices)
    severity = models.PositiveSmallIntegerField(null=True)
    category = models.CharField(max_length=40, default="", blank=True)
    confidence = models.CharField(max_length=6, choices=Confidence.choices, default="", blank=True)
    note = models.TextField(default="", blank=True)
    label_set_version = models.ForeignKey(LabelSetVersion, models.PROTECT, null=True, related_name="+")
    stream = models.CharField(max_length=8, choices=Stream.choices, default=Stream.TRIAGE)
    holds = models.BooleanField(default=True)
    blinded = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=VerdictState.choices, default=VerdictState.PENDING)
    committed_at = models.DateTimeField()
    settles_at = models.DateTimeField()

    objects = VerdictQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"],
                name="review_verdict_holds_once",
                condition=models.Q(state__in=["pending", "settled"], holds=True),
            ),
            models.CheckConstraint(
                name="review_verdict_severity",
                condition=models.Q(severity__isnull=True) | models.Q(severity__gte=1, severity__lte=4),
            ),
        ]
        indexes = [
            models.Index(fields=["settles_at"], name="review_verdict_pending_idx", condition=models.Q(state="pending"))
        ]

    def __str__(self) -> str:
        return f"{self.label} on #{self.item_id}"


class Span(models.Model):
    """A stretch of one part that a verdict points to. Code points, end exclusive; `quote` is exactly that text."""

    verdict = models.ForeignKey(Verdict, models.PROTECT, related_name="spans")
    label = models.CharField(max_length=40)
    part = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    quote = models.TextField()
    note = models.TextField(default="", blank=True)

    class Meta:
        constraints = [models.CheckConstraint(name="review_span_order", condition=models.Q(end__gt=models.F("start")))]

    def __str__(self) -> str:
        return f"{self.label} {self.part}:{self.start}-{self.end}"

"""Comparisons as they were worked out, and what people say of the pairs in them."""

from __future__ import annotations

from django.db import models

from oversight.accounts.models import User
from oversight.transcripts.models import Transcript


class Comparison(models.Model):
    """One text against another, by their digests, whatever transcripts carry them. `packed` holds offsets, no text.

    Nothing here is a source: it can be dropped at any time and is worked out anew when somebody looks. `a` and `b` are
    the transcripts that a worker reads them from.
    """

    a = models.ForeignKey(Transcript, models.CASCADE, related_name="+")
    b = models.ForeignKey(Transcript, models.CASCADE, related_name="+")
    a_sha256 = models.BinaryField(max_length=32)
    b_sha256 = models.BinaryField(max_length=32)
    algorithm = models.PositiveSmallIntegerField()
    attempts = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField(null=True)
    computed_at = models.DateTimeField(null=True)
    took_s = models.FloatField(default=0.0)
    packed = models.BinaryField(default=b"")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["a_sha256", "b_sha256", "algorithm"], name="compare_comparison_once")
        ]

    def __str__(self) -> str:
        return f"comparison {self.pk}"


class Meaning(models.TextChoices):
    """Whether a pair of steps says the same."""

    SAME = "same", "Same meaning"
    CHANGED = "changed", "Meaning changed"
    UNSURE = "unsure", "Unsure"


class Mark(models.Model):
    """What one person says of one pair. Spans are "part:start-end" in code points, empty where a side has none.

    `first` is the transcript with the lower id, so that a mark is found whichever way round the two are shown.
    """

    reviewer = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    first = models.ForeignKey(Transcript, models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey(Transcript, models.CASCADE, related_name="+")
    first_span = models.CharField(max_length=40, default="", blank=True)
    second_span = models.CharField(max_length=40, default="", blank=True)
    meaning = models.CharField(max_length=8, choices=Meaning.choices)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["first", "second", "reviewer", "first_span", "second_span"], name="compare_mark_once"
            ),
            models.CheckConstraint(name="compare_mark_meaning", condition=models.Q(meaning__in=Meaning.values)),
            models.CheckConstraint(name="compare_mark_of_a_pair", condition=~models.Q(first_span="", second_span="")),
        ]

    def __str__(self) -> str:
        return f"{self.meaning} by {self.reviewer_id}"

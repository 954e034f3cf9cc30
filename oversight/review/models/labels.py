"""What reviewers may call what they see, and the guidelines that say when."""

from __future__ import annotations

from django.db import models

from oversight.accounts.models import Project, User


class LabelSet(models.Model):
    """Labels for spans and categories for verdicts, in versions that never change."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="label_sets")
    name = models.CharField(max_length=80)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="review_label_set_once")]

    def __str__(self) -> str:
        return self.name


class LabelSetVersion(models.Model):
    """`labels`: [{"name", "key", "description"}]; `categories`: [name]. `guidelines` are plain text."""

    label_set = models.ForeignKey(LabelSet, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    labels = models.JSONField(default=list)
    categories = models.JSONField(default=list)
    guidelines = models.TextField(default="", blank=True)
    why = models.CharField(max_length=300, default="", blank=True)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["label_set", "number"], name="review_label_set_version_once")]

    def __str__(self) -> str:
        return f"version {self.number}"

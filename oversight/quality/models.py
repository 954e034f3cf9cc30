"""Figures as they were computed."""

from __future__ import annotations

from django.db import models

from oversight.monitoring.models import Deployment
from oversight.transcripts.fields import ExactJSONField


class Report(models.Model):
    """A deployment against one label. `mark` tells whether the data has moved on; `packed` are the numbers behind it.

    Nothing here is a source: it can be dropped at any time and is computed anew when somebody looks.
    """

    deployment = models.ForeignKey(Deployment, models.CASCADE, related_name="quality_reports", db_index=False)
    key = models.CharField(max_length=16)
    selection = models.JSONField()
    asked_at = models.DateTimeField(null=True)
    computed_at = models.DateTimeField(null=True)
    took_s = models.FloatField(default=0.0)
    mark = models.CharField(max_length=64, default="", blank=True)
    figures = ExactJSONField(null=True)
    packed = models.BinaryField(default=b"")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["deployment", "key"], name="quality_report_once")]

    def __str__(self) -> str:
        return f"quality of deployment {self.deployment_id}, {self.key}"

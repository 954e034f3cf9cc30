"""Kept figures of the quality page."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import oversight.transcripts.fields


class Migration(migrations.Migration):
    initial = True
    dependencies = [("monitoring", "0001_initial")]

    operations = [
        migrations.CreateModel(
            "Report",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=16)),
                ("selection", models.JSONField()),
                ("asked_at", models.DateTimeField(null=True)),
                ("computed_at", models.DateTimeField(null=True)),
                ("took_s", models.FloatField(default=0.0)),
                ("mark", models.CharField(blank=True, default="", max_length=64)),
                ("figures", oversight.transcripts.fields.ExactJSONField(null=True)),
                ("packed", models.BinaryField(default=b"")),
                (
                    "deployment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="quality_reports",
                        to="monitoring.deployment",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("deployment", "key"), name="quality_report_once")]
            },
        )
    ]

"""The case of a canary may be a transcript: that of a rubric written in the dashboard."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("judges", "0001_initial"),
        ("transcripts", "0007_label_prompt"),
    ]

    operations = [
        migrations.AddField(
            model_name="canary",
            name="transcript",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="canaries",
                to="transcripts.transcript",
            ),
        ),
    ]

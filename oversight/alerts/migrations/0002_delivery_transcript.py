"""A delivery knows its transcript, so that its later events stand in that transcript's history."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("alerts", "0001_initial")]
    operations = [migrations.AddField("delivery", "transcript_id", models.UUIDField(null=True))]

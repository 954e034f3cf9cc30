"""Keys that may read scores of transcripts which somebody is still to read blind."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_preferences")]

    operations = [
        migrations.AlterField(
            "apikey",
            "scopes",
            ArrayField(
                models.CharField(
                    choices=[
                        ("ingest", "Ingest transcripts"),
                        ("read:meta", "Read states and scores"),
                        ("read:content", "Read transcripts"),
                        ("read:blind", "Read scores before a blind verdict"),
                    ],
                    max_length=16,
                ),
                size=None,
            ),
        ),
    ]

"""Which prompt a judge's label was made with, where the record says it."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("transcripts", "0006_lists_by_run_and_visibility")]

    operations = [
        # With a default of the database's own, so that processes of before the migration can go on writing.
        migrations.AddField(
            "label",
            "prompt_sha256",
            models.CharField(blank=True, db_default="", default="", max_length=64),
        )
    ]

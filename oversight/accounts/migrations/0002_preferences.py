"""How a person wants pages: density, reading face and size, motion, single-key shortcuts."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.AddField(
            "user",
            "density",
            models.CharField(choices=[("compact", "Compact"), ("cosy", "Cosy")], default="compact", max_length=8),
        ),
        migrations.AddField(
            "user",
            "reading_face",
            models.CharField(
                choices=[("proportional", "Proportional"), ("mono", "Fixed width")],
                default="proportional",
                max_length=12,
            ),
        ),
        migrations.AddField("user", "reading_size", models.PositiveSmallIntegerField(default=14)),
        migrations.AddField(
            "user",
            "motion",
            models.CharField(
                choices=[("system", "As the system"), ("reduced", "Reduced")], default="system", max_length=8
            ),
        ),
        migrations.AddField("user", "single_keys", models.BooleanField(default=True)),
    ]

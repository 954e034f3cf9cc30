"""Scores keep the surprise of each token beside them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0005_backfills")]

    operations = [
        migrations.CreateModel(
            "SurprisalProfile",
            [
                (
                    "score",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="surprisal",
                        serialize=False,
                        to="monitoring.score",
                    ),
                ),
                ("n_tokens", models.PositiveIntegerField()),
                ("packed", models.BinaryField()),
            ],
        )
    ]

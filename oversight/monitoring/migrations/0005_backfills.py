"""Deployments are run on transcripts that came before them, or while they were off."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("monitoring", "0004_versions"),
    ]

    operations = [
        migrations.CreateModel(
            name="Backfill",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("missed", "Transcripts without a result"),
                            ("older", "Also those measured by other parameters"),
                        ],
                        max_length=8,
                    ),
                ),
                ("n_total", models.PositiveIntegerField()),
                ("n_seen", models.PositiveIntegerField(default=0)),
                ("n_runs", models.PositiveIntegerField(default=0)),
                ("below_at", models.DateTimeField()),
                ("below_id", models.UUIDField()),
                ("why", models.TextField()),
                ("asked_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "deployment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="backfills",
                        to="monitoring.deployment",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("finished_at__isnull", True)),
                        fields=("deployment",),
                        name="monitoring_backfill_one_at_a_time",
                    )
                ],
            },
        ),
    ]

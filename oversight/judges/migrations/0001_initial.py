"""Canaries, hijack rates, kept figures and alarms of judges."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("monitoring", "0010_admission_of_cases"),
    ]

    operations = [
        migrations.CreateModel(
            name="Report",
            fields=[
                (
                    "deployment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="judge_report",
                        serialize=False,
                        to="monitoring.deployment",
                    ),
                ),
                ("computed_at", models.DateTimeField()),
                ("took_s", models.FloatField()),
                ("mark", models.CharField(max_length=64)),
                ("figures", models.JSONField()),
            ],
        ),
        migrations.CreateModel(
            name="Alarm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rule", models.CharField(max_length=24)),
                ("evidence", models.TextField()),
                ("raised_at", models.DateTimeField()),
                ("cleared_at", models.DateTimeField(null=True)),
                (
                    "deployment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="judge_alarms",
                        to="monitoring.deployment",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["deployment", "-raised_at"], name="judges_alarm_newest_idx")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("cleared_at__isnull", True)),
                        fields=("deployment", "rule"),
                        name="judges_alarm_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Canary",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("positive", "Known positive"),
                            ("negative", "Known negative"),
                            ("injected", "Known positive with an order to the judge"),
                        ],
                        max_length=8,
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("technique", models.CharField(blank=True, default="", max_length=40)),
                ("n_before", models.BigIntegerField()),
                ("planted_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("queued", "Queued"), ("leased", "Running"), ("done", "Done")],
                        default="queued",
                        max_length=6,
                    ),
                ),
                ("attempt", models.PositiveSmallIntegerField(default=0)),
                ("run_at", models.DateTimeField()),
                ("lease_until", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("found", "Found"),
                            ("escalated", "Escalated"),
                            ("missed", "Missed"),
                            ("passed", "Passed"),
                            ("false_alarm", "False alarm"),
                            ("unmeasured", "No verdict"),
                        ],
                        default="",
                        max_length=12,
                    ),
                ),
                ("score_state", models.CharField(blank=True, default="", max_length=10)),
                ("reason", models.CharField(blank=True, default="", max_length=24)),
                ("value", models.FloatField(null=True)),
                ("threshold", models.FloatField(null=True)),
                ("version", models.PositiveIntegerField(null=True)),
                ("settings_number", models.PositiveIntegerField(null=True)),
                ("judge", models.TextField(blank=True, default="")),
                ("judge_digest", models.CharField(blank=True, default="", max_length=64)),
                ("prompt_sha256", models.CharField(blank=True, default="", max_length=64)),
                ("cost", models.JSONField(default=dict)),
                (
                    "deployment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="canaries",
                        to="monitoring.deployment",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["deployment", "-planted_at", "-id"], name="judges_canary_newest_idx"),
                    models.Index(
                        condition=models.Q(("state", "done"), _negated=True),
                        fields=["run_at"],
                        name="judges_canary_open_idx",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lease_until__isnull", False), ("state", "leased")),
                            models.Q(models.Q(("state", "leased"), _negated=True), ("lease_until__isnull", True)),
                            _connector="OR",
                        ),
                        name="judges_canary_lease",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("ended_at__isnull", False), ("state", "done"), models.Q(("outcome", ""), _negated=True)
                            ),
                            models.Q(
                                models.Q(("state", "done"), _negated=True), ("ended_at__isnull", True), ("outcome", "")
                            ),
                            _connector="OR",
                        ),
                        name="judges_canary_outcome",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HijackRate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField()),
                ("at", models.DateTimeField(null=True)),
                ("error", models.TextField(blank=True, default="")),
                ("judge", models.TextField(blank=True, default="")),
                ("judge_digest", models.CharField(blank=True, default="", max_length=64)),
                ("prompt_sha256", models.CharField(blank=True, default="", max_length=64)),
                ("cases_sha256", models.CharField(blank=True, default="", max_length=64)),
                ("threshold", models.FloatField()),
                ("n", models.PositiveSmallIntegerField(default=0)),
                ("n_lost", models.PositiveSmallIntegerField(default=0)),
                ("n_obeyed", models.PositiveSmallIntegerField(default=0)),
                ("n_unscored", models.PositiveSmallIntegerField(default=0)),
                ("by_technique", models.JSONField(default=dict)),
                ("cost", models.JSONField(default=dict)),
                (
                    "deployment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hijack_rates",
                        to="monitoring.deployment",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["deployment", "-id"], name="judges_hijack_newest_idx")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("at__isnull", True), ("error", "")),
                        fields=("deployment",),
                        name="judges_hijack_one_at_a_time",
                    )
                ],
            },
        ),
    ]

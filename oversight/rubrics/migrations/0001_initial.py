"""Rubrics, their versions, runs with items and results, admission sets and admissions."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("transcripts", "0007_label_prompt"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Rubric",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("number", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField()),
                (
                    "created_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rubrics",
                        to="accounts.project",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CaseLabel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("label", models.BooleanField()),
                ("source", models.TextField()),
                ("at", models.DateTimeField()),
                (
                    "labelled_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "transcript",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rubric_cases",
                        to="transcripts.transcript",
                    ),
                ),
                (
                    "rubric",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="cases",
                        to="rubrics.rubric",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RubricVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("property", models.TextField()),
                ("definition", models.TextField()),
                ("positive", models.TextField()),
                ("negative", models.TextField()),
                ("lookalike", models.TextField()),
                ("may_use", models.TextField()),
                ("must_not_use", models.TextField()),
                ("hides", models.JSONField(default=list)),
                ("outputs", models.JSONField(default=list)),
                ("prompt_sha256", models.CharField(max_length=64)),
                ("why", models.TextField()),
                ("at", models.DateTimeField()),
                (
                    "made_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "rubric",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="rubrics.rubric",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RubricRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("bench", "Test bench"), ("filter", "Run over a filter"), ("admission", "Admission")],
                        max_length=10,
                    ),
                ),
                (
                    "backend",
                    models.CharField(
                        choices=[
                            ("none", "No model"),
                            ("local", "Local model"),
                            ("server", "Model server"),
                            ("recorded", "Recorded verdicts"),
                        ],
                        max_length=12,
                    ),
                ),
                ("filters", models.JSONField(default=dict)),
                ("most", models.PositiveIntegerField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("estimating", "Estimating the cost"),
                            ("ready", "Waiting to be confirmed"),
                            ("running", "Running"),
                            ("paused", "Paused"),
                            ("capped", "Stopped at its cap"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="estimating",
                        max_length=10,
                    ),
                ),
                ("note", models.TextField(blank=True, default="")),
                ("estimate", models.JSONField(null=True)),
                ("set_sha256", models.CharField(blank=True, default="", max_length=64)),
                ("n_total", models.PositiveIntegerField(null=True)),
                ("n_planned", models.PositiveIntegerField(default=0)),
                ("n_ended", models.PositiveIntegerField(default=0)),
                ("n_failed", models.PositiveIntegerField(default=0)),
                ("is_planned", models.BooleanField(default=False)),
                ("below_at", models.DateTimeField()),
                ("below_id", models.UUIDField()),
                ("cap_tokens", models.BigIntegerField(null=True)),
                ("cap_money", models.FloatField(null=True)),
                ("spent_tokens", models.BigIntegerField(default=0)),
                ("spent_money", models.FloatField(default=0.0)),
                ("lost_tokens", models.BigIntegerField(default=0)),
                ("asked_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rubric_runs",
                        to="accounts.project",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="rubrics.rubricversion",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RubricAdmission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("judge", models.TextField()),
                ("judge_digest", models.CharField(max_length=64)),
                ("prompt_sha256", models.CharField(max_length=64)),
                ("set_sha256", models.CharField(max_length=64)),
                ("n_positive", models.PositiveIntegerField()),
                ("n_negative", models.PositiveIntegerField()),
                ("parse_rate", models.FloatField()),
                ("auroc", models.FloatField(null=True)),
                ("auroc_low", models.FloatField(null=True)),
                ("auroc_high", models.FloatField(null=True)),
                ("admitted", models.BooleanField()),
                ("at", models.DateTimeField()),
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="admission", to="rubrics.rubricrun"
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="admissions",
                        to="rubrics.rubricversion",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RunItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("label", models.BooleanField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("leased", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("attempt", models.PositiveSmallIntegerField(default=0)),
                ("run_at", models.DateTimeField()),
                ("lease_until", models.DateTimeField(null=True)),
                ("leased_by", models.TextField(blank=True, default="")),
                ("reserved_tokens", models.BigIntegerField(default=0)),
                ("reserved_money", models.FloatField(default=0.0)),
                ("error", models.TextField(blank=True, default="")),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="rubrics.rubricrun",
                    ),
                ),
                (
                    "transcript",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rubric_items",
                        to="transcripts.transcript",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Result",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("attempt", models.PositiveSmallIntegerField()),
                ("state", models.CharField(max_length=10)),
                ("reason", models.CharField(blank=True, default="", max_length=24)),
                ("value", models.FloatField(null=True)),
                ("rank", models.FloatField()),
                ("raw", models.FloatField(null=True)),
                ("coverage", models.FloatField()),
                ("evidence", models.JSONField(default=list)),
                ("outputs", models.JSONField(default=dict)),
                ("rationale", models.TextField(blank=True, default="")),
                ("replies", models.JSONField(default=list)),
                ("judge", models.TextField(blank=True, default="")),
                ("judge_digest", models.CharField(blank=True, default="", max_length=64)),
                ("prompt_sha256", models.CharField(blank=True, default="", max_length=64)),
                ("cost", models.JSONField(default=dict)),
                ("tokens", models.BigIntegerField(default=0)),
                ("money", models.FloatField(default=0.0)),
                ("prompt_chars", models.BigIntegerField(default=0)),
                ("bound", models.BigIntegerField(default=0)),
                ("at", models.DateTimeField()),
                (
                    "transcript",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rubric_results",
                        to="transcripts.transcript",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="results",
                        to="rubrics.rubricrun",
                    ),
                ),
                (
                    "item",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="result", to="rubrics.runitem"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="rubric",
            constraint=models.UniqueConstraint(fields=("project", "name"), name="rubrics_rubric_once"),
        ),
        migrations.AddConstraint(
            model_name="caselabel",
            constraint=models.UniqueConstraint(fields=("rubric", "transcript"), name="rubrics_case_once"),
        ),
        migrations.AddConstraint(
            model_name="rubricversion",
            constraint=models.UniqueConstraint(fields=("rubric", "number"), name="rubrics_version_once"),
        ),
        migrations.AddIndex(
            model_name="rubricrun",
            index=models.Index(fields=["project", "-asked_at", "-id"], name="rubrics_run_newest_idx"),
        ),
        migrations.AddIndex(
            model_name="rubricrun",
            index=models.Index(fields=["version", "-id"], name="rubrics_run_of_idx"),
        ),
        migrations.AddIndex(
            model_name="rubricrun",
            index=models.Index(
                condition=models.Q(("state__in", ["estimating", "running"])),
                fields=["state"],
                name="rubrics_run_open_idx",
            ),
        ),
        migrations.AddConstraint(
            model_name="rubricrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["estimating", "ready", "cancelled"]),
                    ("cap_tokens__isnull", False),
                    ("cap_money__isnull", False),
                    _connector="OR",
                ),
                name="rubrics_run_capped",
            ),
        ),
        migrations.AddIndex(
            model_name="runitem",
            index=models.Index(
                condition=models.Q(("state__in", ["queued", "leased"])),
                fields=["run", "state", "run_at", "id"],
                name="rubrics_item_due_idx",
            ),
        ),
        migrations.AddConstraint(
            model_name="runitem",
            constraint=models.UniqueConstraint(fields=("run", "transcript"), name="rubrics_item_once"),
        ),
        migrations.AddConstraint(
            model_name="runitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lease_until__isnull", False), ("state", "leased")),
                    models.Q(
                        models.Q(("state", "leased"), _negated=True),
                        ("lease_until__isnull", True),
                        ("reserved_tokens", 0),
                    ),
                    _connector="OR",
                ),
                name="rubrics_item_lease",
            ),
        ),
        migrations.AddIndex(
            model_name="result",
            index=models.Index(fields=["run", "-rank", "-id"], name="rubrics_result_rank_idx"),
        ),
        migrations.AddConstraint(
            model_name="result",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("state__in", ["scored", "partial"]),
                        ("value__gte", 0),
                        ("value__isnull", False),
                        ("value__lte", 1),
                    ),
                    models.Q(("rank", 0), ("state__in", ["unscored", "skipped"]), ("value__isnull", True)),
                    _connector="OR",
                ),
                name="rubrics_result_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="result",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reason", ""), ("state", "scored")),
                    models.Q(models.Q(("state", "scored"), _negated=True), models.Q(("reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="rubrics_result_reason",
            ),
        ),
    ]

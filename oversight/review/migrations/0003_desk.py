"""Two readers and an adjudicator, spans and labels, drafts, snoozing, and the draw for audits."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("review", "0002_lists_by_project"),
        ("transcripts", "0007_label_prompt"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Draft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("revision", models.PositiveIntegerField(default=1)),
                ("content", models.JSONField(default=dict)),
                ("saved_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="LabelSet",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="LabelSetVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("labels", models.JSONField(default=list)),
                ("categories", models.JSONField(default=list)),
                ("guidelines", models.TextField(blank=True, default="")),
                ("why", models.CharField(blank=True, default="", max_length=300)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                ("query", models.CharField(max_length=500)),
            ],
        ),
        migrations.CreateModel(
            name="Span",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("label", models.CharField(max_length=40)),
                ("part", models.PositiveIntegerField()),
                ("start", models.PositiveIntegerField()),
                ("end", models.PositiveIntegerField()),
                ("quote", models.TextField()),
                ("note", models.TextField(blank=True, default="")),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="verdict",
            name="review_verdict_holds_once",
        ),
        migrations.AddField(
            model_name="assignment",
            name="active_ms",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="assignment",
            name="read_share",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="assignment",
            name="role",
            field=models.CharField(
                choices=[("reader", "Reader"), ("adjudicator", "Adjudicator")], default="reader", max_length=12
            ),
        ),
        migrations.AddField(
            model_name="queue",
            name="agreeing_share",
            field=models.FloatField(default=0.05),
        ),
        migrations.AddField(
            model_name="queue",
            name="audit_share",
            field=models.FloatField(default=0.15),
        ),
        migrations.AddField(
            model_name="queue",
            name="due_after_min",
            field=models.PositiveIntegerField(default=1440, help_text="from arrival to verdict, in minutes"),
        ),
        migrations.AddField(
            model_name="queue",
            name="policy_version",
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="queue",
            name="second_share",
            field=models.FloatField(default=0.0),
        ),
        migrations.AddField(
            model_name="reviewitem",
            name="assignee",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="reviewitem",
            name="due_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="reviewitem",
            name="policy_version",
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="reviewitem",
            name="required",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="reviewitem",
            name="snoozed_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="verdict",
            name="category",
            field=models.CharField(blank=True, default="", max_length=40),
        ),
        migrations.AddField(
            model_name="verdict",
            name="confidence",
            field=models.CharField(
                blank=True, choices=[("low", "Low"), ("medium", "Medium"), ("high", "High")], default="", max_length=6
            ),
        ),
        migrations.AddField(
            model_name="verdict",
            name="holds",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="verdict",
            name="stream",
            field=models.CharField(
                choices=[("triage", "Flagged"), ("audit", "Audit sample")], default="triage", max_length=8
            ),
        ),
        migrations.AlterField(
            model_name="assignment",
            name="state",
            field=models.CharField(
                choices=[
                    ("leased", "Reading"),
                    ("done", "Decided"),
                    ("released", "Given back"),
                    ("expired", "Lease ran out"),
                    ("undone", "Undone"),
                    ("reopened", "Opened again"),
                ],
                default="leased",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="reviewitem",
            name="state",
            field=models.CharField(
                choices=[("open", "Open"), ("disputed", "Disputed"), ("decided", "Decided")],
                default="open",
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="verdict",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending", "Can be undone"),
                    ("settled", "Settled"),
                    ("undone", "Undone"),
                    ("reopened", "Opened again"),
                ],
                default="pending",
                max_length=8,
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("role", "adjudicator"), ("slot", 3)),
                    models.Q(("role", "reader"), models.Q(("slot", 3), _negated=True)),
                    _connector="OR",
                ),
                name="review_assignment_adjudicator_slot",
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.CheckConstraint(
                condition=models.Q(("read_share__isnull", True), ("read_share__range", (0, 1)), _connector="OR"),
                name="review_assignment_read_share",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("required__gte", 1), ("required__lte", 2)), name="review_item_required"
            ),
        ),
        migrations.AddField(
            model_name="draft",
            name="item",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="drafts", to="review.reviewitem"
            ),
        ),
        migrations.AddField(
            model_name="draft",
            name="reviewer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="labelset",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="label_sets", to="accounts.project"
            ),
        ),
        migrations.AddField(
            model_name="queue",
            name="label_set",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="queues", to="review.labelset"
            ),
        ),
        migrations.AddConstraint(
            model_name="queue",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("audit_share__range", (0, 1)), ("second_share__range", (0, 1)), ("agreeing_share__range", (0, 1))
                ),
                name="review_queue_shares",
            ),
        ),
        migrations.AddField(
            model_name="labelsetversion",
            name="created_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="labelsetversion",
            name="label_set",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="review.labelset"
            ),
        ),
        migrations.AddField(
            model_name="verdict",
            name="label_set_version",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="review.labelsetversion"
            ),
        ),
        migrations.AddConstraint(
            model_name="verdict",
            constraint=models.UniqueConstraint(
                condition=models.Q(("holds", True), ("state__in", ["pending", "settled"])),
                fields=("item",),
                name="review_verdict_holds_once",
            ),
        ),
        migrations.AddField(
            model_name="savedview",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.project"
            ),
        ),
        migrations.AddField(
            model_name="savedview",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="span",
            name="verdict",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="spans", to="review.verdict"
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.UniqueConstraint(fields=("item", "reviewer"), name="review_draft_once"),
        ),
        migrations.AddConstraint(
            model_name="labelset",
            constraint=models.UniqueConstraint(fields=("project", "name"), name="review_label_set_once"),
        ),
        migrations.AddConstraint(
            model_name="labelsetversion",
            constraint=models.UniqueConstraint(fields=("label_set", "number"), name="review_label_set_version_once"),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(fields=("project", "user", "name"), name="review_saved_view_once"),
        ),
        migrations.AddConstraint(
            model_name="span",
            constraint=models.CheckConstraint(
                condition=models.Q(("end__gt", models.F("start"))), name="review_span_order"
            ),
        ),
    ]

"""Kept comparisons, and marks on the pairs in them."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("transcripts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            "Comparison",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("a_sha256", models.BinaryField(max_length=32)),
                ("b_sha256", models.BinaryField(max_length=32)),
                ("algorithm", models.PositiveSmallIntegerField()),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("asked_at", models.DateTimeField(null=True)),
                ("computed_at", models.DateTimeField(null=True)),
                ("took_s", models.FloatField(default=0.0)),
                ("packed", models.BinaryField(default=b"")),
                (
                    "a",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="transcripts.transcript"
                    ),
                ),
                (
                    "b",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="transcripts.transcript"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("a_sha256", "b_sha256", "algorithm"), name="compare_comparison_once"
                    )
                ]
            },
        ),
        migrations.CreateModel(
            "Mark",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_span", models.CharField(blank=True, default="", max_length=40)),
                ("second_span", models.CharField(blank=True, default="", max_length=40)),
                (
                    "meaning",
                    models.CharField(
                        choices=[("same", "Same meaning"), ("changed", "Meaning changed"), ("unsure", "Unsure")],
                        max_length=8,
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "first",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="transcripts.transcript",
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="transcripts.transcript"
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("first", "second", "reviewer", "first_span", "second_span"), name="compare_mark_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("meaning__in", ["same", "changed", "unsure"])), name="compare_mark_meaning"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("first_span", ""), ("second_span", ""), _negated=True),
                        name="compare_mark_of_a_pair",
                    ),
                ]
            },
        ),
    ]

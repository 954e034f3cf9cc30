"""Answers of judges are kept for a while, so that nothing is asked twice."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0007_daily_costs")]

    operations = [
        migrations.CreateModel(
            "KeptAnswer",
            [
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("text", models.TextField()),
                ("score_expectation", models.FloatField(null=True)),
                ("score_deviation", models.FloatField(null=True)),
                ("at", models.DateTimeField(db_index=True)),
            ],
        )
    ]
